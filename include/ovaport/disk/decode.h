#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/byte_source.h"
#include "ovaport/base/concern.h"
#include "ovaport/base/digest.h"
#include "ovaport/base/progress.h"
#include "ovaport/base/result.h"

/// Disk images of packages: probed safely by their bytes, verified and decoded to
/// raw in one pass.
namespace ovaport::disk {

enum class Format {
  raw,
  vmdk_stream_optimized,
  vmdk_sparse,
  vmdk_split,  ///< A text descriptor whose data lies in other files of the package.
  vhd,
  vhdx,
  qcow2,
  vdi,
};

/// "raw", "VMDK (streamOptimized)", …
std::string_view to_string(Format format);

/// A file of a package that holds a disk image.
struct DiskInput {
  std::string name;                ///< For messages.
  std::uint64_t size = 0;          ///< bytes, packed
  std::optional<FileRange> range;  ///< Where it lies, if it lies contiguous in a plain file.
  /// The descriptor says that it is raw: then it is, whatever its bytes look like.
  bool stated_raw = false;
  std::vector<Digest> expected;  ///< What the manifest promises for its packed bytes.
  /// A new stream over it, from its start.
  std::function<Result<std::unique_ptr<ByteSource>>()> open;
  /// The file of the package, beside this one, of that plain name: an image may keep
  /// its data there. Absent: it may not.
  std::function<Result<DiskInput>(std::string_view name)> sibling;
};

/// A disk: its image, or the image of a base disk and then, in order, the deltas
/// that are laid over it. Never empty.
using DiskChain = std::vector<DiskInput>;

struct Image {
  Format format = Format::raw;
  std::uint64_t virtual_size = 0;  ///< bytes
};

/// Decides the format by the bytes, whatever name or descriptor say, and refuses
/// (kind invalid or unsupported) every image that names another file or that our
/// whitelist of headers does not know.
Result<Image> probe(const DiskInput& input);

/// The same for a disk and all its files. A delta must be a sparse or streamOptimized
/// VMDK; the parent that it names is compared by content id with the image before it
/// and never looked for. The format is the base's, the size the last delta's.
Result<Image> probe(const DiskChain& chain);

struct DecodeOptions {
  /// Capacity that the descriptor promises, bytes; 0 when unknown. The output has
  /// the greater of it and the image's size, never less.
  std::uint64_t capacity = 0;
  std::uint64_t size_limit = 64ULL << 40;  ///< Largest output, bytes.
  unsigned workers = 0;                    ///< 0: one a core.
  ProgressFunction progress;               ///< Packed bytes of one file after the other.
  std::stop_token stop;
  std::string qemu_img = "qemu-img";
};

/// A file of the package that was read, whole.
struct FileDigests {
  std::string name;
  std::vector<Digest> digests;  ///< Of the packed bytes: SHA-256 and those expected.
  bool verified = false;        ///< The manifest promised one of them.
};

struct DecodeReport {
  Image image;
  std::uint64_t size = 0;     ///< Output, bytes.
  std::uint64_t written = 0;  ///< Bytes that are not holes.
  /// All that were read; the disk's own is the first, then extents, then deltas.
  std::vector<FileDigests> files;
  Concerns concerns;
};

/// Decodes `chain` into `target`: a new file, sparse, or an existing block device.
/// After an error a file that it made is gone.
Result<DecodeReport> decode(const DiskChain& chain, const std::filesystem::path& target,
                            const DecodeOptions& options);
Result<DecodeReport> decode(const DiskInput& input, const std::filesystem::path& target,
                            const DecodeOptions& options);

}  // namespace ovaport::disk
