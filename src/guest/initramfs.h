#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "ovaport/base/result.h"

namespace ovaport::guest {

/// Names of the kernel modules in an initramfs image: without
/// path, ".ko" and compression suffix, with '-' as '_'. Reads newc archives one
/// after the other, plain or compressed (gzip, xz, zstd, lz4, bzip2, lzma), as the
/// kernel does. Bounded in memory and in what it unpacks. Kind invalid,
/// "guest.initramfs", when no archive could be read.
Result<std::set<std::string>> initramfs_modules(std::string_view image);
/// The same for a file on the host.
Result<std::set<std::string>> initramfs_file_modules(const std::filesystem::path& file);

/// "kernel/drivers/block/virtio_blk.ko.xz" → "virtio_blk"; "" if it is no module.
std::string module_name(std::string_view path);

}  // namespace ovaport::guest
