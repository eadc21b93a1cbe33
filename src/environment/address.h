#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ovaport::environment {

/// An IPv4 (dotted quad) or IPv6 address, nothing around it.
bool is_ip_address(std::string_view text);

/// An IPv4 or IPv6 mask in address notation: ones, then zeros.
bool is_netmask(std::string_view text);

/// The mask and the network address of "ADDRESS/PREFIX".
struct Subnet {
  std::string address;  ///< The address as written.
  std::string netmask;
  std::string network;
};

/// Takes "10.0.0.5/24" or "2001:db8::5/64" apart; nothing for anything else.
std::optional<Subnet> parse_subnet(std::string_view text);

/// One or more addresses separated by commas, semicolons or blanks.
bool is_address_list(std::string_view text);

}  // namespace ovaport::environment
