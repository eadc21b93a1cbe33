#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
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

std::string format_address(const std::vector<unsigned char>& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

}  // namespace

std::optional<Subnet> parse_subnet(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto bytes = parse_address(text.substr(0, slash));
  const auto prefix = parse_unsigned(text.substr(slash + 1));
  if (!bytes || !prefix || *prefix > bytes->size() * 8) return std::nullopt;
  std::vector<unsigned char> mask(bytes->size());
  for (std::size_t bit = 0; bit < *prefix; ++bit)
    mask[bit / 8] = static_cast<unsigned char>(mask[bit / 8] | (0x80U >> (bit % 8)));
  for (std::size_t i = 0; i < mask.size(); ++i)
    (*bytes)[i] = static_cast<unsigned char>((*bytes)[i] & mask[i]);
  return Subnet{std::string(text.substr(0, slash)), format_address(mask), format_address(*bytes)};
}

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
