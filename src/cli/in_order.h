#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace ovaport::cli {

/// Makes `count` things on several threads and takes them, on this one, in their order.
/// Workers run ahead of what was taken by no more than a bounded number, so that memory
/// stays bounded too. `make` is called by several threads at once. A stop ends it early.
template <typename Thing, typename Make, typename Take>
void in_order(std::size_t count, std::size_t workers, const std::stop_token& stop, const Make& make,
              const Take& take) {
  const std::size_t most_ahead = workers * 16;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::map<std::size_t, Thing> made;
  std::size_t next = 0;
  std::size_t taken = 0;
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (changed.wait(lock, stop, [&] { return next == count || next < taken + most_ahead; }) &&
           next < count && !stop.stop_requested()) {
      const std::size_t mine = next++;
      lock.unlock();
      Thing thing = make(mine);
      lock.lock();
      made.emplace(mine, std::move(thing));
      changed.notify_all();
    }
  };
  std::vector<std::jthread> threads;
  threads.reserve(workers);
  for (std::size_t i = 0; i < workers; ++i)
    threads.emplace_back(work);
  std::unique_lock lock(mutex);
  while (taken < count && changed.wait(lock, stop, [&] { return made.count(taken) != 0; })) {
    auto node = made.extract(taken++);
    changed.notify_all();
    lock.unlock();
    take(std::move(node.mapped()));
    lock.lock();
  }
}

}  // namespace ovaport::cli
