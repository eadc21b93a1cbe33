#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ovaport/base/result.h"
#include "sink.h"

namespace ovaport::disk {

/// What happens where the bytes are zero.
enum class Gaps {
  left,    ///< Nothing: the sink is zero there already.
  zeroed,  ///< The sink has other data there, which is erased.
};

/// Whether all bytes, at least one, are zero.
bool all_zero(std::span<const std::byte> bytes);

/// Writes the pages that are not zero; returns how many bytes those are.
Result<std::uint64_t> write_sparsely(Sink& sink, std::uint64_t position,
                                     std::span<const std::byte> bytes, Gaps gaps = Gaps::left);

}  // namespace ovaport::disk
