#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "number.h"
#include "ovaport/environment/properties.h"

namespace ovaport::environment {

namespace {

using Json = nlohmann::ordered_json;

Json json_number(const PropertyType& type, long double number) {
  if (type.kind != ValueKind::integer) return static_cast<double>(number);
  if (number >= 0) return static_cast<std::uint64_t>(number);
  return static_cast<std::int64_t>(number);
}

// A value in the JSON type of its property; as a string when it is not of it.
Json json_value(const PropertyType& type, const std::string& text) {
  const auto checked = check_value("", type, text);
  if (!checked.ok()) return text;
  const std::string& value = checked->reveal();
  if (type.kind == ValueKind::boolean) return value == "True";
  if (type.kind == ValueKind::integer) return json_number(type, *parse_integer(value));
  if (type.kind == ValueKind::real) return json_number(type, *parse_real(value));
  return value;
}

std::string_view json_type(ValueKind kind) {
  switch (kind) {
    case ValueKind::boolean:
      return "boolean";
    case ValueKind::integer:
      return "integer";
    case ValueKind::real:
      return "number";
    default:
      return "string";
  }
}

// The type's own limits of a real64 are no rule that anyone wants to read.
bool matters(long double limit) {
  return std::fabs(limit) < 1e300L;
}

void add_range(Json& schema, const PropertyType& type) {
  const bool whole = type.kind == ValueKind::integer;
  if (type.minimum && matters(*type.minimum)) {
    schema["minimum"] = json_number(type, whole ? std::ceil(*type.minimum) : *type.minimum);
  }
  if (type.maximum && matters(*type.maximum)) {
    schema["maximum"] = json_number(type, whole ? std::floor(*type.maximum) : *type.maximum);
  }
}

void add_rules(Json& schema, const PropertyType& type) {
  schema["type"] = json_type(type.kind);
  add_range(schema, type);
  // Lengths are a rule about the text, which only a string is in JSON.
  if (type.kind == ValueKind::string || type.kind == ValueKind::ip) {
    if (type.min_length) schema["minLength"] = *type.min_length;
    schema["maxLength"] = type.max_length.value_or(kValueLimit);
  }
  if (!type.choices.empty()) {
    PropertyType form = type;  // A choice need not be looked up among the choices.
    form.choices.clear();
    Json choices = Json::array();
    for (const std::string& choice : type.choices)
      choices.push_back(json_value(form, choice));
    schema["enum"] = std::move(choices);
  }
  if (type.role != NetworkRole::none) schema["x-ovaport-role"] = to_string(type.role);
  if (!type.network.empty()) schema["x-ovaport-network"] = type.network;
}

using TextOf = std::function<std::string(const ovf::Message&)>;

void add_text(Json& schema, const char* name, const ovf::Message& message, const TextOf& text_of) {
  std::string text = text_of ? text_of(message) : message.text;
  if (!text.empty()) schema[name] = std::move(text);
}

Json property_schema(const PropertyDefinition& definition, const TextOf& text_of) {
  Json schema = Json::object();
  add_text(schema, "title", definition.label, text_of);
  add_text(schema, "description", definition.description, text_of);
  add_rules(schema, definition.type);
  if (const auto shown = public_default(definition); shown && !shown->empty()) {
    schema["default"] = json_value(definition.type, *shown);
  }
  if (definition.password) schema["format"] = "password";
  if (definition.password) schema["writeOnly"] = true;
  if (!definition.user_configurable) schema["readOnly"] = true;
  add_text(schema, "x-ovaport-category", definition.category, text_of);
  return schema;
}

}  // namespace

std::string property_schema_json(const std::vector<PropertyDefinition>& definitions,
                                 const std::function<std::string(const ovf::Message&)>& text_of) {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"type", "object"}};
  // Appended without a search: an ordered object looks a key up from its start.
  Json::object_t properties;
  Json required = Json::array();
  for (const PropertyDefinition& definition : definitions) {
    properties.push_back({definition.key, property_schema(definition, text_of)});
    if (definition.required) required.push_back(definition.key);
  }
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ovaport::environment
