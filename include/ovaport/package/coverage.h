#pragma once

#include "ovaport/base/concern.h"
#include "ovaport/package/manifest.h"
#include "ovaport/package/package.h"

namespace ovaport::package {

/// What the manifest leaves open: files of the package that it does not cover, and
/// files that it lists but the package does not hold. At most 100 of each.
Concerns check_coverage(const Manifest& manifest, const Package& package);

}  // namespace ovaport::package
