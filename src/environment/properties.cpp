#include "ovaport/environment/properties.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "ovaport/base/text.h"

namespace ovaport::environment {

namespace {

bool applies_to(const ovf::Property& property, std::string_view option) {
  const auto& only = property.configurations;
  return only.empty() || std::find(only.begin(), only.end(), option) != only.end();
}

// DSP0243 2.1.1 §9.5.1: the Value of the option, else one for all options, else
// the attribute.
std::optional<Secret> default_in_force(const ovf::Property& property, std::string_view option) {
  const ovf::PropertyValue* found = nullptr;
  for (const ovf::PropertyValue& value : property.values) {
    const bool exact = !option.empty() && value.configuration == option;
    if (exact) {
      found = &value;
      break;
    }
    if (value.configuration.empty() && found == nullptr) found = &value;
  }
  if (found != nullptr) return Secret(found->value);
  if (property.value) return Secret(*property.value);
  return std::nullopt;
}

bool is_expression(const PropertyDefinition& definition) {
  return definition.type.expression && definition.default_value &&
         definition.default_value->reveal().find("${") != std::string::npos;
}

class Definer {
 public:
  Definer(std::string_view option, Concerns& concerns) : option_(option), concerns_(concerns) {}

  void add_level(const ovf::Content& content, bool inherited) {
    std::unordered_set<std::string> keys;
    for (const ovf::ProductSection& section : content.products) {
      for (const ovf::Property& property : section.properties) {
        if (!applies_to(property, option_)) continue;
        if (property.key.empty()) {
          report_keyless(property.line);
          continue;
        }
        const std::string key = ovf::environment_key(section, property);
        if (!keys.insert(key).second) {
          report_duplicate(key, property.line);
        } else if (known_.insert(key).second) {
          definitions_.push_back(define(key, property, inherited));
        }
      }
    }
  }

  std::vector<PropertyDefinition> take() { return std::move(definitions_); }

 private:
  PropertyDefinition define(const std::string& key, const ovf::Property& property, bool inherited) {
    PropertyDefinition definition;
    definition.key = key;
    definition.short_key = property.key;
    const std::size_t reported = concerns_.size();
    definition.type = parse_property_type(key, property.type, property.qualifiers,
                                          property.vmw_qualifiers, concerns_);
    for (std::size_t i = reported; i < concerns_.size(); ++i)
      concerns_[i].line = property.line;
    definition.default_value = default_in_force(property, option_);
    definition.user_configurable = property.user_configurable;
    definition.password = property.password || definition.type.password;
    definition.inherited = inherited;
    definition.label = property.label;
    definition.description = property.description;
    definition.category = property.category;
    definition.line = property.line;
    definition.required = is_required(definition);
    check_default(definition);
    return definition;
  }

  // Nothing usable is there unless the user gives it.
  static bool is_required(const PropertyDefinition& definition) {
    if (!definition.user_configurable) return false;
    const bool has_default = definition.default_value && !definition.default_value->empty() &&
                             !is_expression(definition);
    if (has_default) return false;
    // vSphere shows an unset boolean as an empty checkbox and lets it pass.
    if (definition.type.kind == ValueKind::boolean) return false;
    return !check_value(definition.key, definition.type, "").ok();
  }

  void check_default(const PropertyDefinition& definition) {
    if (!definition.default_value || definition.default_value->empty()) return;
    if (is_expression(definition)) return;
    if (check_value(definition.key, definition.type, definition.default_value->reveal()).ok()) {
      return;
    }
    concerns_.push_back({"environment.default-out-of-range", Severity::warning,
                         "the default of property " + quote(definition.key) +
                             " breaks its own rule: it should be " + describe(definition.type) +
                             "; it is delivered as it is unless another value is given",
                         "Give a value for the property", "", definition.key, definition.line});
  }

  void report_keyless(int line) {
    concerns_.push_back({"environment.property-without-key", Severity::warning,
                         "a property has no key; it is left out", "", "", "", line});
  }

  void report_duplicate(const std::string& key, int line) {
    concerns_.push_back({"environment.duplicate-property", Severity::critical,
                         "the property " + quote(key) +
                             " is defined twice in one virtual system or collection; " +
                             "which one the guest should get is not decided",
                         "Ask the vendor for a corrected descriptor", "", key, line});
  }

  std::string_view option_;
  Concerns& concerns_;
  std::unordered_set<std::string> known_;
  std::vector<PropertyDefinition> definitions_;
};

}  // namespace

std::optional<std::string> public_default(const PropertyDefinition& definition) {
  if (definition.password || !definition.default_value) return std::nullopt;
  return definition.default_value->reveal();
}

std::vector<PropertyDefinition> define_properties(const std::vector<const ovf::Content*>& path,
                                                  std::string_view option, Concerns& concerns) {
  Definer definer(option, concerns);
  for (auto level = path.rbegin(); level != path.rend(); ++level)
    definer.add_level(**level, level != path.rbegin());
  return definer.take();
}

const PropertyValue* find_value(const PropertyValues& values, std::string_view key) {
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const PropertyValue& value) { return value.key == key; });
  return found == values.end() ? nullptr : &*found;
}

}  // namespace ovaport::environment
