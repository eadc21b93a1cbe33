#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ovaport::disk {

/// The little-endian number at `offset`, which must lie inside `bytes`.
template <typename Number>
Number read_le(std::span<const std::byte> bytes, std::size_t offset) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  Number value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// The big-endian number at `offset`, which must lie inside `bytes`.
template <typename Number>
Number read_be(std::span<const std::byte> bytes, std::size_t offset) {
  Number value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    value = static_cast<Number>((value << 8) | std::to_integer<Number>(bytes[offset + i]));
  return value;
}

}  // namespace ovaport::disk
