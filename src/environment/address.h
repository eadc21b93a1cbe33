#pragma once

#include <string_view>

namespace ovaport::environment {

/// An IPv4 (dotted quad) or IPv6 address, nothing around it.
bool is_ip_address(std::string_view text);

/// An IPv4 or IPv6 mask in address notation: ones, then zeros.
bool is_netmask(std::string_view text);

/// One or more addresses separated by commas, semicolons or blanks.
bool is_address_list(std::string_view text);

}  // namespace ovaport::environment
