#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ovaport/base/byte_source.h"
#include "ovaport/base/digest.h"
#include "ovaport/package/package.h"

namespace ovaport::imports {

/// Digests the parts of a file while something else reads them, so that a file that is
/// stored in chunks or packed is checked without a pass of its own. Not thread-safe: one
/// reader at a time.
class PartDigests {
 public:
  /// Computes SHA-256 and the algorithms of `promises`, which belong to `part`.
  void expect(const package::Entry& part, const std::vector<Digest>& promises);

  /// A stream over a part that was expected. Its digests start anew.
  Result<std::unique_ptr<ByteSource>> open(const package::Package& package,
                                           const package::Entry& part);

  /// The digests of a part; nothing unless its last stream was read to the end.
  [[nodiscard]] std::optional<std::vector<Digest>> of(const package::Entry& part) const;

 private:
  struct Record {
    std::vector<DigestAlgorithm> algorithms;
    std::optional<std::vector<Digest>> digests;
  };
  class Watch;
  // Shared with the streams, which may outlive a move of this.
  std::map<const package::Entry*, std::shared_ptr<Record>> records_;
};

}  // namespace ovaport::imports
