#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"
#include "ovaport/environment/secret.h"

/// Properties of an appliance (DSP0243 2.1.1 §9.5.1), their values, and the
/// environment document that carries them into the guest (DSP8027).
namespace ovaport::environment {

/// What a value is checked as.
enum class ValueKind { string, boolean, integer, real, ip };

/// What VMware's vmw:qualifiers say a value is for. vCenter computes such values
/// from an IP pool; here the user gives them.
enum class NetworkRole {
  none,
  ip,
  netmask,
  gateway,
  subnet,
  dns,
  domain_name,
  search_path,
  host_prefix,
  http_proxy,
  network,    ///< Net: the name of the network itself.
  server_ip,  ///< VimIp: the address of the vCenter.
};

/// The type of a property together with everything that its qualifiers demand.
struct PropertyType {
  ValueKind kind = ValueKind::string;
  std::string name = "string";  ///< Canonical: "uint8" … "real64", "string", "ip", "password", …
  bool password = false;        ///< VMware's type `password`.
  bool expression = false;      ///< VMware's type `expression`: vCenter expands ${…}.
  /// Inclusive range of numbers: the type's own, narrowed by MinValue and MaxValue.
  /// long double holds every 64-bit integer exactly on the platforms we build for.
  std::optional<long double> minimum;
  std::optional<long double> maximum;
  std::optional<std::uint64_t> min_length;  ///< Unicode characters, not bytes.
  std::optional<std::uint64_t> max_length;  ///< Unicode characters, not bytes.
  std::vector<std::string> choices;         ///< ValueMap; empty means any value.
  NetworkRole role = NetworkRole::none;
  std::string network;  ///< Network that `role` is about; may be empty.
};

/// Most bytes that a value may have (DSP0243 §9.5.1: up to 65535).
inline constexpr std::size_t kValueLimit = 65535;

/// Reads ovf:type, ovf:qualifiers and vmw:qualifiers of the property `key`. Never
/// fails: an unknown type is a string, a broken or contradictory qualifier is
/// ignored, and each is a warning.
PropertyType parse_property_type(std::string_view key, std::string_view type,
                                 std::string_view qualifiers, std::string_view vmw_qualifiers,
                                 Concerns& concerns);

/// The canonical form of `value` if the property `key` of that type may have it:
/// booleans become "True" or "False" as vSphere writes them, numbers lose blanks
/// around them and a leading plus sign, anything else is kept byte for byte. The
/// error (kind choice, code "environment.bad-value") names key and rule, never the
/// value.
Result<Secret> check_value(std::string_view key, const PropertyType& type, std::string_view value);

/// The rule in words: "a whole number from 0 to 255", "one of \"a\", \"b\"".
std::string describe(const PropertyType& type);

/// "ip", "netmask", … or "" for none.
std::string_view to_string(NetworkRole role);

}  // namespace ovaport::environment
