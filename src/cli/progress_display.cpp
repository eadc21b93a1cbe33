#include "progress_display.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "ovaport/base/text.h"

namespace ovaport::cli {

namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kLineEvery = std::chrono::seconds(5);

void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

std::string bar(double share) {
  constexpr int kWidth = 24;
  const int full = static_cast<int>(share * kWidth);
  return "[" + std::string(full, '#') + std::string(kWidth - full, '.') + "]";
}

}  // namespace

ProgressDisplay::Mode ProgressDisplay::detect() {
  return ::isatty(STDERR_FILENO) == 1 ? Mode::bar : Mode::lines;
}

void ProgressDisplay::begin(std::string_view step, std::string_view subject) {
  const std::scoped_lock lock(mutex_);
  finish_locked();
  title_ = std::string(step);
  if (!subject.empty()) title_ += " " + escaped(subject);
  started_ = shown_ = Clock::now();
  done_ = total_ = 0;
  open_ = true;
  if (mode_ == Mode::lines) put(title_ + "\n");
  if (mode_ == Mode::bar) put(title_ + " …");
}

void ProgressDisplay::advance(std::uint64_t done, std::uint64_t total) {
  const std::scoped_lock lock(mutex_);
  done_ = done;
  total_ = total;
  const auto now = Clock::now();
  if (!open_ || now - shown_ < (mode_ == Mode::bar ? Clock::duration(kRedraw) : kLineEvery)) return;
  shown_ = now;
  if (mode_ == Mode::bar) put("\r\x1b[K" + status(done, total));
  if (mode_ == Mode::lines) put("  " + status(done, total) + "\n");
}

void ProgressDisplay::note(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  if (mode_ == Mode::bar && open_) put("\r\x1b[K" + title_ + ": " + escaped(text, 60));
  if (mode_ == Mode::lines) put("  " + escaped(text) + "\n");
}

void ProgressDisplay::finish() {
  const std::scoped_lock lock(mutex_);
  finish_locked();
}

void ProgressDisplay::finish_locked() {
  if (!open_) return;
  open_ = false;
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  std::string line = title_;
  if (done_ > 0) line += fmt::format(": {}", format_bytes(done_));
  line += fmt::format(" in {:.1f} s", seconds);
  if (mode_ == Mode::bar) put("\r\x1b[K" + line + "\n");
  if (mode_ == Mode::lines) put("  " + line + "\n");
}

std::string ProgressDisplay::status(std::uint64_t done, std::uint64_t total) const {
  const double seconds =
      std::max(0.001, std::chrono::duration<double>(Clock::now() - started_).count());
  const double rate = static_cast<double>(done) / seconds;
  std::string text = title_ + " ";
  if (total == 0)
    return text + fmt::format("{}  {}/s", format_bytes(done),
                              format_bytes(static_cast<std::uint64_t>(rate)));
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const double left = rate > 0 ? static_cast<double>(total - std::min(done, total)) / rate : 0;
  return text + fmt::format("{} {:3.0f} %  {} of {}  {}/s  {:.0f} s left", bar(share), share * 100,
                            format_bytes(done), format_bytes(total),
                            format_bytes(static_cast<std::uint64_t>(rate)), left);
}

}  // namespace ovaport::cli
