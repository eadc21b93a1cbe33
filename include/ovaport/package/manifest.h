#pragma once

#include <map>
#include <string>
#include <string_view>

#include "ovaport/base/concern.h"
#include "ovaport/base/digest.h"
#include "ovaport/base/result.h"

namespace ovaport::package {

/// The digests that a manifest (.mf) promises, by file name as written there,
/// without leading "./". Names are compared, never opened.
struct Manifest {
  std::map<std::string, Digest, std::less<>> digests;

  /// The digest promised for `name`, or null. Valid while the manifest lives.
  [[nodiscard]] const Digest* find(std::string_view name) const;
};

/// Parses the `text` of a manifest; `file` is its own name, for messages and to
/// ignore a line about itself. Accepts `ALGO(file)= hex`, the BSD style
/// `ALGO (file) = hex` and the coreutils style `hex  file`, mixed. A line that is
/// none of them, or names an unknown algorithm, becomes a concern: what it names
/// stays unverified. One file with two different digests is an error of kind
/// integrity, code "package.manifest-conflict".
Result<Manifest> parse_manifest(std::string_view text, std::string_view file, Concerns& concerns);

}  // namespace ovaport::package
