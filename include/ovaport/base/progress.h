#pragma once

#include <cstdint>
#include <functional>

namespace ovaport {

/// Called with bytes done and bytes in all (0 when unknown). May be called from
/// any thread, but from one at a time; must be quick and must not throw.
using ProgressFunction = std::function<void(std::uint64_t done, std::uint64_t total)>;

}  // namespace ovaport
