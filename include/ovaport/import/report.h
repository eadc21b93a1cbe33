#pragma once

#include <string>

#include "ovaport/import/import.h"

namespace ovaport::imports {

/// import.json: what an import did, as JSON text with a final newline. Holds no
/// property value.
std::string report_json(const Outcome& outcome);

}  // namespace ovaport::imports
