#pragma once

#include <string_view>

namespace ovaport::guest {

/// Negative, zero or positive as `a` is older than, the same as or newer than `b`:
/// runs of digits count as numbers, everything else as text.
int compare_versions(std::string_view a, std::string_view b);

}  // namespace ovaport::guest
