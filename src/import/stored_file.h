#pragma once

#include <cstdint>
#include <memory>
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

/// A stream over the file, joined and unpacked.
Result<std::unique_ptr<ByteSource>> open_stored_file(const package::Package& package,
                                                     const StoredFile& file);

}  // namespace ovaport::imports
