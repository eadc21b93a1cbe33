#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "ovaport/base/concern.h"
#include "ovaport/ovf/envelope.h"

namespace ovaport::ovf {

/// Collects what a check finds. `element` is a path as in "DiskSection/Disk".
class Findings {
 public:
  void critical(std::string_view code, std::string message, std::string element, int line) {
    add(Severity::critical, code, std::move(message), std::move(element), line);
  }
  void warn(std::string_view code, std::string message, std::string element, int line) {
    add(Severity::warning, code, std::move(message), std::move(element), line);
  }
  void note(std::string_view code, std::string message, std::string element, int line) {
    add(Severity::information, code, std::move(message), std::move(element), line);
  }
  [[nodiscard]] Concerns take() { return std::move(concerns_); }

 private:
  void add(Severity severity, std::string_view code, std::string message, std::string element,
           int line) {
    // As in ReadContext::warn: bounded, but never without the first critical one.
    constexpr std::size_t kMost = 1000;
    if (concerns_.size() >= kMost && (severity != Severity::critical || critical_)) return;
    critical_ = critical_ || severity == Severity::critical;
    Concern concern;
    concern.code = code;
    concern.severity = severity;
    concern.message = std::move(message);
    concern.element = std::move(element);
    concern.line = line;
    concerns_.push_back(std::move(concern));
  }

  Concerns concerns_;
  bool critical_ = false;
};

/// Judges the References, disks and options of an envelope.
void validate_package(const Envelope& envelope, Findings& findings);
/// Judges the virtual systems and collections of an envelope.
void validate_contents(const Envelope& envelope, Findings& findings);

}  // namespace ovaport::ovf
