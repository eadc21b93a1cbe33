#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/result.h"
#include "ovaport/store/time.h"

namespace ovaport::store {

class Engine;

/// Something that happened. The store writes those of appliances ("appliance-added",
/// "appliance-changed", "appliance-forgotten"), shares ("share-changed", with the share's
/// name as subject), uploads ("upload-created", "upload-changed", "upload-ended") and
/// imports ("import-queued", "import-changed", "import-ended") in the same transaction as
/// the change itself, so that none is missing and none is told that did not happen.
struct Event {
  std::int64_t sequence = 0;  ///< Grows, never used twice; gaps mean nothing.
  Time time = 0;
  std::string kind;
  std::string subject;  ///< Id of what it is about; may be empty.
  std::string data;     ///< A JSON object.
};

struct EventPage {
  std::vector<Event> items;
  bool complete = true;  ///< False when events after `since` were deleted already.
};

/// The history. Thread-safe; belongs to a Store.
class Events {
 public:
  explicit Events(Engine& engine) : engine_(engine) {}

  /// Adds one; returns its sequence.
  Result<std::int64_t> append(std::string_view kind, std::string_view subject,
                              std::string_view data);
  /// Those after `sequence`, oldest first, at most `limit` (1 … 1000); of one subject, if
  /// given.
  Result<EventPage> since(std::int64_t sequence, std::size_t limit, std::string_view subject = {});
  /// The newest sequence; 0 when nothing ever happened.
  [[nodiscard]] std::int64_t last() const;
  /// Waits until there is an event after `sequence`: true, or false after `timeout` or a
  /// stop.
  [[nodiscard]] bool wait_after(std::int64_t sequence, std::chrono::milliseconds timeout,
                                const std::stop_token& stop) const;
  /// Keeps only the newest `keep`.
  Status trim(std::uint64_t keep);

 private:
  Engine& engine_;
};

}  // namespace ovaport::store
