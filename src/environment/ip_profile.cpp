#include "ovaport/environment/ip_profile.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "address.h"
#include "ovaport/base/text.h"

namespace ovaport::environment {

namespace {

Error profile_error(std::string message) {
  return Error(ErrorKind::choice, "environment.ip-profile", std::move(message))
      .advise("Write NETWORK=ADDRESS/PREFIX,gateway=ADDRESS,dns=ADDRESS or NETWORK=dhcp");
}

Status add_address(IpProfile& profile, std::string_view text) {
  const auto subnet = parse_subnet(text);
  if (!subnet) {
    return profile_error(quote(text, 60) + " is not an address with a prefix length");
  }
  const bool other = !profile.netmask.empty() &&
                     (profile.netmask != subnet->netmask || profile.subnet != subnet->network);
  if (other) return profile_error("the addresses of one network lie in different subnets");
  profile.addresses.push_back(subnet->address);
  profile.netmask = subnet->netmask;
  profile.subnet = subnet->network;
  return {};
}

Status check_address(const IpProfile& profile, std::string_view name, std::string_view text) {
  if (is_ip_address(text)) return {};
  return profile_error("the " + std::string(name) + " of network " + quote(profile.network) +
                       " is not an IP address");
}

Status add_setting(IpProfile& profile, std::string_view name, std::string_view text) {
  if (name == "address") return add_address(profile, text);
  if (name == "gateway") OVAPORT_CHECK(check_address(profile, name, text));
  if (name == "dns") {
    if (trimmed(text).empty()) return check_address(profile, name, text);
    for (const std::string_view server : split(text, " \t")) {
      OVAPORT_CHECK(check_address(profile, name, server));
      profile.dns.emplace_back(server);
    }
    return {};
  }
  const std::array<std::pair<std::string_view, std::string*>, 5> settings{{
      {"gateway", &profile.gateway},
      {"domain", &profile.domain},
      {"search", &profile.search_path},
      {"host-prefix", &profile.host_prefix},
      {"proxy", &profile.http_proxy},
  }};
  for (const auto& [known, target] : settings) {
    if (name != known) continue;
    *target = text;
    return {};
  }
  return profile_error("a network has no setting " + quote(name, 60));
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts)
    out += (out.empty() ? "" : ",") + text;
  return out;
}

// The macros of expressions (by practice; VMware documents them nowhere in full).
NetworkRole macro_role(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, NetworkRole>, 11> kMacros{{
      {"autoip", NetworkRole::ip},
      {"ip", NetworkRole::ip},
      {"netmask", NetworkRole::netmask},
      {"gateway", NetworkRole::gateway},
      {"dns", NetworkRole::dns},
      {"domainname", NetworkRole::domain_name},
      {"searchpath", NetworkRole::search_path},
      {"hostprefix", NetworkRole::host_prefix},
      {"httpproxy", NetworkRole::http_proxy},
      {"subnet", NetworkRole::subnet},
      {"net", NetworkRole::network},
  }};
  const std::string lower = to_lower(name);
  for (const auto& [macro, role] : kMacros)
    if (macro == lower) return role;
  return NetworkRole::none;
}

class Filler {
 public:
  Filler(AddressPool& pool, Concerns& concerns) : pool_(pool), concerns_(concerns) {}

  void fill(PropertyDefinition& definition) {
    const NetworkRole role = definition.type.role;
    std::optional<std::string> text;
    if (role != NetworkRole::none) {
      text = value_of(definition, role, definition.type.network);
    } else if (definition.type.expression && definition.default_value) {
      text = expanded(definition, definition.default_value->reveal());
    }
    if (text && !text->empty()) {
      definition.default_value = Secret(std::move(*text));
      definition.required = false;
    } else if (role != NetworkRole::none && left_to_dhcp(definition)) {
      // As vCenter does under the DHCP policy: the guest asks the network itself.
      definition.default_value = Secret();
      definition.required = false;
    }
  }

 private:
  [[nodiscard]] bool left_to_dhcp(const PropertyDefinition& definition) const {
    const IpProfile* profile = pool_.find(definition.type.network);
    return profile != nullptr && profile->dhcp && definition.type.role != NetworkRole::server_ip;
  }

  // Nothing when the profiles do not tell.
  std::optional<std::string> value_of(const PropertyDefinition& definition, NetworkRole role,
                                      std::string_view network) {
    if (role == NetworkRole::server_ip) return std::nullopt;
    const IpProfile* profile = pool_.find(network);
    if (profile == nullptr) return std::nullopt;
    if (role == NetworkRole::ip) return next_address(definition, *profile);
    return setting(*profile, role);
  }

