#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"
#include "ovaport/environment/properties.h"

namespace ovaport::environment {

/// What vCenter would take from an IP pool: the addresses that the user gives one
/// network of the appliance.
struct IpProfile {
  std::string network;                 ///< Name in the NetworkSection.
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

/// Reads "NETWORK=ADDRESS/PREFIX[,ADDRESS…][,gateway=…][,dns=…]…[,domain=…]
/// [,search=…][,host-prefix=…][,proxy=…]", e.g.
/// "VM Network=10.0.0.5/24,gateway=10.0.0.1,dns=10.0.0.2,dns=10.0.0.3". Kind choice,
/// code "environment.ip-profile" for anything else.
Result<IpProfile> parse_ip_profile(std::string_view text);

/// `definitions` with the defaults that the profiles determine: those of properties
/// whose VMware qualifier names a network with a profile (each `Ip` takes the next
/// address of it), and expressions made of ${autoIp:N}, ${ip:N}, ${netmask:N},
/// ${gateway:N}, ${dns:N}, ${domainName:N}, ${searchPath:N}, ${hostPrefix:N},
/// ${httpProxy:N}, ${subnet:N} and ${net:N}. A qualifier without a network takes the
/// only profile. What the user assigns still counts more. Concern
/// "environment.no-address-left" when a network has fewer addresses than needed.
std::vector<PropertyDefinition> apply_profiles(std::vector<PropertyDefinition> definitions,
                                               const std::vector<IpProfile>& profiles,
                                               Concerns& concerns);

}  // namespace ovaport::environment
