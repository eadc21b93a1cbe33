#include <gtest/gtest.h>

#include "ovaport/ovf/envelope.h"

namespace ovaport::ovf {
namespace {

Envelope sample(const std::string& attributes = "") {
  Concerns concerns;
  auto envelope = parse_envelope(
      R"(<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" )"
      R"(xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" )" +
          attributes + R"(><References/><VirtualSystem ovf:id="a"><Info/></VirtualSystem>
        <Strings xml:lang="de"><Msg ovf:msgid="greeting">Hallo</Msg>
          <Msg ovf:msgid="only-de">Nur hier</Msg></Strings>
        <Strings xml:lang="de-AT"><Msg ovf:msgid="greeting">Servus</Msg></Strings>
        <Strings xml:lang="pt-BR"><Msg ovf:msgid="greeting">Oi</Msg></Strings>
        <Strings><Msg ovf:msgid="greeting">Hello of nobody</Msg></Strings></Envelope>)",
      "a.ovf", concerns);
  return envelope.ok() ? std::move(*envelope) : Envelope{};
}

TEST(Localize, ChoosesTheNearestLanguageOfAList) {
  const Envelope envelope = sample();
  const Message greeting{"Hi", "greeting"};
  struct Case {
    const char* languages;
    const char* text;
  };
  const Case cases[] = {
      {"de-AT", "Servus"},
      {"DE_at.UTF-8", "Servus"},
      {"de-CH", "Hallo"},
      {"de", "Hallo"},
      {"pt", "Oi"},
      {"pt-PT", "Oi"},
      {"fr", "Hello of nobody"},
      {"", "Hello of nobody"},
      {"C", "Hello of nobody"},
      {"fr, de;q=0.8", "Hallo"},
      {"de;q=0.2, pt-BR;q=0.9", "Oi"},
      {"de;q=0, pt", "Oi"},
      {"fr_FR:de_AT:pt", "Servus"},
      {";;,,==q", "Hello of nobody"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(localized(envelope, greeting, c.languages), c.text) << c.languages;
}

TEST(Localize, FallsBackToTheTextOfTheElement) {
  const Envelope envelope = sample();
  EXPECT_EQ(localized(envelope, {"Text", "missing"}, "de"), "Text");
  EXPECT_EQ(localized(envelope, {"Text", ""}, "de"), "Text");
  EXPECT_EQ(localized(envelope, {"Text", "only-de"}, "fr"), "Text");
  EXPECT_EQ(localized(envelope, {"", "only-de"}, "fr"), "Nur hier");
}

TEST(Localize, KnowsTheLanguageOfTheDocument) {
  const Envelope envelope = sample(R"(xml:lang="en-US")");
  EXPECT_EQ(localized(envelope, {"Hi", "greeting"}, "en, de"), "Hi");
  EXPECT_EQ(localized(envelope, {"Hi", "greeting"}, "de, en"), "Hallo");
}

TEST(StringBundles, AreReadFromTheirOwnFile) {
  StringBundle bundle;
  Concerns concerns;
  const auto status = read_string_bundle(
      R"(<?xml version="1.0" encoding="UTF-8"?><o:Strings xml:lang="de"
        xmlns:o="http://schemas.dmtf.org/ovf/envelope/1"><o:Msg o:msgid="z">Z</o:Msg>
        <o:Msg o:msgid="a">Größe</o:Msg><o:Msg o:msgid="a">zweite</o:Msg></o:Strings>)",
      "de.xml", bundle, concerns);
  ASSERT_TRUE(status.ok()) << describe(status.error());
  EXPECT_EQ(bundle.language, "de");
  Envelope envelope;
  envelope.strings.push_back(bundle);
  EXPECT_EQ(localized(envelope, {"", "a"}, "de"), "Größe");
  EXPECT_EQ(localized(envelope, {"", "z"}, "de"), "Z");
}

TEST(StringBundles, RefuseWhatIsNone) {
  for (const char* text :
       {"", "msg = \"text\"", "<Envelope/>", "<Strings>", "<Strings>\xFF</Strings>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><Strings><Msg>&a;</Msg></Strings>"}) {
    StringBundle bundle;
    Concerns concerns;
    EXPECT_FALSE(read_string_bundle(text, "x.xml", bundle, concerns).ok()) << text;
    EXPECT_TRUE(bundle.messages.empty());
  }
}

}  // namespace
}  // namespace ovaport::ovf
