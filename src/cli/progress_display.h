#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace ovaport::cli {

/// Shows what an import is doing, on standard error: a bar that redraws itself on
/// a terminal, a plain line every few seconds otherwise. Thread-safe.
class ProgressDisplay {
 public:
  enum class Mode { bar, lines, quiet };

  /// bar on a terminal, lines otherwise.
  static Mode detect();

  explicit ProgressDisplay(Mode mode) : mode_(mode) {}
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;
  ~ProgressDisplay() { finish(); }

  /// A new step begins, e.g. "DiskTransfer" of "disk1.vmdk". `subject` is escaped here.
  void begin(std::string_view step, std::string_view subject);
  /// Bytes done of `total` (0: unknown) in the present step.
  void advance(std::uint64_t done, std::uint64_t total);
  /// A line of detail, e.g. a converter's message. Escaped here.
  void note(std::string_view text);
  /// Ends the present step's line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  void finish_locked();
  [[nodiscard]] std::string status(std::uint64_t done, std::uint64_t total) const;

  Mode mode_;
  std::mutex mutex_;
  std::string title_;
  Clock::time_point started_;
  Clock::time_point shown_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
  bool open_ = false;
};

}  // namespace ovaport::cli
