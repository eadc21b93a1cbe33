#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"
#include "ovaport/environment/properties.h"

namespace ovaport::environment {

/// What vCenter would take from an IP pool: the addresses that the user gives one
/// network of the appliance.
struct IpProfile {
  std::string network;                 ///< Name in the NetworkSection.
  bool dhcp = false;                   ///< The guest asks by DHCP; no addresses then.
  std::vector<std::string> addresses;  ///< For the machine, given out in order.
  std::string netmask;                 ///< "255.255.255.0"; may be empty.
  std::string subnet;                  ///< "10.0.0.0"; may be empty.
  std::string gateway;
  std::vector<std::string> dns;
  std::string domain;
  std::string search_path;
  std::string host_prefix;
  std::string http_proxy;
};

/// Reads "NETWORK=ADDRESS/PREFIX[,ADDRESS/PREFIX…][,gateway=…][,dns=…]…[,domain=…]
/// [,search=…][,host-prefix=…][,proxy=…]", e.g.
/// "VM Network=10.0.0.5/24,gateway=10.0.0.1,dns=10.0.0.2 10.0.0.3", or
/// "VM Network=dhcp". An address may be written "address=…", too. Kind choice, code
/// "environment.ip-profile" for anything else.
Result<IpProfile> parse_ip_profile(std::string_view text);

/// Reads a file with one such profile a line; blank lines and those that begin with
/// "#" are skipped. `file` is its name for messages.
Result<std::vector<IpProfile>> parse_ip_profile_file(std::string_view text, std::string_view file);

/// Gives out the addresses of profiles, each once, to all machines of an appliance.
class AddressPool {
 public:
  AddressPool() = default;
  explicit AddressPool(std::vector<IpProfile> profiles) : profiles_(std::move(profiles)) {}
  AddressPool(const AddressPool&) = delete;
  AddressPool& operator=(const AddressPool&) = delete;
  AddressPool(AddressPool&&) = default;
  AddressPool& operator=(AddressPool&&) = default;
  ~AddressPool() = default;

  [[nodiscard]] const std::vector<IpProfile>& profiles() const { return profiles_; }
  /// The profile of `network`, or the only one when that is empty; null without.
  [[nodiscard]] const IpProfile* find(std::string_view network) const;
  /// The next address of `profile` (one of profiles()), or nothing. The same property
  /// of a collection, which several machines see, gets the same one: `owner` names it.
  std::optional<std::string> take(const IpProfile& profile, const std::string& owner);

 private:
  std::vector<IpProfile> profiles_;
  std::map<const IpProfile*, std::size_t> used_;
  std::map<std::pair<const IpProfile*, std::string>, std::string> given_;
};

/// `definitions` with the defaults that the profiles determine: those of properties
/// whose VMware qualifier names a network with a profile (each `Ip` takes the next
/// address of it), and expressions made of ${autoIp:N}, ${ip:N}, ${netmask:N},
/// ${gateway:N}, ${dns:N}, ${domainName:N}, ${searchPath:N}, ${hostPrefix:N},
/// ${httpProxy:N}, ${subnet:N} and ${net:N}. A qualifier without a network takes the
/// only profile. On a network with DHCP they are empty and not required. What the user
/// assigns still counts more. Concern "environment.no-address-left" when a network has
/// fewer addresses than needed.
std::vector<PropertyDefinition> apply_profiles(std::vector<PropertyDefinition> definitions,
                                               AddressPool& pool, Concerns& concerns);

/// The same for a single machine.
std::vector<PropertyDefinition> apply_profiles(std::vector<PropertyDefinition> definitions,
                                               const std::vector<IpProfile>& profiles,
                                               Concerns& concerns);

}  // namespace ovaport::environment
