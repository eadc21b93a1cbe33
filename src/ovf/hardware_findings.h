#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "ovaport/base/concern.h"
#include "ovaport/base/error.h"
#include "ovaport/ovf/envelope.h"

namespace ovaport::ovf {

/// Takes what is found while the hardware of one virtual system is configured.
class HardwareFindings {
 public:
  HardwareFindings(std::string system_id, Concerns& concerns)
      : system_id_(std::move(system_id)), concerns_(&concerns) {}

  void warn(std::string_view code, std::string message, int line,
            Severity severity = Severity::warning) {
    Concern concern;
    concern.code = code;
    concern.severity = severity;
    concern.message = std::move(message);
    concern.element = system_id_;
    concern.line = line;
    concerns_->push_back(std::move(concern));
  }

 private:
  std::string system_id_;
  Concerns* concerns_;
};

/// An error about one item of the hardware.
inline Error hardware_error(ErrorKind kind, std::string_view code, std::string message,
                            const Item& item) {
  Error error(kind, code, std::move(message) + " (line " + std::to_string(item.line) + ")");
  return std::move(error).in_element(item.element_name.empty() ? "Item" : item.element_name);
}

}  // namespace ovaport::ovf
