#pragma once

#include "ovaport/import/appliance.h"

namespace ovaport::imports {

/// Reads the message bundles that lie in files of the package into the envelope. A
/// bundle that is absent, too large, damaged or no bundle is a warning: the texts of
/// the descriptor take its place.
void read_string_bundles(Appliance& appliance);

}  // namespace ovaport::imports
