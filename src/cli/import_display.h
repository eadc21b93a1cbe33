#pragma once

#include "ovaport/import/import.h"
#include "progress_display.h"

namespace ovaport::cli {

/// Shows on the terminal what an import tells its observer.
class ImportDisplay final : public imports::Observer {
 public:
  explicit ImportDisplay(ProgressDisplay::Mode mode) : display_(mode) {}
  void step(std::string_view step, std::string_view subject) override {
    display_.begin(step, subject);
  }
  void advance(std::uint64_t done, std::uint64_t total) override { display_.advance(done, total); }
  void note(std::string_view text) override { display_.note(text); }
  void finish() { display_.finish(); }

 private:
  ProgressDisplay display_;
};

}  // namespace ovaport::cli
