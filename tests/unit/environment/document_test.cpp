#include "ovaport/environment/document.h"

#include <gtest/gtest.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "support.h"

namespace ovaport::environment {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Document lone_machine() {
  Document document;
  document.platform.version = "1.9";
  document.instance_id = "imp-7f3c";
  document.properties = {value("hostname", "acme-fw"), value("vami.ip0.ACME_Firewall", "10.0.2.2"),
                         value("guestinfo.admin_password", "s3cr3t&more", true),
                         value("ssh", "ssh-ed25519 AAAA one\nssh-ed25519 BBBB 'two'\n")};
  document.adapters = {{"00:50:56:9a:11:22", "VM Network", 7}, {"00:50:56:9a:11:23", "A&B", 8}};
  return document;
}

Document collection_member() {
  Document document = lone_machine();
  document.id = "web";
  document.platform.locale = "de_AT";
  document.platform.timezone = 60;
  document.entities = {{"db", {value("hostname", "db1")}}, {"<cache>", {}}};
  document.guest_info = {{"guestinfo.userdata", Secret("I2Nsb3VkLWNvbmZpZwo=")},
                         {"guestinfo.note", Secret("a\n\"b\"")}};
  return document;
}

Document awkward() {
  Document document;
  int number = 0;
  for (const std::string& text : awkward_values())
    document.properties.push_back(value("key" + std::to_string(number++), text));
  return document;
}

Pairs expected_of(const Document& document) {
  Pairs pairs;
  for (const PropertyValue& property : document.properties)
    pairs.emplace_back(property.key, property.value.reveal());
  return pairs;
}

TEST(Render, MatchesGoldenForALoneMachine) {
  expect_golden("lone-machine.xml", render(lone_machine()));
}

TEST(Render, MatchesGoldenForAMemberOfACollection) {
  expect_golden("collection-member.xml", render(collection_member()));
}

TEST(Render, MatchesGoldenForAnEmptyEnvironment) {
  expect_golden("empty.xml", render({}));
}

TEST(Render, KeepsTheApplianceOwnInstanceId) {
  Document document = lone_machine();
  document.properties.push_back(value("instance-id", "vendor"));
  const std::string xml = render(document);
  EXPECT_EQ(xml.find("imp-7f3c"), std::string::npos);
  EXPECT_NE(xml.find(R"(oe:key="instance-id" oe:value="vendor")"), std::string::npos);
}

TEST(Render, StaysWellFormedWithTextThatXmlCannotHold) {
  Document document;
  document.id = std::string("a\0b\x1b", 4);
  document.adapters = {{"\xff\xfe", "\xEF\xBF\xBF net \xED\xA0\x80", 7}};
  document.guest_info = {{"guestinfo.x", Secret("\x01ok")}};
  pugi::xml_document parsed;
  const std::string xml = render(document);
  ASSERT_TRUE(parsed.load_buffer(xml.data(), xml.size(), pugi::parse_full));
  EXPECT_STREQ(parsed.child("Environment").attribute("oe:id").value(),
               "a\xEF\xBF\xBD"
               "b\xEF\xBF\xBD");
  const std::unique_ptr<xmlDoc, void (*)(xmlDoc*)> strict(
      xmlReadMemory(xml.data(), static_cast<int>(xml.size()), "x", nullptr, XML_PARSE_NONET),
      xmlFreeDoc);
  EXPECT_NE(strict, nullptr);
}

TEST(Render, RoundTripsThroughPugixml) {
  const Document document = awkward();
  const std::string xml = render(document);
  pugi::xml_document parsed;
  ASSERT_TRUE(parsed.load_buffer(xml.data(), xml.size()));
  Pairs found;
  for (const auto& node : parsed.child("Environment").child("PropertySection").children())
    found.emplace_back(node.attribute("oe:key").value(), node.attribute("oe:value").value());
  EXPECT_EQ(found, expected_of(document));
}

std::string attribute(xmlNode* node, const char* name) {
  constexpr auto* kNamespace = "http://schemas.dmtf.org/ovf/environment/1";
  const std::unique_ptr<xmlChar, xmlFreeFunc> text(
      xmlGetNsProp(node, reinterpret_cast<const xmlChar*>(name),
                   reinterpret_cast<const xmlChar*>(kNamespace)),
      xmlFree);
  return text ? reinterpret_cast<const char*>(text.get()) : "(none)";
}

xmlNode* child_named(xmlNode* parent, std::string_view name) {
  for (xmlNode* node = xmlFirstElementChild(parent); node != nullptr;
       node = xmlNextElementSibling(node)) {
    if (reinterpret_cast<const char*>(node->name) == name) return node;
  }
  return nullptr;
}

TEST(Render, RoundTripsThroughLibxml2) {
  const Document document = awkward();
  const std::string xml = render(document);
  const std::unique_ptr<xmlDoc, void (*)(xmlDoc*)> parsed(
      xmlReadMemory(xml.data(), static_cast<int>(xml.size()), "x", nullptr, XML_PARSE_NONET),
      xmlFreeDoc);
  ASSERT_NE(parsed, nullptr);
  Pairs found;
  xmlNode* section = child_named(xmlDocGetRootElement(parsed.get()), "PropertySection");
  for (xmlNode* node = xmlFirstElementChild(section); node != nullptr;
       node = xmlNextElementSibling(node)) {
    found.emplace_back(attribute(node, "key"), attribute(node, "value"));
  }
  EXPECT_EQ(found, expected_of(document));
}

// What cloud-init's OVF datasource demands: root Environment, the first
// PropertySection below it, namespaced attributes; and what cloudbase-init does:
// the attributes by their literal names, elements without prefix, one section.
constexpr const char* kGuestReader = R"py(
import json, sys
from xml.dom import minidom
NS = "http://schemas.dmtf.org/ovf/environment/1"
root = minidom.parseString(sys.stdin.buffer.read()).documentElement
assert root.localName == "Environment" and root.tagName == "Environment"
sections = [n for n in root.childNodes if n.localName == "PropertySection"]
assert len(sections) == 1 and sections[0].tagName == "PropertySection"
pairs = []
for node in sections[0].childNodes:
    if node.localName is None: continue
    assert node.tagName == "Property"
    key = node.attributes.getNamedItemNS(NS, "key").value
    value = node.attributes.getNamedItemNS(NS, "value").value
    assert (key, value) == (node.getAttribute("oe:key"), node.getAttribute("oe:value"))
    pairs.append([key, value])
json.dump(pairs, sys.stdout)
)py";

