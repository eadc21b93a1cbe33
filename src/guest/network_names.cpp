#include "network_names.h"

#include <algorithm>
#include <cctype>
#include <tuple>

#include "ovaport/base/text.h"

namespace ovaport::guest {

namespace {

// IFNAMSIZ - 1; also keeps hostile names out of rules: letters, digits, . _ - only.
bool is_interface_name(std::string_view name) {
  if (name.empty() || name.size() > 15) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

// Ethernet as kernel or systemd name it: eth0, en*, and nothing with a VLAN suffix.
bool is_ethernet_name(std::string_view name) {
  if (!is_interface_name(name) || name.find('.') != std::string_view::npos) return false;
  if (name.size() < 4 || std::isdigit(static_cast<unsigned char>(name.back())) == 0) return false;
  return name.substr(0, 3) == "eth" || name.substr(0, 2) == "en";
}

std::string_view unquoted(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.front() == text.back())
    text = text.substr(1, text.size() - 2);
  return text;
}

void keep(std::vector<std::string>& names, std::string_view name) {
  name = unquoted(name);
  if (!is_ethernet_name(name)) return;
  if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
}

void read_ifupdown(std::string_view text, std::vector<std::string>& names) {
  for (const std::string_view line : split(text, "\n")) {
    const auto words = split(line, " \t\r");
    if (words.empty()) continue;
    const bool list = words[0] == "auto" || words[0].substr(0, 6) == "allow-";
    if (words[0] == "iface" && words.size() > 1) keep(names, words[1]);
    for (std::size_t i = 1; list && i < words.size(); ++i)
      keep(names, words[i]);
  }
}

// Only the keys of the mapping `ethernets:` matter (and set-name inside it); a
// whole YAML parser would add nothing but risk.
void read_netplan(std::string_view text, std::vector<std::string>& names) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t section = kNone;    // depth of `ethernets:`
  std::size_t key_depth = kNone;  // depth of the keys inside it
  for (const std::string_view line : split(text, "\n")) {
    const std::size_t depth = line.find_first_not_of(' ');
    const std::string_view body = trimmed(line);
    const std::size_t colon = body.find(':');
    if (body.empty() || body[0] == '#' || colon == kNone) continue;
    if (body.substr(0, colon) == "ethernets") {
      section = depth;
      key_depth = kNone;
      continue;
    }
    if (section == kNone) continue;
    if (depth <= section) {
      section = kNone;
      continue;
    }
    if (key_depth == kNone) key_depth = depth;
    if (depth == key_depth) keep(names, body.substr(0, colon));
    if (body.substr(0, colon) == "set-name") keep(names, body.substr(colon + 1));
  }
}

void read_assignments(std::string_view text, const std::vector<std::string_view>& keys,
                      std::vector<std::string>& names) {
  for (const std::string_view line : split(text, "\r\n")) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = trimmed(line.substr(0, equals));
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) continue;
    for (const std::string_view word : split(line.substr(equals + 1), " \t"))
      keep(names, word);
  }
}

// Splits "ens192" into ("ens", 192).
std::pair<std::string, std::uint64_t> prefix_and_number(const std::string& name) {
  std::size_t digits = name.size();
  while (digits > 0 && std::isdigit(static_cast<unsigned char>(name[digits - 1])) != 0)
    --digits;
  return {name.substr(0, digits),
          parse_unsigned(std::string_view(name).substr(digits)).value_or(0)};
}

std::tuple<int, std::uint64_t, std::uint64_t, std::string> slot_key(const std::string& name) {
  const auto [prefix, number] = prefix_and_number(name);
  constexpr std::uint64_t kFirstPcieSlot = 160;
  constexpr std::uint64_t kSlotsPerBridge = 32;
  if (prefix == "ens" && number >= kFirstPcieSlot)
    return {1, (number - kFirstPcieSlot) % kSlotsPerBridge, number, name};
  return {prefix == "ens" ? 0 : 2, 0, number, name};
}

bool is_mac(std::string_view mac) {
  if (mac.size() != 17) return false;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const auto c = static_cast<unsigned char>(mac[i]);
    if (i % 3 == 2 ? c != ':' : std::isxdigit(c) == 0) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> interface_names(NetworkSyntax syntax, std::string_view file_name,
                                         std::string_view text) {
  std::vector<std::string> names;
  switch (syntax) {
    case NetworkSyntax::ifupdown:
      read_ifupdown(text, names);
      break;
    case NetworkSyntax::netplan:
      read_netplan(text, names);
      break;
    case NetworkSyntax::keyfile:
      read_assignments(text, {"interface-name"}, names);
      break;
    case NetworkSyntax::ifcfg:
      read_assignments(text, {"DEVICE"}, names);
      // SUSE names the interface only in the file's name.
      if (names.empty() && file_name.substr(0, 6) == "ifcfg-") keep(names, file_name.substr(6));
      break;
    case NetworkSyntax::networkd:
      read_assignments(text, {"Name"}, names);
      break;
  }
  return names;
}

std::vector<std::string> in_slot_order(std::vector<std::string> names) {
  std::sort(names.begin(), names.end(),
            [](const std::string& a, const std::string& b) { return slot_key(a) < slot_key(b); });
  return names;
}

std::vector<std::pair<std::string, std::string>> pair_names(
    const std::vector<ConfiguredInterface>& interfaces, const std::vector<GuestNic>& nics) {
  std::vector<std::string> names;
  names.reserve(interfaces.size());
  for (const ConfiguredInterface& interface : interfaces)
    names.push_back(interface.name);
  names = in_slot_order(std::move(names));
  std::vector<std::string> chosen(nics.size());
  const auto take = [&](std::size_t nic, const std::string& name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (!chosen[nic].empty() || found == names.end()) return;
    chosen[nic] = name;
    names.erase(found);
  };
  for (std::size_t i = 0; i < nics.size(); ++i)
    if (nics[i].pci_slot) take(i, "ens" + std::to_string(*nics[i].pci_slot));
  for (std::size_t i = 0; i < nics.size(); ++i)
    take(i, "eth" + std::to_string(i));
  for (std::size_t i = 0; i < nics.size(); ++i)
    if (!names.empty()) take(i, names.front());
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i < nics.size(); ++i)
    if (!chosen[i].empty() && is_mac(nics[i].mac))
      pairs.emplace_back(to_lower(nics[i].mac), chosen[i]);
  return pairs;
}

std::string render_udev_rules(const std::vector<std::pair<std::string, std::string>>& names) {
  std::string text =
      "# Written by ovaport: the network interfaces keep the names that they had on\n"
      "# VMware, so that the configuration of this machine still applies.\n";
  for (const auto& [mac, name] : names)
    text.append(R"(SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}==")")
        .append(mac)
        .append(R"(", ATTR{type}=="1", NAME=")")
        .append(name)
        .append("\"\n");
  return text;
}

}  // namespace ovaport::guest
