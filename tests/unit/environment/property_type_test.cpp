#include "ovaport/environment/property_type.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ovaport::environment {
namespace {

PropertyType parse(std::string_view type, std::string_view qualifiers = {},
                   std::string_view vmw = {}) {
  Concerns concerns;
  PropertyType parsed = parse_property_type("k", type, qualifiers, vmw, concerns);
  EXPECT_TRUE(concerns.empty()) << concerns.front().message;
  return parsed;
}

std::string code_of(std::string_view type, std::string_view qualifiers = {},
                    std::string_view vmw = {}) {
  Concerns concerns;
  parse_property_type("k", type, qualifiers, vmw, concerns);
  std::string codes;
  for (const Concern& concern : concerns)
    codes += (codes.empty() ? "" : " ") + concern.code;
  return codes;
}

// The canonical value, or "refused".
std::string checked(const PropertyType& type, std::string_view value) {
  const auto result = check_value("k", type, value);
  if (result.ok()) return result->reveal();
  EXPECT_EQ(result.error().kind, ErrorKind::choice);
  EXPECT_EQ(result.error().code, "environment.bad-value");
  return "refused";
}

TEST(PropertyType, KnowsEveryTypeOfTheStandardAndOfVmware) {
  struct Row {
    const char* written;
    const char* name;
    ValueKind kind;
  };
  for (const Row& row : {Row{"uint8", "uint8", ValueKind::integer},
                         {"sint8", "sint8", ValueKind::integer},
                         {"uint16", "uint16", ValueKind::integer},
                         {"sint16", "sint16", ValueKind::integer},
                         {"uint32", "uint32", ValueKind::integer},
                         {"sint32", "sint32", ValueKind::integer},
                         {"uint64", "uint64", ValueKind::integer},
                         {"sint64", "sint64", ValueKind::integer},
                         {"real32", "real32", ValueKind::real},
                         {"real64", "real64", ValueKind::real},
                         {"string", "string", ValueKind::string},
                         {"String", "string", ValueKind::string},
                         {"", "string", ValueKind::string},
                         {" boolean ", "boolean", ValueKind::boolean},
                         {"Boolean", "boolean", ValueKind::boolean},
                         {"int", "sint32", ValueKind::integer},
                         {"real", "real64", ValueKind::real},
                         {"ip", "ip", ValueKind::ip},
                         {"ip:VM Network", "ip", ValueKind::ip},
                         {"password", "password", ValueKind::string},
                         {"expression", "expression", ValueKind::string}}) {
    const PropertyType type = parse(row.written);
    EXPECT_EQ(type.name, row.name) << row.written;
    EXPECT_EQ(type.kind, row.kind) << row.written;
  }
  EXPECT_TRUE(parse("password").password);
  EXPECT_TRUE(parse("password(8..)").password);
  EXPECT_TRUE(parse("expression").expression);
  EXPECT_EQ(parse("ip:VM Network").network, "VM Network");
}

TEST(PropertyType, TakesAnUnknownTypeAsAStringWithAConcern) {
  EXPECT_EQ(code_of("nosuchtype"), "environment.unknown-type");
  EXPECT_EQ(code_of("uint128(1..2)"), "environment.unknown-type");
}

TEST(PropertyType, ReadsLimitsInsideTheType) {
  EXPECT_EQ(parse("string(1..30)").min_length, 1U);
  EXPECT_EQ(parse("string(1..30)").max_length, 30U);
  EXPECT_FALSE(parse("string(..30)").min_length.has_value());
  EXPECT_FALSE(parse("STRING( 3 .. )").max_length.has_value());
  EXPECT_EQ(parse("int(0..255)").minimum, 0.0L);
  EXPECT_EQ(parse("int(0..255)").maximum, 255.0L);
  EXPECT_EQ(parse("real(-1.5..2.5)").minimum, -1.5L);
  EXPECT_EQ(parse(R"(string["a", "b,c", "d\"e"])").choices,
            (std::vector<std::string>{"a", "b,c", "d\"e"}));
  for (const char* broken : {"string(1-30)", "string(1..30", "string(a..b)", "int[", "string[]",
                             "string(1..30)x", "boolean(1..2)", "string{"}) {
    EXPECT_EQ(code_of(broken), "environment.bad-qualifier") << broken;
  }
}

