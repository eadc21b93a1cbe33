#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ovaport/import/import.h"

namespace ovaport::imports {

/// start.sh: a POSIX shell script that starts the machines in their order with virtctl
/// and kubectl, waiting where the appliance wants it, or stops them in reverse.
std::string start_script(const std::vector<StartEntry>& sequence, std::string_view name_space);

}  // namespace ovaport::imports
