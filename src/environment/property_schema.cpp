#include <cmath>
#include <nlohmann/json.hpp>

#include "number.h"
#include "ovaport/environment/properties.h"

namespace ovaport::environment {

namespace {

using Json = nlohmann::ordered_json;

Json json_number(const PropertyType& type, long double number) {
  if (type.kind != ValueKind::integer) return static_cast<double>(number);
  number = std::trunc(number);
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

void add_rules(Json& schema, const PropertyType& type) {
  schema["type"] = json_type(type.kind);
  if (type.minimum) schema["minimum"] = json_number(type, std::ceil(*type.minimum));
  if (type.maximum) schema["maximum"] = json_number(type, *type.maximum);
  if (type.minimum && type.kind == ValueKind::real) {
    schema["minimum"] = static_cast<double>(*type.minimum);
  }
  // Lengths are a rule about the text, which only a string is in JSON.
  if (type.kind == ValueKind::string || type.kind == ValueKind::ip) {
    if (type.min_length) schema["minLength"] = *type.min_length;
    schema["maxLength"] = type.max_length.value_or(kValueLimit);
  }
  for (const std::string& choice : type.choices)
    schema["enum"].push_back(json_value(type, choice));
  if (type.role != NetworkRole::none) schema["x-ovaport-role"] = to_string(type.role);
  if (!type.network.empty()) schema["x-ovaport-network"] = type.network;
}

Json property_schema(const PropertyDefinition& definition) {
  Json schema = Json::object();
  if (!definition.label.text.empty()) schema["title"] = definition.label.text;
  if (!definition.description.text.empty()) schema["description"] = definition.description.text;
  add_rules(schema, definition.type);
  if (const auto shown = public_default(definition); shown && !shown->empty()) {
    schema["default"] = json_value(definition.type, *shown);
  }
  if (definition.password) schema["format"] = "password";
  if (definition.password) schema["writeOnly"] = true;
  if (!definition.user_configurable) schema["readOnly"] = true;
  if (!definition.category.text.empty()) schema["x-ovaport-category"] = definition.category.text;
  return schema;
}

}  // namespace

std::string property_schema_json(const std::vector<PropertyDefinition>& definitions) {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"type", "object"}};
  schema["properties"] = Json::object();
  Json required = Json::array();
  for (const PropertyDefinition& definition : definitions) {
    schema["properties"][definition.key] = property_schema(definition);
    if (definition.required) required.push_back(definition.key);
  }
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ovaport::environment