TEST(PropertyType, ReadsQualifiersByCommasOrBlanks) {
  for (const char* text : {"MinLen(1),MaxLen(64)", "MinLen(1) MaxLen(64)",
                           " minlen( 1 ) ,, MAXLEN(64) ", "MinLen(\"1\"), MaxLen('64')"}) {
    const PropertyType type = parse("string", text);
    EXPECT_EQ(type.min_length, 1U) << text;
    EXPECT_EQ(type.max_length, 64U) << text;
  }
  const PropertyType number = parse("int", "MinValue(10) MaxValue(1000)");
  EXPECT_EQ(number.minimum, 10.0L);
  EXPECT_EQ(number.maximum, 1000.0L);
}

TEST(PropertyType, ReadsValueMapsWithEscapesAndCommasAndNumbers) {
  EXPECT_EQ(parse("string", R"(ValueMap{"a","b"})").choices, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(parse("string", R"(ValueMap{"Sla\\sh", "q\"q", "c,d}", "C:\x", ""})").choices,
            (std::vector<std::string>{"Sla\\sh", "q\"q", "c,d}", "C:\\x", ""}));
  EXPECT_EQ(parse("int", "ValueMap{1, 2,3}").choices, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(parse("string", "MinLen(1) ValueMap { 'x y' } MaxLen(3)").choices,
            (std::vector<std::string>{"x y"}));
}

TEST(PropertyType, IgnoresBrokenQualifiersWithAConcernEach) {
  for (const char* text :
       {"MinLen", "MinLen(x)", "MinLen(-1)", "MaxLen(1,2)", "ValueMap{", "ValueMap{\"a}",
        "ValueMap{}", "ValueMap{\"a\" \"b\"}", "Nonsense(1)", "MinLen(1", "%", "MinValue(5)",
        "MinLen(5),MaxLen(2)", "MinLen(99999999999999999999)"}) {
    EXPECT_EQ(code_of("string", text), "environment.bad-qualifier") << text;
  }
  EXPECT_EQ(code_of("uint8", "MinValue(300)"), "environment.bad-qualifier");
  Concerns concerns;
  const PropertyType type = parse_property_type("k", "string", "MinLen(2), %%%", "", concerns);
  EXPECT_EQ(type.min_length, 2U);
}

TEST(PropertyType, ReadsVmwareRoles) {
  struct Row {
    const char* qualifiers;
    NetworkRole role;
    const char* network;
  };
  for (const Row& row : {Row{"Ip", NetworkRole::ip, ""},
                         {"Ip(\"Network 1\")", NetworkRole::ip, "Network 1"},
                         {"Ip('Network 1')", NetworkRole::ip, "Network 1"},
                         {"AutoIp(Net)", NetworkRole::ip, "Net"},
                         {"Netmask('N')", NetworkRole::netmask, "N"},
                         {"Gateway('N')", NetworkRole::gateway, "N"},
                         {"Dns('N')", NetworkRole::dns, "N"},
                         {"Subnet('N')", NetworkRole::subnet, "N"},
                         {"DomainName('N')", NetworkRole::domain_name, "N"},
                         {"SearchPath('N')", NetworkRole::search_path, "N"},
                         {"HostPrefix('N')", NetworkRole::host_prefix, "N"},
                         {"HttpProxy('N')", NetworkRole::http_proxy, "N"},
                         {"Net('N')", NetworkRole::network, "N"},
                         {"VimIp", NetworkRole::server_ip, ""}}) {
    const PropertyType type = parse("string", "", row.qualifiers);
    EXPECT_EQ(type.role, row.role) << row.qualifiers;
    EXPECT_EQ(type.network, row.network) << row.qualifiers;
  }
  EXPECT_EQ(code_of("string", "", "Magic('N')"), "environment.bad-qualifier");
}

TEST(CheckValue, MakesBooleansAsVsphereWritesThem) {
  const PropertyType type = parse("boolean");
  for (const char* text : {"true", "True", "TRUE", "1", "yes", " true "})
    EXPECT_EQ(checked(type, text), "True") << text;
  for (const char* text : {"false", "False", "0", "no"})
    EXPECT_EQ(checked(type, text), "False") << text;
  for (const char* text : {"", "2", "tru", "y n"})
    EXPECT_EQ(checked(type, text), "refused") << text;
}

TEST(CheckValue, KeepsNumbersInTheRangeOfTheirType) {
  struct Row {
    const char* type;
    std::vector<std::string> good;
    std::vector<std::string> bad;
  };
  const std::vector<Row> rows{
      {"uint8", {"0", "255"}, {"256", "-1", "", "x", "1.0", "0x10", "1e2", "--1", "1 2"}},
      {"sint8", {"-128", "127"}, {"-129", "128"}},
      {"uint16", {"65535"}, {"65536"}},
      {"sint16", {"-32768", "32767"}, {"-32769", "32768"}},
      {"uint32", {"4294967295"}, {"4294967296"}},
      {"sint32", {"-2147483648"}, {"-2147483649", "2147483648"}},
      {"int", {"-2147483648"}, {"2147483648"}},
      {"uint64", {"18446744073709551615"}, {"18446744073709551616", "-1"}},
      {"sint64",
       {"-9223372036854775808", "9223372036854775807"},
       {"-9223372036854775809", "9223372036854775808"}},
      {"real32", {"1.5", "-3e38", "7"}, {"1e39", "inf", "nan", "", "1,5"}},
      {"real64", {"1e308", "-.5"}, {"1e309", "1.5x", "0x1p3"}}};
  for (const Row& row : rows) {
    for (const std::string& text : row.good)
      EXPECT_EQ(checked(parse(row.type), text), text) << row.type;
    for (const std::string& text : row.bad)
      EXPECT_EQ(checked(parse(row.type), text), "refused") << row.type << " " << text;
  }
  EXPECT_EQ(checked(parse("int"), " +5 "), "5");
  EXPECT_EQ(checked(parse("int"), "+-5"), "refused");
  EXPECT_EQ(checked(parse("int", "MinValue(10) MaxValue(1000)"), "9"), "refused");
  EXPECT_EQ(checked(parse("int", "MinValue(10) MaxValue(1000)"), "10"), "10");
  EXPECT_EQ(checked(parse("int", "MinValue(10) MaxValue(1000)"), "1001"), "refused");
}

TEST(CheckValue, CountsCharactersNotBytes) {
  const PropertyType type = parse("string", "MinLen(2) MaxLen(3)");
  EXPECT_EQ(checked(type, "虚拟机"), "虚拟机");
  EXPECT_EQ(checked(type, "😀"), "refused");
  EXPECT_EQ(checked(type, "abcd"), "refused");
}

TEST(CheckValue, TakesOnlyChoicesOfAValueMap) {
  const PropertyType type = parse("string", R"(ValueMap{"small", "large"})");
  EXPECT_EQ(checked(type, "small"), "small");
  EXPECT_EQ(checked(type, "Small"), "refused");
  EXPECT_EQ(checked(type, ""), "refused");
  EXPECT_EQ(checked(parse("int", "ValueMap{1,2}"), " 2"), "2");
  EXPECT_EQ(checked(parse("int", "ValueMap{1,2}"), "3"), "refused");
}

TEST(CheckValue, ChecksAddressesByRole) {
  struct Row {
    const char* role;
    std::vector<const char*> good;
    std::vector<const char*> bad;
  };
  const std::vector<Row> rows{
      {"Ip", {"", "10.0.0.1", "fe80::1", "::"}, {"10.0.0", "10.0.0.256", "a", "10.0.0.1 "}},
      {"Netmask",
       {"", "255.255.255.0", "0.0.0.0", "255.255.255.255", "ffff:ffff::"},
       {"255.0.255.0", "24", "0.0.0.1"}},
      {"Gateway", {"", "10.0.0.1"}, {"x"}},
      {"Dns", {"", "8.8.8.8", "8.8.8.8, 2001:db8::1", "1.1.1.1 9.9.9.9"}, {",", "8.8.8.8,x"}},
      {"DomainName", {"", "example.com", "anything"}, {}}};
  for (const Row& row : rows) {
    for (const char* text : row.good)
      EXPECT_EQ(checked(parse("string", "", row.role), text), text) << row.role;
    for (const char* text : row.bad)
      EXPECT_EQ(checked(parse("string", "", row.role), text), "refused") << row.role << " " << text;
  }
  EXPECT_EQ(checked(parse("ip"), ""), "");
  EXPECT_EQ(checked(parse("ip:Net"), "10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(checked(parse("ip"), "host"), "refused");
}

TEST(CheckValue, RefusesWhatTheDocumentCannotCarry) {
  const PropertyType type = parse("string");
  EXPECT_EQ(checked(type, std::string(kValueLimit, 'x')).size(), kValueLimit);
  EXPECT_EQ(checked(type, std::string(kValueLimit + 1, 'x')), "refused");
  for (const std::string& text :
       {std::string("a\0b", 3), std::string("\x1b[31m"), std::string("\xff"),
        std::string("\xED\xA0\x80"), std::string("\xEF\xBF\xBE"), std::string("\x0b")}) {
    EXPECT_EQ(checked(type, text), "refused");
  }
  EXPECT_EQ(checked(type, " a\tb\r\n "), " a\tb\r\n ");
}

TEST(CheckValue, NamesKeyAndRuleButNeverTheValue) {
  const std::string secret = "hunter2hunter2";
  for (const PropertyType& type :
       {parse("int"), parse("boolean"), parse("string", "MaxLen(3)"), parse("ip"), parse("real32"),
        parse("string", "ValueMap{\"a\"}"), parse("string", "", "Netmask")}) {
    const auto result = check_value("the.key", type, secret);
    ASSERT_FALSE(result.ok());
    const std::string text = describe(result.error());
    EXPECT_EQ(text.find(secret), std::string::npos) << text;
    EXPECT_NE(text.find("\"the.key\""), std::string::npos) << text;
    EXPECT_NE(text.find(describe(type)), std::string::npos) << text;
  }
}

TEST(DescribeType, SaysTheRuleInWords) {
  EXPECT_EQ(describe(parse("uint8")), "a whole number from 0 to 255");
  EXPECT_EQ(describe(parse("uint64")), "a whole number from 0 to 18446744073709551615");
  EXPECT_EQ(describe(parse("real64")), "a number");
  EXPECT_EQ(describe(parse("real", "MinValue(0.5)")), "a number of at least 0.5");
  EXPECT_EQ(describe(parse("boolean")), "true or false");
  EXPECT_EQ(describe(parse("string", "MinLen(1)")), "a text of at least 1 characters");
  EXPECT_EQ(describe(parse("string", "MaxLen(9)")), "a text of at most 9 characters");
  EXPECT_EQ(describe(parse("string", "MinLen(1) MaxLen(9)")), "a text of 1 to 9 characters");
  EXPECT_EQ(describe(parse("string", R"(ValueMap{"a","b"})")), "one of \"a\", \"b\"");
  EXPECT_EQ(describe(parse("string", "", "Netmask")), "a netmask such as 255.255.255.0");
}

}  // namespace
}  // namespace ovaport::environment
