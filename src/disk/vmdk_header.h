#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ovaport/base/result.h"

namespace ovaport::disk {

inline constexpr std::uint64_t kSector = 512;

/// Largest grain that is read, in sectors: 256 KiB. All known writers use 128.
inline constexpr std::uint64_t kLargestGrain = 512;

/// The header of a sparse extent (VMware "Virtual Disk Format 5.0", "Hosted Sparse
/// Extents"), checked. All positions and sizes are in sectors of 512 bytes.
struct VmdkHeader {
  std::uint32_t version = 0;
  bool compressed = false;   ///< Grains are deflated.
  bool markers = false;      ///< Grains and metadata are announced in the stream.
  bool zero_grains = false;  ///< A table entry of 1 means zeros.
  std::uint64_t capacity = 0;
  std::uint64_t grain_sectors = 0;
  std::uint64_t descriptor_offset = 0;
  std::uint64_t descriptor_sectors = 0;
  std::uint32_t entries_per_table = 0;
  std::uint64_t directory_offset = 0;  ///< kDirectoryAtEnd when only the footer knows.
  std::uint64_t overhead = 0;          ///< Data begins here.

  [[nodiscard]] bool stream_optimized() const { return compressed && markers; }
};

inline constexpr std::uint64_t kDirectoryAtEnd = ~std::uint64_t{0};

/// Whether the bytes begin with the magic number of a sparse extent.
bool is_vmdk(std::span<const std::byte> head);

/// Reads and checks the first sector of a sparse extent.
Result<VmdkHeader> parse_vmdk_header(std::span<const std::byte> sector);

/// Whether the embedded descriptor lies where every writer puts it. Elsewhere, another
/// reader might find another one.
Status check_descriptor_place(const VmdkHeader& header);

}  // namespace ovaport::disk
