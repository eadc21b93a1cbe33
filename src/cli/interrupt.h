#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace ovaport::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request for its lifetime, so that
/// work ends by cleaning up after itself. Must be made before any other thread:
/// it blocks the signals, and later threads inherit that. A second signal ends the
/// process at once; the next run removes what is left.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  void watch(const std::stop_token& end);

  sigset_t signals_{};
  sigset_t before_{};
  std::stop_source source_;
  std::jthread watcher_;
};

}  // namespace ovaport::cli
