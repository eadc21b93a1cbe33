#pragma once

#include <cstdint>
#include <functional>

namespace ovaport::store {

/// Milliseconds since 1970-01-01 00:00 UTC.
using Time = std::int64_t;

/// Where the store takes the time from; called by any thread.
using Clock = std::function<Time()>;

/// The system's clock.
Time system_time();

/// How often a row was changed. A caller that changes what it read before gives the
/// revision that it saw; if the row has another one by then, the change is refused: kind
/// conflict, code "store.conflict".
using Revision = std::int64_t;

}  // namespace ovaport::store
