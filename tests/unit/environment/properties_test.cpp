#include "ovaport/environment/properties.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <type_traits>

#include "support.h"

namespace ovaport::environment {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

ovf::Property property(std::string key, std::string type, std::optional<std::string> text,
                       std::string qualifiers = {}) {
  ovf::Property out;
  out.key = std::move(key);
  out.type = std::move(type);
  out.value = std::move(text);
  out.qualifiers = std::move(qualifiers);
  out.user_configurable = true;
  return out;
}

ovf::Property constant(std::string key, std::string type, std::string text) {
  ovf::Property out = property(std::move(key), std::move(type), std::move(text));
  out.user_configurable = false;
  return out;
}

ovf::ProductSection section(std::vector<ovf::Property> properties, std::string product_class = {},
                            std::string instance = {}) {
  ovf::ProductSection out;
  out.product_class = std::move(product_class);
  out.instance = std::move(instance);
  out.properties = std::move(properties);
  return out;
}

ovf::Content content(std::vector<ovf::ProductSection> sections) {
  ovf::Content out;
  out.products = std::move(sections);
  return out;
}

std::vector<std::string> codes(const Concerns& concerns) {
  std::vector<std::string> out;
  for (const Concern& concern : concerns)
    out.push_back(concern.code);
  return out;
}

struct Appliance {
  explicit Appliance(std::vector<ovf::ProductSection> sections, std::string_view option = {})
      : system(content(std::move(sections))),
        definitions(define_properties({&system}, option, concerns)) {}

  Result<PropertyValues> resolve(const std::vector<Assignment>& overrides,
                                 ResolveOptions options = {}) {
    return resolve_properties(definitions, overrides, options, concerns);
  }

  Pairs values(const std::vector<Assignment>& overrides = {}, ResolveOptions options = {}) {
    const auto resolved = resolve(overrides, options);
    EXPECT_TRUE(resolved.ok()) << (resolved.ok() ? "" : describe(resolved.error()));
    Pairs pairs;
    if (!resolved.ok()) return pairs;
    for (const PropertyValue& value : *resolved)
      pairs.emplace_back(value.key, value.value.reveal());
    return pairs;
  }

  Error refusal(const std::vector<Assignment>& overrides, ResolveOptions options = {}) {
    auto resolved = resolve(overrides, options);
    EXPECT_FALSE(resolved.ok());
    return resolved.ok() ? Error() : std::move(resolved).error();
  }