  static std::string setting(const IpProfile& profile, NetworkRole role) {
    switch (role) {
      case NetworkRole::netmask:
        return profile.netmask;
      case NetworkRole::gateway:
        return profile.gateway;
      case NetworkRole::subnet:
        return profile.subnet;
      case NetworkRole::dns:
        return joined(profile.dns);
      case NetworkRole::domain_name:
        return profile.domain;
      case NetworkRole::search_path:
        return profile.search_path;
      case NetworkRole::host_prefix:
        return profile.host_prefix;
      case NetworkRole::http_proxy:
        return profile.http_proxy;
      case NetworkRole::network:
        return profile.network;
      default:
        return {};
    }
  }

  std::optional<std::string> next_address(const PropertyDefinition& definition,
                                          const IpProfile& profile) {
    if (profile.dhcp) return std::nullopt;
    // A property of a machine of its own is another one in every machine.
    const std::string owner =
        definition.inherited ? definition.key + "\n" + std::to_string(definition.line) : "";
    if (auto address = pool_.take(profile, owner)) return address;
    concerns_.push_back({"environment.no-address-left", Severity::warning,
                         "network " + quote(profile.network) +
                             " has no address left for property " + quote(definition.key),
                         "Give the network one address more", "", definition.key, definition.line});
    return std::nullopt;
  }

  // The expression with all macros replaced, or nothing when one is not known.
  std::optional<std::string> expanded(const PropertyDefinition& definition, std::string_view text) {
    std::string out;
    while (true) {
      const auto start = text.find("${");
      out += text.substr(0, start);
      if (start == std::string_view::npos) return out;
      const auto end = text.find('}', start);
      if (end == std::string_view::npos) return std::nullopt;
      const std::string_view macro = text.substr(start + 2, end - start - 2);
      const auto colon = std::min(macro.find(':'), macro.size());
      const NetworkRole role = macro_role(macro.substr(0, colon));
      const std::string_view network =
          colon == macro.size() ? std::string_view() : macro.substr(colon + 1);
      if (role == NetworkRole::none) return std::nullopt;
      const auto value = value_of(definition, role, network);
      if (!value || value->empty()) return std::nullopt;
      out += *value;
      text.remove_prefix(end + 1);
    }
  }

  AddressPool& pool_;
  Concerns& concerns_;
};

}  // namespace

Result<IpProfile> parse_ip_profile(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) {
    return profile_error("a network's addresses are not given as NETWORK=ADDRESS/PREFIX");
  }
  IpProfile profile;
  profile.network = text.substr(0, equals);
  for (const std::string_view piece : split(text.substr(equals + 1), ",")) {
    const std::string_view item = trimmed(piece);
    if (equal_ignoring_case(item, "dhcp")) {
      profile.dhcp = true;
      continue;
    }
    const auto sign = item.find('=');
    OVAPORT_CHECK(sign == std::string_view::npos
                      ? add_address(profile, item)
                      : add_setting(profile, item.substr(0, sign), item.substr(sign + 1)));
  }
  if (profile.dhcp && !profile.addresses.empty())
    return profile_error("network " + quote(profile.network) + " is given addresses and DHCP");
  if (!profile.dhcp && profile.addresses.empty())
    return profile_error("network " + quote(profile.network) + " is given no address");
  return profile;
}

Result<std::vector<IpProfile>> parse_ip_profile_file(std::string_view text, std::string_view file) {
  std::vector<IpProfile> profiles;
  for (const std::string_view raw : split(text, "\r\n")) {
    const std::string_view line = trimmed(raw);
    if (line.empty() || line.front() == '#') continue;
    auto profile = parse_ip_profile(line);
    if (!profile.ok()) return std::move(profile).error().in_file(std::string(file));
    profiles.push_back(std::move(*profile));
  }
  return profiles;
}

const IpProfile* AddressPool::find(std::string_view network) const {
  if (network.empty()) return profiles_.size() == 1 ? &profiles_.front() : nullptr;
  const auto found =
      std::find_if(profiles_.begin(), profiles_.end(),
                   [&](const IpProfile& profile) { return profile.network == network; });
  return found == profiles_.end() ? nullptr : &*found;
}

std::optional<std::string> AddressPool::take(const IpProfile& profile, const std::string& owner) {
  const auto place = std::pair(&profile, owner);
  if (const auto given = given_.find(place); !owner.empty() && given != given_.end())
    return given->second;
  std::size_t& used = used_[&profile];
  if (used == profile.addresses.size()) return std::nullopt;
  const std::string& address = profile.addresses[used++];
  if (!owner.empty()) given_.emplace(place, address);
  return address;
}

std::vector<PropertyDefinition> apply_profiles(std::vector<PropertyDefinition> definitions,
                                               AddressPool& pool, Concerns& concerns) {
  Filler filler(pool, concerns);
  for (PropertyDefinition& definition : definitions)
    filler.fill(definition);
  return definitions;
}

std::vector<PropertyDefinition> apply_profiles(std::vector<PropertyDefinition> definitions,
                                               const std::vector<IpProfile>& profiles,
                                               Concerns& concerns) {
  AddressPool pool(profiles);
  return apply_profiles(std::move(definitions), pool, concerns);
}

}  // namespace ovaport::environment
