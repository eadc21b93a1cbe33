#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/digest.h"
#include "ovaport/base/result.h"

namespace ovaport::package {

/// The digests that a manifest (.mf) promises, by file name as written there,
/// without leading "./". Names are compared, never opened. A file may have one of each
/// algorithm; all of them are promises.
struct Manifest {
  std::map<std::string, std::vector<Digest>, std::less<>> digests;

  /// The digests promised for `name`; empty when it is not listed. Valid while the
  /// manifest lives.
  [[nodiscard]] std::span<const Digest> find(std::string_view name) const;
};

/// Parses the `text` of a manifest; `file` is its own name, for messages and to
/// ignore a line about itself. Accepts `ALGO(file)= hex`, the BSD style
/// `ALGO (file) = hex` and the coreutils style `hex  file`, mixed. A line that is
/// none of them, or names an unknown algorithm, becomes a concern: what it names
/// stays unverified. So does each form that is not the standard's. One file with two
/// different digests of one algorithm is an error of kind integrity, code
/// "package.manifest-conflict".
Result<Manifest> parse_manifest(std::string_view text, std::string_view file, Concerns& concerns);

}  // namespace ovaport::package
