#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"
#include "ovaport/environment/property_file.h"
#include "ovaport/environment/property_type.h"
#include "ovaport/environment/secret.h"
#include "ovaport/ovf/envelope.h"

namespace ovaport::environment {

/// A property of one virtual system as it is with one deployment option.
struct PropertyDefinition {
  std::string key;        ///< Full key: [class "."] key ["." instance].
  std::string short_key;  ///< ovf:key as written.
  PropertyType type;
  /// Default in force; absent when there is none. See public_default().
  std::optional<Secret> default_value;
  bool user_configurable = false;
  bool password = false;
  bool required = false;   ///< The user must give a value: there is no usable default.
  bool inherited = false;  ///< From a collection around the system.
  ovf::Message label;
  ovf::Message description;
  ovf::Message category;
  int line = 0;  ///< In the descriptor.
};

/// The default if it may be shown to people: nothing for a password.
std::optional<std::string> public_default(const PropertyDefinition& definition);

/// The properties that a virtual system sees with `option` ("" without options):
/// its own in document order, then those of the collections around it, innermost
/// first, unless an inner one has the same full key. `path` is what
/// Envelope::path_to() gives: outermost collection first, the system last.
/// Concerns: a full key twice on one level is critical; a default outside its own
/// range and a broken type or qualifier are warnings.
std::vector<PropertyDefinition> define_properties(const std::vector<const ovf::Content*>& path,
                                                  std::string_view option, Concerns& concerns);

/// A value as it goes into the environment document.
struct PropertyValue {
  std::string key;  ///< Full key.
  Secret value;
  bool password = false;

  bool operator==(const PropertyValue&) const = default;
};
using PropertyValues = std::vector<PropertyValue>;

struct ResolveOptions {
  /// Lets the user override properties that the vendor made constant
  /// (ovf:userConfigurable="false").
  bool allow_constants = false;
  /// Does not insist on required properties; for previews.
  bool allow_missing = false;
};

/// The value of every property, in the order of `definitions`: what the user gives
/// (the last one counts), else the default, else empty. A key may be given without
/// class and instance where that is unique. Errors are of kind choice and name keys
/// and rules, never values: "environment.unknown-property", ".ambiguous-property",
/// ".constant-property", ".bad-value", ".missing-properties" (all of them at once);
/// a default that cannot be delivered at all is kind invalid, ".bad-default".
Result<PropertyValues> resolve_properties(const std::vector<PropertyDefinition>& definitions,
                                          const std::vector<Assignment>& overrides,
                                          const ResolveOptions& options, Concerns& concerns);

/// The value of `key` (full), or null.
const PropertyValue* find_value(const PropertyValues& values, std::string_view key);

/// A JSON Schema (2020-12) of a property file for these properties, in their order:
/// types, ranges, choices, public defaults, labels, required ones. `text_of` gives
/// labels, descriptions and categories in a language; without it they are as written.
std::string property_schema_json(
    const std::vector<PropertyDefinition>& definitions,
    const std::function<std::string(const ovf::Message&)>& text_of = {});

}  // namespace ovaport::environment
