#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace ovaport::disk {

/// Hands items from thread to thread, in order. Holds as many as its users own
/// blocks, so it needs no bound of its own.
template <typename Item>
class Queue {
 public:
  void push(Item item) {
    {
      const std::scoped_lock lock(mutex_);
      items_.push_back(std::move(item));
    }
    ready_.notify_one();
  }

  /// Waits for an item; nothing once the queue is closed and empty, or aborted.
  std::optional<Item> pop() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return aborted_ || closed_ || !items_.empty(); });
    if (aborted_ || items_.empty()) return std::nullopt;
    Item item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

  /// No more items will come.
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    ready_.notify_all();
  }

  /// Wakes everybody, at once, with nothing.
  void abort() {
    const std::scoped_lock lock(mutex_);
    aborted_ = true;
    ready_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Item> items_;
  bool closed_ = false;
  bool aborted_ = false;
};

}  // namespace ovaport::disk
