#include "ovaport/kubevirt/names.h"

#include <algorithm>

#include "ovaport/base/digest.h"
#include "ovaport/base/text.h"

namespace ovaport::kubevirt {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::string trim_hyphens(std::string_view text) {
  const auto first = text.find_first_not_of('-');
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of('-') - first + 1));
}

}  // namespace

bool is_label(std::string_view name) {
  return !name.empty() && name.size() <= kLabelLimit && is_plain(name.front()) &&
         is_plain(name.back()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_plain(c) || c == '-'; });
}

std::string label_for(std::string_view name, std::size_t limit) {
  bool lost = false;
  std::string label;
  for (const char c : to_lower(name)) {
    lost = lost || static_cast<unsigned char>(c) >= 0x80;
    if (is_plain(c))
      label += c;
    else if (!label.empty() && label.back() != '-')
      label += '-';
  }
  label = trim_hyphens(label);
  if (!lost && !label.empty() && label.size() <= limit) return label;
  const std::string hash = digest_of(DigestAlgorithm::sha256, name).hex.substr(0, 8);
  if (label.empty()) return "vm-" + hash;
  return trim_hyphens(label.substr(0, limit - hash.size() - 1)) + "-" + hash;
}

bool is_subdomain(std::string_view name) {
  constexpr std::size_t kSubdomainLimit = 253;
  if (name.size() > kSubdomainLimit) return false;
  for (;;) {
    const auto dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

std::string child_label(std::string_view name, std::string_view suffix) {
  const std::size_t room = kLabelLimit - suffix.size();
  std::string label = name.size() <= room ? std::string(name) : label_for(name, room);
  return label.append(suffix);
}

std::string unique_label(const std::string& name, std::set<std::string>& used) {
  std::string candidate = name;
  for (int number = 2; !used.insert(candidate).second; ++number) {
    const std::string suffix = "-" + std::to_string(number);
    candidate = trim_hyphens(name.substr(0, kLabelLimit - suffix.size())) + suffix;
  }
  return candidate;
}

std::string stable_mac(std::string_view appliance, std::string_view system, std::size_t index) {
  std::string seed(appliance);
  seed += '\0';
  seed += system;
  seed += '\0' + std::to_string(index);
  const std::string hex = digest_of(DigestAlgorithm::sha256, seed).hex;
  // 02: locally administered, unicast.
  std::string mac = "02";
  for (std::size_t i = 0; i < 5; ++i)
    mac += ":" + hex.substr(2 * i, 2);
  return mac;
}

Result<std::string> canonical_mac(std::string_view text) {
  const std::string_view digits = trimmed(text);
  const auto parts = split(digits, ":-");
  const auto is_byte = [](std::string_view part) {
    return part.size() == 2 &&
           part.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  };
  // split() drops empty parts, so the length tells of separators too many.
  constexpr std::size_t kLength = 17;
  if (digits.size() != kLength || parts.size() != 6 ||
      !std::all_of(parts.begin(), parts.end(), is_byte))
    return Error(ErrorKind::invalid, "kubevirt.mac", quote(text, 40) + " is no MAC address");
  std::string mac;
  for (const std::string_view part : parts)
    mac += (mac.empty() ? "" : ":") + to_lower(part);
  constexpr std::string_view kUnicast = "02468ace";
  if (kUnicast.find(mac[1]) == std::string_view::npos)
    return Error(ErrorKind::invalid, "kubevirt.mac", quote(text, 40) + " is a multicast address");
  if (mac == "00:00:00:00:00:00")
    return Error(ErrorKind::invalid, "kubevirt.mac", quote(text, 40) + " is no address");
  return mac;
}

}  // namespace ovaport::kubevirt