Pairs read_as_guest(const std::string& xml) {
  const auto outcome = run_tool({"python3", "-c", kGuestReader}, xml);
  if (!outcome.ok() || !outcome->ok()) {
    ADD_FAILURE() << (outcome.ok() ? outcome->standard_error : describe(outcome.error()));
    return {};
  }
  return nlohmann::json::parse(outcome->standard_output).get<Pairs>();
}

bool have_python() {
  const auto outcome = run_tool({"python3", "-c", "import xml.dom.minidom"});
  return outcome.ok() && outcome->ok();
}

TEST(Render, RoundTripsThroughPythonAsCloudInitReadsIt) {
  if (!have_python()) GTEST_SKIP() << "python3 is not installed";
  const Document document = awkward();
  EXPECT_EQ(read_as_guest(render(document)), expected_of(document));
}

TEST(Render, KeepsGuestInfoOutOfTheProperties) {
  if (!have_python()) GTEST_SKIP() << "python3 is not installed";
  const Document document = collection_member();
  Pairs expected = expected_of(document);
  expected.insert(expected.begin(), {"instance-id", "imp-7f3c"});
  EXPECT_EQ(read_as_guest(render(document)), expected);
}

// ---- Our schema ----------------------------------------------------------------

void ignore(void* /*context*/, const char* /*format*/, ...) {}

struct Schema {
  explicit Schema(const std::string& path)
      : context(xmlSchemaNewParserCtxt(path.c_str()), xmlSchemaFreeParserCtxt),
        schema(xmlSchemaParse(context.get()), xmlSchemaFree) {}

