#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ovaport/base/text.h"

namespace ovaport::environment {

namespace {

// Address bytes, 4 or 16; inet_pton would stop at a NUL, so that is refused first.
std::optional<std::vector<unsigned char>> parse_address(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string copy(text);
  std::vector<unsigned char> bytes(16);
  if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) {
    bytes.resize(4);
    return bytes;
  }
  if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return bytes;
  return std::nullopt;
}

}  // namespace

bool is_ip_address(std::string_view text) {
  return parse_address(text).has_value();
}

bool is_netmask(std::string_view text) {
  const auto bytes = parse_address(text);
  if (!bytes) return false;
  bool ended = false;
  for (const unsigned char byte : *bytes) {
    for (int bit = 7; bit >= 0; --bit) {
      const bool one = ((byte >> bit) & 1) != 0;
      if (one && ended) return false;
      ended = ended || !one;
    }
  }
  return true;
}

bool is_address_list(std::string_view text) {
  const auto pieces = split(text, ",; \t\r\n");
  return !pieces.empty() && std::all_of(pieces.begin(), pieces.end(), is_ip_address);
}

}  // namespace ovaport::environment