  Concerns concerns;
  ovf::Content system;
  std::vector<PropertyDefinition> definitions;
};

Assignment set(std::string key, std::string text) {
  return {std::move(key), Secret(std::move(text))};
}

TEST(DefineProperties, ComposesFullKeysInDocumentOrder) {
  Appliance appliance({section({property("z", "string", "1"), property("a.b", "string", "2")}),
                       section({property("ip0", "string", "3")}, "vami", "VM"),
                       section({property("k", "string", "4")}, "cls"),
                       section({property("k", "string", "5")}, "", "inst")});
  EXPECT_EQ(
      appliance.values(),
      (Pairs{{"z", "1"}, {"a.b", "2"}, {"vami.ip0.VM", "3"}, {"cls.k", "4"}, {"k.inst", "5"}}));
  EXPECT_TRUE(appliance.concerns.empty());
}

TEST(DefineProperties, ChoosesTheDefaultOfTheOption) {
  ovf::Property sized = property("size", "string", "attribute");
  sized.values = {{"any", ""}, {"big", "large"}};
  ovf::Property plain = property("plain", "string", "attribute");
  plain.values = {{"big", "large"}};
  ovf::Property extended = property("extra", "string", "x");
  extended.configurations = {"large", "huge"};
  const std::vector<ovf::ProductSection> sections{section({sized, plain, extended})};
  EXPECT_EQ(Appliance(sections, "large").values(),
            (Pairs{{"size", "big"}, {"plain", "big"}, {"extra", "x"}}));
  EXPECT_EQ(Appliance(sections, "small").values(),
            (Pairs{{"size", "any"}, {"plain", "attribute"}}));
  EXPECT_EQ(Appliance(sections).values(), (Pairs{{"size", "any"}, {"plain", "attribute"}}));
}

TEST(DefineProperties, InheritsFromCollectionsUnlessTheSystemHasTheKey) {
  const ovf::Content outer =
      content({section({property("dns", "string", "outer"), property("ntp", "string", "outer")})});
  const ovf::Content inner =
      content({section({property("dns", "string", "inner"), property("log", "string", "inner")})});
  const ovf::Content system = content({section({property("log", "string", "own")})});
  Concerns concerns;
  const auto definitions = define_properties({&outer, &inner, &system}, "", concerns);
  ASSERT_EQ(definitions.size(), 3U);
  EXPECT_EQ(definitions[0].key, "log");
  EXPECT_EQ(definitions[0].default_value, Secret("own"));
  EXPECT_FALSE(definitions[0].inherited);
  EXPECT_EQ(definitions[1].key, "dns");
  EXPECT_EQ(definitions[1].default_value, Secret("inner"));
  EXPECT_TRUE(definitions[1].inherited);
  EXPECT_EQ(definitions[2].default_value, Secret("outer"));
  EXPECT_TRUE(concerns.empty());
}

TEST(DefineProperties, ReportsAKeyThatOccursTwice) {
  Appliance appliance(
      {section({property("a.k", "string", "1")}), section({property("k", "string", "2")}, "a")});
  ASSERT_EQ(codes(appliance.concerns), std::vector<std::string>{"environment.duplicate-property"});
  EXPECT_EQ(appliance.concerns[0].severity, Severity::critical);
  EXPECT_EQ(appliance.values(), (Pairs{{"a.k", "1"}}));
}

TEST(DefineProperties, ReportsADefaultOutsideItsOwnRangeAndDeliversIt) {
  Appliance appliance(
      {section({property("n", "uint8", "300"), property("s", "string", "long", "MaxLen(2)"),
                property("m", "string", "c", "ValueMap{\"a\"}")})});
  EXPECT_EQ(codes(appliance.concerns),
            std::vector<std::string>(3, "environment.default-out-of-range"));
  for (const Concern& concern : appliance.concerns) {
    EXPECT_EQ(concern.severity, Severity::warning);
    EXPECT_EQ(concern.message.find("300"), std::string::npos);
  }
  EXPECT_EQ(appliance.values(), (Pairs{{"n", "300"}, {"s", "long"}, {"m", "c"}}));
}

TEST(DefineProperties, PlacesTheLineOnConcernsAboutTypes) {
  ovf::Property odd = property("k", "nosuchtype", "v");
  odd.line = 42;
  const Appliance appliance({section({odd, property("", "string", "v")})});
  ASSERT_EQ(
      codes(appliance.concerns),
      (std::vector<std::string>{"environment.unknown-type", "environment.property-without-key"}));
  EXPECT_EQ(appliance.concerns[0].line, 42);
}

TEST(DefineProperties, KnowsWhatIsRequired) {
  struct Row {
    const char* type;
    const char* qualifiers;
    std::optional<std::string> text;
    bool required;
  };
  for (const Row& row : {Row{"string", "", std::nullopt, false},
                         {"string", "MinLen(1)", std::nullopt, true},
                         {"string", "MinLen(1)", "", true},
                         {"string", "MinLen(1)", "x", false},
                         {"string", "ValueMap{\"a\"}", "", true},
                         {"string", "ValueMap{\"a\",\"\"}", "", false},
                         {"uint8", "", "", true},
                         {"boolean", "", "", false},
                         {"ip", "", "", false},
                         {"password", "", "", false},
                         {"password(8..)", "", "", true}}) {
    const Appliance appliance({section({property("k", row.type, row.text, row.qualifiers)})});
    EXPECT_EQ(appliance.definitions[0].required, row.required) << row.type << row.qualifiers;
  }
  EXPECT_FALSE(Appliance({section({constant("k", "uint8", "")})}).definitions[0].required);
}

TEST(ResolveProperties, TakesTheLastValueInCanonicalForm) {
  Appliance appliance({section({property("flag", "boolean", "false"), property("n", "int", "1"),
                                constant("c", "boolean", "true")})});
  EXPECT_EQ(appliance.values({set("flag", "no"), set("flag", "yes"), set("n", " 7 ")}),
            (Pairs{{"flag", "True"}, {"n", "7"}, {"c", "True"}}));
}

TEST(ResolveProperties, NamesTheNearestOfTheKnownKeys) {
  Appliance appliance(
      {section({property("hostname", "string", ""), property("dns", "string", "")})});
  const Error error = appliance.refusal({set("hostnmae", "hunter2")});
  EXPECT_EQ(error.code, "environment.unknown-property");
  EXPECT_EQ(error.kind, ErrorKind::choice);
  const std::string text = describe(error);
  EXPECT_NE(text.find("Did you mean \"hostname\"?"), std::string::npos) << text;
  EXPECT_NE(text.find("\"dns\""), std::string::npos) << text;
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  EXPECT_EQ(Appliance({}).refusal({set("a", "b")}).code, "environment.unknown-property");
}

TEST(ResolveProperties, TakesAShortKeyWhereItIsUnique) {
  Appliance appliance(
      {section({property("ip0", "string", ""), property("dns", "string", "")}, "vami", "A"),
       section({property("ip0", "string", "")}, "vami", "B")});
  EXPECT_EQ(appliance.values({set("dns", "d"), set("vami.ip0.B", "b")}),
            (Pairs{{"vami.ip0.A", ""}, {"vami.dns.A", "d"}, {"vami.ip0.B", "b"}}));
  const Error error = appliance.refusal({set("ip0", "x")});
  EXPECT_EQ(error.code, "environment.ambiguous-property");
  EXPECT_NE(error.message.find("\"vami.ip0.A\", \"vami.ip0.B\""), std::string::npos);
}

TEST(ResolveProperties, LetsConstantsBeChangedOnlyWhenAllowed) {
  Appliance appliance({section({constant("c", "string", "vendor")})});
  EXPECT_EQ(appliance.refusal({set("c", "mine")}).code, "environment.constant-property");
  EXPECT_EQ(appliance.values({set("c", "mine")}, {.allow_constants = true}),
            (Pairs{{"c", "mine"}}));
}

TEST(ResolveProperties, NamesAllMissingPropertiesAtOnce) {
  Appliance appliance({section({property("a", "string", "", "MinLen(1)"),
                                property("b", "int", std::nullopt), property("c", "string", "")})});
  const Error error = appliance.refusal({});
  EXPECT_EQ(error.code, "environment.missing-properties");
  EXPECT_NE(error.message.find("\"a\", \"b\""), std::string::npos) << error.message;
  EXPECT_EQ(appliance.values({}, {.allow_missing = true}),
            (Pairs{{"a", ""}, {"b", ""}, {"c", ""}}));
  EXPECT_EQ(appliance.refusal({set("a", "x")}).message.find("\"a\""), std::string::npos);
}

TEST(ResolveProperties, LeavesExpressionsEmptyWithAConcern) {
  Appliance appliance(
      {section({property("url", "expression", "https://${vimIp:}/x"),
                property("fixed", "expression", "plain"), property("text", "string", "${kept}")})});
  EXPECT_EQ(appliance.values(), (Pairs{{"url", ""}, {"fixed", "plain"}, {"text", "${kept}"}}));
  EXPECT_EQ(codes(appliance.concerns), std::vector<std::string>{"environment.expression"});
  EXPECT_EQ(appliance.values({set("url", "${mine}")})[0].second, "${mine}");
}

TEST(ResolveProperties, RefusesADefaultThatCannotBeDelivered) {
  Appliance appliance({section({property("k", "string", std::string(kValueLimit + 1, 'x'))})});
  const Error error = appliance.refusal({});
  EXPECT_EQ(error.kind, ErrorKind::invalid);
  EXPECT_EQ(error.code, "environment.bad-default");
  EXPECT_EQ(appliance.values({set("k", "short")}), (Pairs{{"k", "short"}}));
}

TEST(ResolveProperties, MarksPasswords) {
  ovf::Property flagged = property("p", "string", "hunter2");
  flagged.password = true;
  Appliance appliance(
      {section({flagged, property("q", "password", ""), property("r", "string", "")})});
  const auto values = appliance.resolve({});
  ASSERT_TRUE(values.ok());
  EXPECT_TRUE((*values)[0].password);
  EXPECT_TRUE((*values)[1].password);
  EXPECT_FALSE((*values)[2].password);
  EXPECT_FALSE(public_default(appliance.definitions[0]).has_value());
  EXPECT_EQ(public_default(appliance.definitions[2]), "");
}

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(Secret, CannotBePrintedByAccident) {
  static_assert(Printable<std::string>);
  static_assert(!Printable<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<Secret, std::string_view>);
}

TEST(ResolveProperties, IsQuickForManyProperties) {
  std::vector<ovf::Property> properties;
  std::vector<Assignment> overrides;
  for (int i = 0; i < 50'000; ++i) {
    properties.push_back(property("key" + std::to_string(i), "string", "x", "MinLen(1)"));
    overrides.push_back(set("key" + std::to_string(i), "y"));
  }
  Appliance appliance({section(std::move(properties))});
  EXPECT_EQ(appliance.values(overrides).size(), 50'000U);
}

std::vector<PropertyDefinition> sample_definitions() {
  ovf::Property host = property("hostname", "string", "fw", "MinLen(1) MaxLen(63)");
  host.label.text = "Host name";
  host.description.text = "As others see it.";
  host.category.text = "Network";
  ovf::Property mask = property("mask", "string", "");
  mask.vmw_qualifiers = "Netmask('VM Network')";
  ovf::Property password = property("admin", "password(8..)", "hunter2hunter2");
  Appliance appliance(
      {section({host, mask, password, property("port", "uint16", "8080"),
                property("ratio", "real", "0.5"), property("max", "uint64", std::nullopt),
                property("size", "string", "s", R"(ValueMap{"s","l"})"),
                property("level", "int", "", "ValueMap{1,2} "), property("dhcp", "boolean", "true"),
                constant("build", "string", "7\xff")})});
  return appliance.definitions;
}

TEST(PropertySchema, MatchesGolden) {
  expect_golden("schema.json", property_schema_json(sample_definitions()));
}

TEST(PropertySchema, ShowsNoPassword) {
  EXPECT_EQ(property_schema_json(sample_definitions()).find("hunter2"), std::string::npos);
}

TEST(PropertySchema, AcceptsAndRefusesAsTheChecksDo) {
  constexpr const char* kValidate =
      "import sys, json, jsonschema\n"
      "schema, *cases = json.load(sys.stdin)\n"
      "v = jsonschema.validators.validator_for(schema)\n"
      "v.check_schema(schema)\n"
      "print(''.join('y' if v(schema).is_valid(c) else 'n' for c in cases))\n";
  const auto available = run_tool({"/usr/bin/python3", "-c", "import jsonschema"});
  if (!available.ok() || !available->ok()) GTEST_SKIP() << "python3-jsonschema is not installed";
  nlohmann::json input = nlohmann::json::array();
  input.push_back(nlohmann::json::parse(property_schema_json(sample_definitions())));
  const auto with = [](std::string_view change) {
    auto base = nlohmann::json::parse(R"({"max": 1, "level": 2})");
    base.update(nlohmann::json::parse(change));
    return base;
  };
  std::string expected;
  for (const auto& [change, good] :
       std::vector<std::pair<std::string_view, bool>>{{"{}", true},
                                                      {R"({"port": 65535})", true},
                                                      {R"({"port": 65536})", false},
                                                      {R"({"max": 18446744073709551615})", true},
                                                      {R"({"level": 3})", false},
                                                      {R"({"size": "m"})", false},
                                                      {R"({"hostname": ""})", false},
                                                      {R"({"dhcp": false})", true},
                                                      {R"({"nosuch": 1})", false}}) {
    input.push_back(with(change));
    expected += good ? 'y' : 'n';
  }
  input.push_back(nlohmann::json::object());
  expected += "n\n";
  const auto outcome = run_tool({"/usr/bin/python3", "-c", kValidate}, input.dump());
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->standard_output, expected) << outcome->standard_error;
}

}  // namespace
}  // namespace ovaport::environment
