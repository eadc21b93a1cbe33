#pragma once

#include <set>
#include <string>
#include <string_view>

#include "ovaport/base/result.h"

namespace ovaport::kubevirt {

/// Longest DNS-1123 label.
inline constexpr std::size_t kLabelLimit = 63;

/// A DNS-1123 label for any name: lower-cased, everything else but a–z, 0–9 made a
/// hyphen. Where that loses information (non-ASCII letters, cut at `limit`, nothing
/// left) a hash of the original is appended, so that the same name gives the same
/// label and different names different ones.
std::string label_for(std::string_view name, std::size_t limit = kLabelLimit);

/// Whether `name` is a DNS-1123 label already.
bool is_label(std::string_view name);

/// `name`, or with "-2", "-3", … when `used` has it; adds the result to `used`.
std::string unique_label(const std::string& name, std::set<std::string>& used);

/// A locally administered unicast MAC address that depends on nothing but its
/// arguments: the same appliance keeps its addresses from import to import.
std::string stable_mac(std::string_view appliance, std::string_view system, std::size_t index);

/// Six bytes in hexadecimal between colons, lower-case, from the spellings with ':'
/// or '-'; an error of kind invalid for anything else or a multicast address.
Result<std::string> canonical_mac(std::string_view text);

}  // namespace ovaport::kubevirt
