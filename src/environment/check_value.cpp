#include <algorithm>
#include <utility>

#include "address.h"
#include "characters.h"
#include "number.h"
#include "ovaport/base/text.h"
#include "ovaport/environment/property_type.h"

namespace ovaport::environment {

namespace {

using Canonical = std::optional<std::string>;

Canonical canonical_boolean(std::string_view value) {
  const std::string word = to_lower(trimmed(value));
  if (word == "true" || word == "1" || word == "yes" || word == "on") return "True";
  if (word == "false" || word == "0" || word == "no" || word == "off") return "False";
  return std::nullopt;
}

Canonical canonical_number(const PropertyType& type, std::string_view value) {
  std::string_view text = trimmed(value);
  const auto number = type.kind == ValueKind::integer ? parse_integer(text) : parse_real(text);
  if (!number) return std::nullopt;
  if ((type.minimum && *number < *type.minimum) || (type.maximum && *number > *type.maximum)) {
    return std::nullopt;
  }
  if (text.front() == '+') text.remove_prefix(1);
  return std::string(text);
}

// The value as its kind alone wants it; nothing when it is not of that kind.
Canonical canonical(const PropertyType& type, std::string_view value) {
  switch (type.kind) {
    case ValueKind::boolean:
      return canonical_boolean(value);
    case ValueKind::integer:
    case ValueKind::real:
      return canonical_number(type, value);
    case ValueKind::ip:
      // Empty means DHCP by VMware's convention.
      if (value.empty() || is_ip_address(value)) return std::string(value);
      return std::nullopt;
    case ValueKind::string:
      return std::string(value);
  }
  return std::nullopt;
}

bool has_role_form(NetworkRole role, std::string_view value) {
  if (value.empty()) return true;
  switch (role) {
    case NetworkRole::ip:
    case NetworkRole::subnet:
    case NetworkRole::server_ip:
      return is_ip_address(value);
    case NetworkRole::netmask:
      return is_netmask(value);
    case NetworkRole::gateway:
    case NetworkRole::dns:
      return is_address_list(value);
    default:
      return true;
  }
}

bool is_choice(const PropertyType& type, std::string_view value) {
  if (type.choices.empty()) return true;
  return std::any_of(type.choices.begin(), type.choices.end(), [&](const std::string& choice) {
    return choice == value || canonical(type, choice) == std::string(value);
  });
}

bool has_length(const PropertyType& type, std::string_view value) {
  if (!type.min_length && !type.max_length) return true;
  const std::size_t length = utf8_length(value);
  return length >= type.min_length.value_or(0) && length <= type.max_length.value_or(length);
}

Error refusal(std::string_view key, std::string_view rule) {
  return {ErrorKind::choice, "environment.bad-value",
          "the value of property " + quote(key) + " must be " + std::string(rule)};
}

std::string describe_number(const PropertyType& type) {
  std::string text = type.kind == ValueKind::integer ? "a whole number" : "a number";
  const bool wide = type.kind == ValueKind::real && type.name == "real64";
  const std::string low = type.minimum ? format_number(*type.minimum) : "";
  const std::string high = type.maximum ? format_number(*type.maximum) : "";
  const bool low_matters = !low.empty() && !(wide && *type.minimum < -1e300L);
  const bool high_matters = !high.empty() && !(wide && *type.maximum > 1e300L);
  if (low_matters && high_matters) return text + " from " + low + " to " + high;
  if (low_matters) return text + " of at least " + low;
  if (high_matters) return text + " of at most " + high;
  return text;
}

std::string describe_role(NetworkRole role) {
  switch (role) {
    case NetworkRole::ip:
    case NetworkRole::subnet:
    case NetworkRole::server_ip:
      return "an IP address";
    case NetworkRole::netmask:
      return "a netmask such as 255.255.255.0";
    case NetworkRole::gateway:
    case NetworkRole::dns:
      return "IP addresses separated by commas";
    default:
      return "a text";
  }
}

std::string describe_choices(const PropertyType& type) {
  constexpr std::size_t kShown = 20;
  std::string text = "one of ";
  for (std::size_t i = 0; i < std::min(type.choices.size(), kShown); ++i)
    text += (i == 0 ? "" : ", ") + quote(type.choices[i], 60);
  if (type.choices.size() > kShown) text += ", …";
  return text;
}

std::string describe_text(const PropertyType& type) {
  std::string text = type.kind == ValueKind::ip ? "an IP address" : describe_role(type.role);
  if (!type.min_length && !type.max_length) return text;
  const std::string low = std::to_string(type.min_length.value_or(0));
  if (!type.max_length) return text + " of at least " + low + " characters";
  const std::string high = std::to_string(*type.max_length);
  if (type.min_length.value_or(0) == 0) return text + " of at most " + high + " characters";
  return text + " of " + low + " to " + high + " characters";
}

}  // namespace

std::string describe(const PropertyType& type) {
  if (!type.choices.empty()) return describe_choices(type);
  switch (type.kind) {
    case ValueKind::boolean:
      return "true or false";
    case ValueKind::integer:
    case ValueKind::real:
      return describe_number(type);
    default:
      return describe_text(type);
  }
}

Result<Secret> check_value(std::string_view key, const PropertyType& type, std::string_view value) {
  if (value.size() > kValueLimit) {
    return refusal(key, "at most " + std::to_string(kValueLimit) + " bytes long");
  }
  if (!is_xml_text(value)) {
    return refusal(key, "text in UTF-8 without control characters but tab and line breaks");
  }
  auto form = canonical(type, value);
  if (!form || !is_choice(type, *form) || !has_role_form(type.role, *form) ||
      !has_length(type, *form)) {
    return refusal(key, describe(type));
  }
  return Secret(std::move(*form));
}

}  // namespace ovaport::environment
