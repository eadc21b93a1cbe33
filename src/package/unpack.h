#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "ovaport/base/byte_source.h"
#include "ovaport/base/result.h"

namespace ovaport::package {

/// How a whole package is compressed.
enum class Packing { none, gzip, xz, zstd, bzip2, zip };

/// By the first bytes of the file.
Packing packing_of(std::string_view head);

/// "gzip", "xz", …
std::string_view to_string(Packing packing);

/// How much a package may unpack to.
struct UnpackLimits {
  std::uint64_t slack = 16ULL << 30;  ///< bytes, whatever the package's size
  std::uint64_t ratio = 1200;         ///< times the package's size, on top of that

  /// The most for a package of `packed` bytes.
  [[nodiscard]] std::uint64_t most(std::uint64_t packed) const;
};

/// The Error for a package that unpacks to more: code "package.bomb".
Error unpacks_to_more(std::uint64_t packed, const UnpackLimits& limits);

/// What `packed` unpacks to; `packing` is none of `none` and `zip`. Checksums are
/// verified. Damage is an error of kind integrity about the file `name`. Needs less than
/// 300 MiB whatever the file says. Reading fails after `stop`.
Result<std::unique_ptr<ByteSource>> unpack(const FileRange& packed, Packing packing,
                                           const std::string& name, const UnpackLimits& limits,
                                           std::stop_token stop = {});

}  // namespace ovaport::package