  [[nodiscard]] bool accepts(const std::string& xml) const {
    const std::unique_ptr<xmlDoc, void (*)(xmlDoc*)> document(
        xmlReadMemory(xml.data(), static_cast<int>(xml.size()), "x", nullptr, XML_PARSE_NONET),
        xmlFreeDoc);
    if (!document) return false;
    const std::unique_ptr<xmlSchemaValidCtxt, void (*)(xmlSchemaValidCtxtPtr)> validator(
        xmlSchemaNewValidCtxt(schema.get()), xmlSchemaFreeValidCtxt);
    xmlSchemaSetValidErrors(validator.get(), ignore, ignore, nullptr);
    return xmlSchemaValidateDoc(validator.get(), document.get()) == 0;
  }

  std::unique_ptr<xmlSchemaParserCtxt, void (*)(xmlSchemaParserCtxtPtr)> context;
  std::unique_ptr<xmlSchema, void (*)(xmlSchemaPtr)> schema;
};

const Schema& our_schema() {
  static const Schema schema(OVAPORT_SOURCE_DIR "/schemas/environment.xsd");
  return schema;
}

TEST(EnvironmentSchema, AcceptsWhatWeRender) {
  ASSERT_NE(our_schema().schema, nullptr);
  EXPECT_TRUE(our_schema().accepts(render({})));
  EXPECT_TRUE(our_schema().accepts(render(lone_machine())));
  EXPECT_TRUE(our_schema().accepts(render(collection_member())));
  EXPECT_TRUE(our_schema().accepts(render(awkward())));
}

TEST(EnvironmentSchema, RefusesWhatGuestsCannotRead) {
  ASSERT_NE(our_schema().schema, nullptr);
  const std::string good = render(collection_member());
  ASSERT_TRUE(our_schema().accepts(good));
  const std::vector<std::pair<std::string, std::string>> changes{
      {"oe:key=\"hostname\"", "key=\"hostname\""},
      {"oe:value=\"acme-fw\"", "value=\"acme-fw\""},
      {"oe:key=\"ssh\"", "oe:key=\"hostname\""},
      {"oe:key=\"ssh\"", "oe:key=\"\""},
      {"oe:id=\"db\"", "oe:id=\"&lt;cache&gt;\""},
      {"<Entity oe:id=\"db\"", "<Entity"},
      {"<Timezone>60", "<Timezone>noon"},
      {"<PlatformSection>", "<PlatformSection><Unknown/>"},
      {"00:50:56:9a:11:22", "00-50-56-9a-11-22"},
      {"ovaport:key=\"guestinfo.note\"", "ovaport:key=\"guestinfo.userdata\""},
      {"   <PropertySection>\n", "   <PropertySection/><PropertySection>\n"},
  };
  for (const auto& [from, to] : changes) {
    std::string bad = good;
    ASSERT_NE(bad.find(from), std::string::npos) << from;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_FALSE(our_schema().accepts(bad)) << to;
  }
}

TEST(EnvironmentSchema, AgreesWithDmtf) {
  const std::string path = OVAPORT_SHARED_DIR "/corpus/xsd/DSP8027.xsd";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  // It imports cim:cimString from the network; a stand-in keeps the test offline.
  std::string text = read_text(path);
  const std::string location = "http://schemas.dmtf.org/wbem/wscim/1/common.xsd";
  const auto directory =
      std::filesystem::path(testing::TempDir()) / ("ovaport-dsp8027-" + std::to_string(getpid()));
  std::filesystem::create_directories(directory);
  text.replace(text.find("schemaLocation=\"" + location),
               location.size() + sizeof "schemaLocation=\"" - 1, "schemaLocation=\"common.xsd");
  std::ofstream(directory / "dsp8027.xsd") << text;
  std::ofstream(directory / "common.xsd")
      << R"(<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="http://schemas.dmtf.org/wbem/wscim/1/common"><xs:complexType name="cimString">
  <xs:simpleContent><xs:extension base="xs:string"><xs:anyAttribute processContents="lax"/>
  </xs:extension></xs:simpleContent></xs:complexType></xs:schema>)";
  const Schema schema((directory / "dsp8027.xsd").string());
  ASSERT_NE(schema.schema, nullptr);
  Document document = collection_member();
  document.platform.timezone.reset();  // Came with version 1.1.
  EXPECT_TRUE(schema.accepts(render(document)));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace ovaport::environment
