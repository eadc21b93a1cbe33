#include "core/xml.h"

#include "support.h"

namespace ovaport::guest {
namespace {

std::string find(const std::string& document, const std::string& key,
                 ovt_section section = OVT_PROPERTIES) {
  std::string space(1 << 16, '\0');
  ovt_buffer value{space.data(), 0, space.size()};
  if (!ovt_xml_find(slice(document), section, slice(key), &value)) return "(none)";
  return text(ovt_filled(&value));
}

std::string with_properties(const std::string& properties) {
  return "<Environment xmlns=\"http://schemas.dmtf.org/ovf/environment/1\"><PropertySection>" +
         properties + "</PropertySection></Environment>";
}

TEST(Xml, DecodesEveryKindOfReference) {
  EXPECT_EQ(find(document(), "hostname"), "acme\nfw & <>\"' gr\xC3\xBCn");
  const auto awkward =
      with_properties("<Property oe:key='k' oe:value='&#x1F600;&#9;&#13;&#10;&amp;lt; \"> />'/>");
  EXPECT_EQ(find(awkward, "k"), "\xF0\x9F\x98\x80\t\r\n&lt; \"> />");
}

TEST(Xml, NormalisesLiteralSpaceAsXmlDoes) {
  EXPECT_EQ(find(with_properties("<Property key=\"k\" value=\"a\n\tb\"/>"), "k"), "a  b");
}

TEST(Xml, KeepsToTheSystemsOwnProperties) {
  EXPECT_EQ(find(document(), "sibling"), "(none)");
  EXPECT_EQ(find(document(), "guestinfo.userdata"), "(none)");
  EXPECT_EQ(find(document(), "guestinfo.userdata", OVT_GUESTINFO), "I2Nsb3VkLWNvbmZpZw==");
  EXPECT_EQ(find(document(), "dns", OVT_GUESTINFO), "(none)");
}

TEST(Xml, PrefersTheExactKeyToOneInOtherCase) {
  EXPECT_EQ(find(document(), "camelcase"), "camel");
  const auto both = with_properties(
      "<Property oe:key=\"KEY\" oe:value=\"upper\"/><Property oe:key=\"key\" oe:value=\"lower\"/>");
  EXPECT_EQ(find(both, "key"), "lower");
  EXPECT_EQ(find(both, "Key"), "upper");
}

TEST(Xml, AcceptsPrefixedElementsAndOpenTags) {
  const std::string prefixed =
      "<oe:Environment xmlns:oe=\"http://schemas.dmtf.org/ovf/environment/1\">"
      "<oe:PropertySection><oe:Property oe:key = \"k\"  oe:value= \"v\" ></oe:Property>"
      "</oe:PropertySection></oe:Environment>";
  EXPECT_TRUE(ovt_xml_is_environment(slice(prefixed)));
  EXPECT_EQ(find(prefixed, "k"), "v");
}

TEST(Xml, RecognisesAnEnvironmentByItsRoot) {
  EXPECT_TRUE(ovt_xml_is_environment(slice(document())));
  EXPECT_TRUE(ovt_xml_is_environment(slice("\xEF\xBB\xBF" + document())));
  for (const std::string& other :
       {std::string(), std::string("<Environment/>"), std::string("<Environment xmlns=\"urn:x\">"),
        std::string("<Envelope xmlns=\"http://schemas.dmtf.org/ovf/environment/1\">"),
        "<!DOCTYPE Environment [<!ENTITY a \"b\">]>" + document(), std::string("text"),
        std::string("</Environment>")})
    EXPECT_FALSE(ovt_xml_is_environment(slice(other))) << other;
}

TEST(Xml, UnderstandsTheDocumentsThatWeRender) {
  const std::string golden =
      contents(OVAPORT_SOURCE_DIR "/tests/unit/environment/golden/collection-member.xml");
  ASSERT_FALSE(golden.empty());
  EXPECT_TRUE(ovt_xml_is_environment(slice(golden)));
  EXPECT_EQ(find(golden, "hostname"), "acme-fw") << "not the sibling's";
  EXPECT_EQ(find(golden, "ssh"), "ssh-ed25519 AAAA one\nssh-ed25519 BBBB 'two'\n");
  EXPECT_EQ(find(golden, "guestinfo.note", OVT_GUESTINFO), "a\n\"b\"");
  EXPECT_TRUE(ovt_xml_is_environment(
      slice(contents(OVAPORT_SOURCE_DIR "/tests/unit/environment/golden/empty.xml"))));
}

TEST(Xml, TakesNothingFromDamage) {
  for (const char* damaged :
       {"<Property oe:key=\"k\" oe:value=\"v", "<Property oe:key=\"k\" oe:value=v/>",
        "<Property oe:key=\"k\" oe:value=\"&nbsp;\"/>", "<Property oe:key=\"k\" oe:value=\"&\"/>",
        "<Property oe:key=\"k\" oe:value=\"&#0;\"/>",
        "<Property oe:key=\"k\" oe:value=\"&#xD800;\"/>",
        "<Property oe:key=\"k\" oe:value=\"&#x110000;\"/>",
        "<Property oe:key=\"k\" oe:value=\"&#;\"/>", "<Property oe:key=\"k\"/>",
        "<![CDATA[<Property oe:key=\"k\" oe:value=\"v\"/>]]>",
        "<!-- <Property oe:key=\"k\" oe:value=\"v\"/> -->",
        "<x><Property oe:key=\"k\" oe:value=\"v\"/></x>"})
    EXPECT_EQ(find(with_properties(damaged), "k"), "(none)") << damaged;
}

TEST(Xml, RefusesAValueThatDoesNotFit) {
  char space[4];
  ovt_buffer value{space, 0, sizeof space};
  const auto large = with_properties("<Property oe:key=\"k\" oe:value=\"12345\"/>");
  EXPECT_FALSE(ovt_xml_find(slice(large), OVT_PROPERTIES, slice("k"), &value));
}

TEST(Xml, IsLinearInTheSizeOfTheDocument) {
  // Two megabytes of what makes careless scanners quadratic; the test's limit is time.
  for (const char* piece : {"<a>", "<", "&", "<a b='", "<!--", "<![CDATA[", "k=\"", "<Property "}) {
    std::string many;
    while (many.size() < (std::size_t{2} << 20))
      many += piece;
    EXPECT_EQ(find(with_properties(many), "k"), "(none)");
  }
}

}  // namespace
}  // namespace ovaport::guest
