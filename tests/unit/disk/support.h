#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ovaport/disk/decode.h"

namespace ovaport::disk {

/// A directory of the test, removed with it.
class Scratch {
 public:
  Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// A file as `decode` takes it: a range of a plain file, or only a stream.
DiskInput input_of(const std::filesystem::path& path, bool with_range = true);

void write_file(const std::filesystem::path& path, const std::string& content);
std::string read_all(const std::filesystem::path& path);

/// What goes into a hand-made streamOptimized VMDK.
struct VmdkRecipe {
  std::uint64_t capacity = 1024;  ///< sectors
  std::uint64_t grain_sectors = 128;
  /// First sector and content of each grain, in order.
  std::vector<std::pair<std::uint64_t, std::string>> grains;
  std::vector<std::uint64_t> zeros;  ///< First sectors of grains that only the tables know.
  std::string descriptor;            ///< "" means a good one.
  std::uint32_t version = 3;
  bool footer = true;
  bool end_marker = true;
};

/// The bytes of a VMDK as VMware writes it: grains, then their tables, the directory
/// and the footer, each behind a marker.
std::string make_vmdk(const VmdkRecipe& recipe);

/// What goes into a hand-made monolithicSparse VMDK of grains of 4 KiB: its directory
/// lies in sector 21, its one table of 512 entries in sectors 22 to 25, and grains
/// follow from sector 32.
struct SparseRecipe {
  std::uint64_t capacity = 64;            ///< sectors
  std::vector<std::uint32_t> entries;     ///< Of the table: sectors in the file.
  std::vector<std::uint32_t> tables{22};  ///< Of the directory.
  std::string data;                       ///< From sector 32 on.
  std::uint32_t flags = 1;
  std::string descriptor;  ///< "" means a good one.
};
std::string make_sparse(const SparseRecipe& recipe);

/// The usual descriptor with these lines replaced.
std::string vmdk_descriptor(const std::string& type = "streamOptimized",
                            const std::string& extent = "RW 1024 SPARSE \"disk.vmdk\"",
                            const std::string& more = "");

}  // namespace ovaport::disk
