#include "ovaport/environment/property_type.h"

#include <algorithm>
#include <array>
#include <cfloat>
#include <limits>
#include <utility>

#include "number.h"
#include "ovaport/base/text.h"
#include "qualifiers.h"

namespace ovaport::environment {

namespace {

struct BaseType {
  std::string_view written;  // Lower case.
  std::string_view name;
  ValueKind kind;
  long double minimum = 0;
  long double maximum = 0;
};

template <typename Integer>
constexpr BaseType integer_type(std::string_view written, std::string_view name) {
  return {written, name, ValueKind::integer,
          static_cast<long double>(std::numeric_limits<Integer>::min()),
          static_cast<long double>(std::numeric_limits<Integer>::max())};
}

// DSP0243 2.1.1 table 7, then VMware's own.
constexpr std::array kBaseTypes{
    integer_type<std::uint8_t>("uint8", "uint8"),
    integer_type<std::int8_t>("sint8", "sint8"),
    integer_type<std::uint16_t>("uint16", "uint16"),
    integer_type<std::int16_t>("sint16", "sint16"),
    integer_type<std::uint32_t>("uint32", "uint32"),
    integer_type<std::int32_t>("sint32", "sint32"),
    integer_type<std::uint64_t>("uint64", "uint64"),
    integer_type<std::int64_t>("sint64", "sint64"),
    BaseType{"string", "string", ValueKind::string},
    BaseType{"boolean", "boolean", ValueKind::boolean},
    BaseType{"real32", "real32", ValueKind::real, -FLT_MAX, FLT_MAX},
    BaseType{"real64", "real64", ValueKind::real, -DBL_MAX, DBL_MAX},
    integer_type<std::int32_t>("int", "sint32"),
    BaseType{"real", "real64", ValueKind::real, -DBL_MAX, DBL_MAX},
    BaseType{"password", "password", ValueKind::string},
    BaseType{"ip", "ip", ValueKind::ip},
    BaseType{"expression", "expression", ValueKind::string},
};

constexpr std::array<std::pair<std::string_view, NetworkRole>, 12> kRoles{{
    {"ip", NetworkRole::ip},
    {"autoip", NetworkRole::ip},
    {"netmask", NetworkRole::netmask},
    {"gateway", NetworkRole::gateway},
    {"subnet", NetworkRole::subnet},
    {"dns", NetworkRole::dns},
    {"domainname", NetworkRole::domain_name},
    {"searchpath", NetworkRole::search_path},
    {"hostprefix", NetworkRole::host_prefix},
    {"httpproxy", NetworkRole::http_proxy},
    {"net", NetworkRole::network},
    {"vimip", NetworkRole::server_ip},
}};

class Reader {
 public:
  Reader(std::string_view key, Concerns& concerns) : key_(key), concerns_(concerns) {}

  PropertyType read(std::string_view type, std::string_view qualifiers, std::string_view vmw) {
    read_type(trimmed(type));
    for (const Qualifier& qualifier : parsed("ovf:qualifiers", qualifiers))
      apply(qualifier);
    for (const Qualifier& qualifier : parsed("vmw:qualifiers", vmw))
      apply_role(qualifier);
    drop_contradictions();
    return std::move(type_);
  }

 private:
  void warn(std::string_view code, std::string message) {
    concerns_.push_back({std::string(code), Severity::warning,
                         "property " + quote(key_) + ": " + std::move(message), "", "",
                         std::string(key_), 0});
  }

  std::vector<Qualifier> parsed(std::string_view attribute, std::string_view text) {
    QualifierList list = parse_qualifiers(text);
    if (list.broken) {
      warn("environment.bad-qualifier",
           "the attribute " + std::string(attribute) +
               " cannot be read to its end; what could not be read is ignored");
    }
    return std::move(list.qualifiers);
  }

  // "uint8", "string(1..30)", "string[\"a\",\"b\"]", "ip:Network".
  void read_type(std::string_view text) {
    const auto end = text.find_first_of("([{:");
    const std::string word = to_lower(trimmed(text.substr(0, end)));
    const auto* base = std::find_if(kBaseTypes.begin(), kBaseTypes.end(),
                                    [&](const BaseType& known) { return known.written == word; });
    if (base == kBaseTypes.end()) {
      if (!text.empty()) {
        warn("environment.unknown-type",
             "the type " + quote(text, 60) + " is unknown; its value is taken as a string");
      }
      return;
    }
    type_.kind = base->kind;
    type_.name = base->name;
    type_.password = word == "password";
    type_.expression = word == "expression";
    if (base->kind == ValueKind::integer || base->kind == ValueKind::real) {
      type_.minimum = base->minimum;
      type_.maximum = base->maximum;
    }
    if (end == std::string_view::npos) return;
    read_suffix(text.substr(end));
  }

