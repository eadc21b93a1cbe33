#pragma once

#include <set>
#include <string>
#include <string_view>

#include "ovaport/base/result.h"

namespace ovaport::kubevirt {

/// Longest DNS-1123 label.
inline constexpr std::size_t kLabelLimit = 63;

/// A DNS-1123 label for any name: lower-cased, everything else but a–z, 0–9 made a
/// hyphen. Where that would lose letters (non-ASCII ones, cut at `limit`, nothing
/// left) a hash of the original is appended: the same name always gives the same
/// label, and names that differ in such letters give different ones. Names that
/// differ in case or punctuation alone do not: see unique_label(). `limit` is 16 to
/// kLabelLimit.
std::string label_for(std::string_view name, std::size_t limit = kLabelLimit);

/// Whether `name` is a DNS-1123 label already.
bool is_label(std::string_view name);

/// Whether `name` is a DNS-1123 subdomain: labels between dots, at most 253 characters.
bool is_subdomain(std::string_view name);

/// `name` + `suffix` (such as "-disk0") for an object that belongs to `name`; a label
/// too, since a `name` too long for that is shortened by label_for(). Different names
/// give different results.
std::string child_label(std::string_view name, std::string_view suffix);

/// `name`, or with "-2", "-3", … when `used` has it; adds the result to `used`.
std::string unique_label(const std::string& name, std::set<std::string>& used);

/// A locally administered unicast MAC address that depends on nothing but its
/// arguments: the same appliance keeps its addresses from import to import.
std::string stable_mac(std::string_view appliance, std::string_view system, std::size_t index);

/// Six bytes in hexadecimal between colons, lower-case, from the spellings with ':'
/// or '-'; an error of kind invalid for anything else, a multicast or a zero address.
Result<std::string> canonical_mac(std::string_view text);

}  // namespace ovaport::kubevirt
