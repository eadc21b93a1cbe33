#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "appliance.h"

namespace ovaport::guest {

/// The true spelling of `path` on the mounted Windows drive; nothing if absent.
std::optional<std::string> windows_path(const Appliance& appliance, std::string_view path);

}  // namespace ovaport::guest