  void read_suffix(std::string_view suffix) {
    if (suffix.front() == ':' && type_.kind == ValueKind::ip) {
      type_.role = NetworkRole::ip;
      type_.network = trimmed(suffix.substr(1));
      return;
    }
    const bool range = suffix.front() == '(';
    std::vector<std::string> arguments;
    const bool read = take_arguments(suffix, arguments) && trimmed(suffix).empty();
    if (read && !range && !arguments.empty()) {
      type_.choices = std::move(arguments);
    } else if (!read || !range || arguments.size() != 1 || !apply_range(arguments[0])) {
      warn("environment.bad-qualifier", "the limits in its type cannot be read and are ignored");
    }
  }

  // "1..30", "1..", "..30"
  bool apply_range(std::string_view range) {
    const auto dots = range.find("..");
    if (dots == std::string_view::npos) return false;
    const std::string_view low = trimmed(range.substr(0, dots));
    const std::string_view high = trimmed(range.substr(dots + 2));
    if (type_.kind == ValueKind::string) {
      return (low.empty() || set_length(type_.min_length, low)) &&
             (high.empty() || set_length(type_.max_length, high));
    }
    return (low.empty() || narrow_minimum(low)) && (high.empty() || narrow_maximum(high));
  }

  bool set_length(std::optional<std::uint64_t>& length, std::string_view text) {
    const auto number = parse_unsigned(text);
    if (number) length = number;
    return number.has_value();
  }

  bool narrow_minimum(std::string_view text) {
    const auto number = parse_real(text);
    if (!number || !type_.minimum) return false;
    type_.minimum = std::max(*type_.minimum, *number);
    return true;
  }

  bool narrow_maximum(std::string_view text) {
    const auto number = parse_real(text);
    if (!number || !type_.maximum) return false;
    type_.maximum = std::min(*type_.maximum, *number);
    return true;
  }

  bool apply_known(const Qualifier& qualifier, const std::string& name) {
    const bool one = qualifier.arguments.size() == 1;
    const std::string first = one ? std::string(trimmed(qualifier.arguments[0])) : std::string();
    if (name == "minlen") return one && set_length(type_.min_length, first);
    if (name == "maxlen") return one && set_length(type_.max_length, first);
    if (name == "minvalue") return one && narrow_minimum(first);
    if (name == "maxvalue") return one && narrow_maximum(first);
    if (name != "valuemap" || qualifier.arguments.empty()) return false;
    type_.choices = qualifier.arguments;
    return true;
  }

  void apply(const Qualifier& qualifier) {
    if (apply_known(qualifier, to_lower(qualifier.name))) return;
    warn("environment.bad-qualifier",
         "the qualifier " + quote(qualifier.name, 60) + " is unknown, has no usable argument or " +
             "does not fit the type " + type_.name + "; it is ignored");
  }

  void apply_role(const Qualifier& qualifier) {
    const std::string name = to_lower(qualifier.name);
    const auto* role = std::find_if(kRoles.begin(), kRoles.end(),
                                    [&](const auto& known) { return known.first == name; });
    if (role == kRoles.end()) {
      warn("environment.bad-qualifier",
           "the qualifier " + quote(qualifier.name, 60) + " of VMware is unknown; it is ignored");
      return;
    }
    type_.role = role->second;
    if (!qualifier.arguments.empty()) type_.network = qualifier.arguments[0];
  }

  void drop_contradictions() {
    if (type_.min_length && type_.max_length && *type_.min_length > *type_.max_length) {
      type_.min_length.reset();
      type_.max_length.reset();
      warn("environment.bad-qualifier",
           "its smallest length is greater than its largest; both are ignored");
    }
    if (type_.minimum && *type_.minimum > *type_.maximum) {
      const auto* base =
          std::find_if(kBaseTypes.begin(), kBaseTypes.end(),
                       [&](const BaseType& known) { return known.name == type_.name; });
      type_.minimum = base->minimum;
      type_.maximum = base->maximum;
      warn("environment.bad-qualifier",
           "its smallest value is greater than its largest; both are ignored");
    }
  }

  std::string_view key_;
  Concerns& concerns_;
  PropertyType type_;
};

}  // namespace

PropertyType parse_property_type(std::string_view key, std::string_view type,
                                 std::string_view qualifiers, std::string_view vmw_qualifiers,
                                 Concerns& concerns) {
  return Reader(key, concerns).read(type, qualifiers, vmw_qualifiers);
}

std::string_view to_string(NetworkRole role) {
  switch (role) {
    case NetworkRole::none:
      return "";
    case NetworkRole::ip:
      return "ip";
    case NetworkRole::netmask:
      return "netmask";
    case NetworkRole::gateway:
      return "gateway";
    case NetworkRole::subnet:
      return "subnet";
    case NetworkRole::dns:
      return "dns";
    case NetworkRole::domain_name:
      return "domain-name";
    case NetworkRole::search_path:
      return "search-path";
    case NetworkRole::host_prefix:
      return "host-prefix";
    case NetworkRole::http_proxy:
      return "http-proxy";
    case NetworkRole::network:
      return "network";
    case NetworkRole::server_ip:
      return "server-ip";
  }
  return "";
}

}  // namespace ovaport::environment
