#include "interrupt.h"

#include <unistd.h>

#include <cerrno>

#include "ovaport/cli/cli.h"

namespace ovaport::cli {

Interrupt::Interrupt() {
  sigemptyset(&signals_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&signals_, number);
  ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  watcher_ = std::jthread([this](const std::stop_token& end) { watch(end); });
}

Interrupt::~Interrupt() {
  watcher_.request_stop();
  watcher_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::watch(const std::stop_token& end) {
  while (!end.stop_requested()) {
    // The timeout bounds how long the destructor waits.
    constexpr timespec kTick{0, 50'000'000};
    if (::sigtimedwait(&signals_, nullptr, &kTick) < 0) continue;
    if (source_.stop_requested()) ::_exit(kInterrupted);
    source_.request_stop();
  }
}

}  // namespace ovaport::cli
