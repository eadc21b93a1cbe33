#pragma once

#include "ovaport/base/concern.h"
#include "ovaport/package/manifest.h"
#include "ovaport/package/package.h"

namespace ovaport::package {

/// The manifest with the names that the package's entries have: it may name them from the
/// descriptor's folder, in another Unicode form, encoding or case. Names of no entry stay.
Manifest resolve_names(const Manifest& manifest, const Package& package);

/// What the manifest leaves open: files of the package that it does not cover, and
/// files that it lists but the package does not hold. At most 100 of each.
Concerns check_coverage(const Manifest& manifest, const Package& package);

}  // namespace ovaport::package
