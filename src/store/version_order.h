#pragma once

#include <string_view>

namespace ovaport::store {

/// Compares two versions as people do: runs of digits as numbers, the rest as text.
/// Negative, zero or positive. "7.0.10" comes after "7.0.9"; leading zeros do not count.
int compare_versions(std::string_view a, std::string_view b);

}  // namespace ovaport::store
