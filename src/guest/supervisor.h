#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "json.h"
#include "ovaport/base/child.h"
#include "ovaport/base/result.h"
#include "ovaport/base/unique_fd.h"
#include "ovaport/guest/guest.h"

namespace ovaport::guest {

/// One call of the public interface: holds the appliance lock and the clock, and
/// runs workers one after the other.
class Supervisor {
 public:
  /// Checks the disks and waits for the lock.
  static Result<Supervisor> start(const std::vector<GuestDisk>& disks,
                                  const WorkerOptions& options);

  /// Runs one worker. `on_line` sees its output.
  Result<WorkResult> run(Action action, const std::string& firmware,
                         const std::function<void(std::string_view)>& on_line);

  [[nodiscard]] const WorkerOptions& options() const { return options_; }
  void step(std::string_view text, int percent) const {
    if (options_.on_step) options_.on_step(text, percent);
  }

 private:
  Supervisor(const std::vector<GuestDisk>& disks, const WorkerOptions& options,
             std::filesystem::path cache, UniqueFd lock);
  WorkRequest request(Action action) const;
  [[nodiscard]] ChildOptions child(const WorkRequest& request, int result) const;

  std::vector<GuestDisk> disks_;
  WorkerOptions options_;
  std::filesystem::path cache_;
  UniqueFd lock_;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace ovaport::guest
