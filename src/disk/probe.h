#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "ovaport/disk/decode.h"

namespace ovaport::disk {

/// What a file is within its chain.
enum class Role { base, delta };

/// One image of a chain, with what a VMDK says of its content and of its parent's.
struct Layer {
  Image image;
  std::optional<std::uint32_t> content_id;
  std::optional<std::uint32_t> parent_content_id;
};

Result<Layer> probe_layer(const DiskInput& input, Role role);

/// The first `limit` bytes of a file, or all of them.
Result<std::vector<std::byte>> read_head(const DiskInput& input, std::size_t limit);

/// The size of the disk if `footer`, the last 512 bytes of a file of `file_size`
/// bytes, is that of a fixed VHD of just this size.
std::optional<std::uint64_t> fixed_vhd_size(std::span<const std::byte> footer,
                                            std::uint64_t file_size);

}  // namespace ovaport::disk
