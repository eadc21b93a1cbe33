#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "ovaport/base/byte_source.h"
#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"
#include "ovaport/ovf/envelope.h"
#include "ovaport/package/package.h"

namespace ovaport::imports {

/// A file of the References as the package stores it: in one piece or in chunks, plain
/// or packed by gzip (DSP0243 2.1.1 §7.1). Points into the package.
struct StoredFile {
  std::string name;  ///< Of its first part, for messages.
  std::vector<const package::Entry*> parts;
  bool gzip = false;       ///< What the parts together hold is packed.
  std::uint64_t size = 0;  ///< Of all parts, bytes.

  /// In one piece and plain: read where it lies.
  [[nodiscard]] bool is_plain() const { return parts.size() == 1 && !gzip; }
};

/// Finds the parts of a file and whether they are packed, which the bytes decide.
/// Chunks are `<href>.000000000` and on: a gap, or chunks that are not of the size that
/// the descriptor says, is an error. So is a file that is not there.
Result<StoredFile> find_stored_file(const package::Package& package, const ovf::File& file,
                                    Concerns& concerns);

using OpenEntry = std::function<Result<std::unique_ptr<ByteSource>>(const package::Entry& entry)>;

/// A stream over the file, joined and unpacked. `open` opens its parts, each when its
/// turn comes; without it the package does.
Result<std::unique_ptr<ByteSource>> open_stored_file(const package::Package& package,
                                                     const StoredFile& file, OpenEntry open = {});

/// The size of what a packed file unpacks to, bytes: a pass over it. More than a disk of
/// that capacity (bytes, 0 when unknown) can need is an error.
Result<std::uint64_t> unpacked_size(const package::Package& package, const StoredFile& file,
                                    std::uint64_t capacity, const std::stop_token& stop);

}  // namespace ovaport::imports
