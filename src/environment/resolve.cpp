#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "characters.h"
#include "ovaport/base/text.h"
#include "ovaport/environment/properties.h"

namespace ovaport::environment {

namespace {

constexpr std::size_t kListed = 50;
constexpr std::size_t kSearched = 10'000;

std::string listed(const std::vector<std::string>& keys) {
  std::string text;
  for (std::size_t i = 0; i < std::min(keys.size(), kListed); ++i)
    text += (i == 0 ? "" : ", ") + quote(keys[i]);
  if (keys.size() > kListed) text += " and " + std::to_string(keys.size() - kListed) + " more";
  return text;
}

Error choice_error(std::string_view code, std::string message) {
  return {ErrorKind::choice, code, std::move(message)};
}

class Resolver {
 public:
  Resolver(const std::vector<PropertyDefinition>& definitions, const ResolveOptions& options,
           Concerns& concerns)
      : definitions_(definitions), options_(options), concerns_(concerns) {
    for (std::size_t i = 0; i < definitions.size(); ++i) {
      by_key_.emplace(definitions[i].key, i);
      by_short_key_[definitions[i].short_key].push_back(i);
    }
    given_.resize(definitions.size());
  }

  Status override_with(const Assignment& assignment) {
    OVAPORT_TRY(const std::size_t index, find(assignment.key));
    const PropertyDefinition& definition = definitions_[index];
    if (!definition.user_configurable && !options_.allow_constants) {
      return choice_error("environment.constant-property",
                          "the vendor does not let property " + quote(definition.key) +
                              " be changed (ovf:userConfigurable is false)")
          .advise("Leave it out, or allow constants to be overridden if you know better");
    }
    OVAPORT_TRY(given_[index],
                check_value(definition.key, definition.type, assignment.value.reveal()));
    return {};
  }

  Status check_missing() const {
    if (options_.allow_missing) return {};
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < definitions_.size(); ++i)
      if (definitions_[i].required && !given_[i]) missing.push_back(definitions_[i].key);
    if (missing.empty()) return {};
    return choice_error("environment.missing-properties",
                        (missing.size() == 1 ? "a value is missing for property "
                                             : "values are missing for properties ") +
                            listed(missing))
        .advise("Give each a value");
  }

  Result<PropertyValues> values() {
    PropertyValues values;
    values.reserve(definitions_.size());
    for (std::size_t i = 0; i < definitions_.size(); ++i) {
      const PropertyDefinition& definition = definitions_[i];
      if (given_[i]) {
        values.push_back({definition.key, std::move(*given_[i]), definition.password});
        continue;
      }
      OVAPORT_TRY(Secret value, default_of(definition));
      values.push_back({definition.key, std::move(value), definition.password});
    }
    return values;
  }

 private:
  Result<std::size_t> find(const std::string& key) const {
    if (const auto exact = by_key_.find(key); exact != by_key_.end()) return exact->second;
    const auto candidates = by_short_key_.find(key);
    if (candidates == by_short_key_.end()) return unknown(key);
    if (candidates->second.size() == 1) return candidates->second.front();
    std::vector<std::string> keys;
    for (const std::size_t index : candidates->second)
      keys.push_back(definitions_[index].key);
    return choice_error("environment.ambiguous-property",
                        "the key " + quote(key) + " stands for several properties: " + listed(keys))
        .advise("Use the full key");
  }

  Error unknown(const std::string& key) const {
    std::vector<std::string> keys;
    for (const PropertyDefinition& definition : definitions_)
      keys.push_back(definition.key);
    Error error =
        choice_error("environment.unknown-property", "the appliance has no property " + quote(key));
    if (keys.empty()) return std::move(error).advise("It has no properties at all");
    // A search by edit distance is for people's appliances, not for a hostile one.
    const auto meant = keys.size() <= kSearched ? nearest(key, keys) : std::nullopt;
    return std::move(error).advise((meant ? "Did you mean " + quote(*meant) + "? " : "") +
                                   "Known keys: " + listed(keys));
  }

  Result<Secret> default_of(const PropertyDefinition& definition) {
    if (!definition.default_value) return Secret();
    const std::string& text = definition.default_value->reveal();
    if (definition.type.expression && text.find("${") != std::string::npos) {
      concerns_.push_back({"environment.expression", Severity::warning,
                           "the default of property " + quote(definition.key) +
                               " is an expression that only vCenter can compute; it is left empty",
                           "Give a value for the property", "", definition.key, definition.line});
      return Secret();
    }
    if (auto checked = check_value(definition.key, definition.type, text); checked.ok()) {
      return std::move(checked).value();
    }
    // Out of range but deliverable: the vendor's own choice, already a concern.
    if (text.size() <= kValueLimit && is_xml_text(text)) return *definition.default_value;
    return Error(ErrorKind::invalid, "environment.bad-default",
                 "the default of property " + quote(definition.key) +
                     " is longer than 65535 bytes or holds characters that XML cannot carry")
        .advise("Give a value for the property");
  }

  const std::vector<PropertyDefinition>& definitions_;
  ResolveOptions options_;
  Concerns& concerns_;
  std::unordered_map<std::string, std::size_t> by_key_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_short_key_;
  std::vector<std::optional<Secret>> given_;
};

}  // namespace

Result<PropertyValues> resolve_properties(const std::vector<PropertyDefinition>& definitions,
                                          const std::vector<Assignment>& overrides,
                                          const ResolveOptions& options, Concerns& concerns) {
  Resolver resolver(definitions, options, concerns);
  for (const Assignment& assignment : overrides)
    OVAPORT_CHECK(resolver.override_with(assignment));
  OVAPORT_CHECK(resolver.check_missing());
  return resolver.values();
}

}  // namespace ovaport::environment
