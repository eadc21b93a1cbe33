#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/result.h"

namespace ovaport::disk {

enum class ExtentKind {
  sparse,  ///< SPARSE: a file with a header of its own.
  flat,    ///< FLAT or VMFS: the bytes as they are.
  zero,    ///< ZERO: no file at all.
  other,   ///< Anything else, of which only the name is known.
};

/// A line such as `RW 4192256 SPARSE "disk-s001.vmdk"`.
struct VmdkExtent {
  ExtentKind kind = ExtentKind::other;
  std::string type;           ///< As written, e.g. "VMFSRDM".
  bool readable = true;       ///< Not NOACCESS.
  std::uint64_t sectors = 0;  ///< Of the disk that it holds.
  std::string file;           ///< Between the quotes; untrusted.
  std::uint64_t offset = 0;   ///< Of a flat extent in its file, sectors.
};

/// The text descriptor of a VMDK, embedded in a sparse extent or in its own file.
struct VmdkDescriptor {
  std::string create_type;
  std::optional<std::uint32_t> content_id;         ///< CID
  std::optional<std::uint32_t> parent_content_id;  ///< parentCID, unless it says "none".
  bool hints_at_parent = false;                    ///< Has a parentFileNameHint.
  std::vector<VmdkExtent> extents;
};

/// Largest descriptor that is read, bytes.
inline constexpr std::size_t kDescriptorLimit = std::size_t{64} << 10;

/// Reads `text` up to its first NUL. Errors: kind invalid, code
/// "disk.vmdk-descriptor", for lines that look like what they are not.
Result<VmdkDescriptor> parse_vmdk_descriptor(std::string_view text);

/// Whether the file begins as a descriptor file does.
bool is_vmdk_descriptor(std::string_view head);

/// What an embedded descriptor may say: one sparse extent, which is the file itself,
/// a createType that we know, and no parent unless it is a `delta`. Everything else
/// could make a reader open another file.
Status check_embedded(const VmdkDescriptor& descriptor, bool delta);

/// For a sparse extent that has no descriptor inside.
Error refuse_lone_piece();

/// What a descriptor file may say: extents of known kinds with plain names, no parent.
Status check_split(const VmdkDescriptor& descriptor);

}  // namespace ovaport::disk
