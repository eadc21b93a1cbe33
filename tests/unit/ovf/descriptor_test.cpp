#include <gtest/gtest.h>

#include "ovaport/base/file.h"
#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {
namespace {

std::string fixture() {
  auto text =
      read_file(OVAPORT_SOURCE_DIR "/fixtures/descriptors/prefixed_1x.ovf", kDescriptorLimit);
  return text.ok() ? *text : std::string();
}

Result<Machine> machine_of(std::string_view xml, const MachineChoices& choices) {
  Concerns concerns;
  auto envelope = parse_envelope(xml, "a.ovf", concerns);
  if (!envelope.ok()) return envelope.error();
  return configure(*envelope, *envelope->virtual_systems().front(), choices, concerns);
}

TEST(Descriptor, PrefixesDoNotMatter) {
  const auto machine = machine_of(fixture(), {});
  ASSERT_TRUE(machine.ok()) << describe(machine.error());
  const Machine& m = machine.value();
  EXPECT_EQ(m.name, "First");
  EXPECT_EQ(m.memory, 2048ULL << 20);
  EXPECT_EQ(m.firmware, Firmware::efi);
  ASSERT_EQ(m.nics.size(), 1U);
  EXPECT_EQ(m.nics[0].network, "Blue Net");
  EXPECT_EQ(m.transports, std::vector<std::string>{"iso"});
}

TEST(Descriptor, DisksAreOrderedBySlotNotByDocument) {
  const auto machine = machine_of(fixture(), {});
  ASSERT_TRUE(machine.ok());
  const auto& disks = machine.value().disks;
  ASSERT_EQ(disks.size(), 2U);
  EXPECT_EQ(disks[0].disk_id, "d1");
  EXPECT_EQ(disks[0].capacity, 3ULL << 30);
  EXPECT_EQ(disks[0].bus, Bus::scsi);
  EXPECT_FALSE(disks[1].file.has_value());
}

TEST(Descriptor, OptionSelectsItsItemsAndUnknownOneNamesTheKnown) {
  const auto standard = machine_of(fixture(), {});
  ASSERT_TRUE(standard.ok());
  EXPECT_EQ(standard.value().cpus, 4U);
  EXPECT_EQ(standard.value().cores_per_socket, 2U);
  MachineChoices choices;
  choices.option = "small";
  const auto small = machine_of(fixture(), choices);
  ASSERT_TRUE(small.ok());
  EXPECT_EQ(small.value().cpus, 1U);
  choices.option = "huge";
  const auto unknown = machine_of(fixture(), choices);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().kind, ErrorKind::choice);
  EXPECT_NE(unknown.error().message.find("\"large\""), std::string::npos);
}

TEST(Descriptor, ValidFixtureHasNoCriticalConcern) {
  Concerns concerns;
  const auto envelope = parse_envelope(fixture(), "a.ovf", concerns);
  ASSERT_TRUE(envelope.ok());
  for (const Concern& concern : validate(*envelope))
    EXPECT_NE(concern.severity, Severity::critical) << concern.message;
}

TEST(Descriptor, HostileXmlIsRefusedBeforeParsing) {
  const auto code = [](const std::string& xml) {
    Concerns concerns;
    const auto envelope = parse_envelope(xml, "a.ovf", concerns);
    return envelope.ok() ? std::string("accepted") : envelope.error().code;
  };
  std::string deep;
  for (int i = 0; i < 300; ++i)
    deep += "<a>";
  EXPECT_EQ(code("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"),
            "ovf.doctype");
  EXPECT_EQ(code(deep), "ovf.too-deep");
  EXPECT_EQ(code(""), "ovf.empty");
  EXPECT_EQ(code("<a>\xC3\x28</a>"), "ovf.encoding");
  EXPECT_EQ(code("<a b=\"" + std::string(17U << 20, 'x') + "\"/>"), "ovf.too-large");
  std::string attributes;
  for (int i = 0; i < 1001; ++i)
    attributes += " a" + std::to_string(i) + "=''";
  EXPECT_EQ(code("<a" + attributes + "/>"), "ovf.too-large");
  EXPECT_EQ(code(std::string("\xFF\xFE<\0a\0/\0>\0x", 11)), "ovf.encoding");
  EXPECT_EQ(code("<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/3\"/>"), "ovf.namespace");
}

TEST(Descriptor, InvalidBytesAreReportedWithTheirOffset) {
  Concerns concerns;
  for (const std::size_t before : {0U, 3U, 200U, 5000U}) {
    const auto envelope =
        parse_envelope(std::string(before, 'x') + "\xE4\xC3\xA4\xE4", "a.ovf", concerns);
    ASSERT_FALSE(envelope.ok());
    EXPECT_EQ(envelope.error().offset, before);
  }
}

TEST(Unit, SpellingsFoundInPracticeAreUnderstood) {
  const std::pair<const char*, std::uint64_t> table[] = {{"", 1},
                                                         {"byte", 1},
                                                         {"byte * 2^20", 1ULL << 20},
                                                         {"byte*2^30", 1ULL << 30},
                                                         {"byte * 2 ^ 30", 1ULL << 30},
                                                         {"byte*1024*1024", 1ULL << 20},
                                                         {"bytes * 2^20", 1ULL << 20},
                                                         {"MegaBytes", 1ULL << 20},
                                                         {"GigaBytes", 1ULL << 30},
                                                         {"KB", 1024},
                                                         {"GB", 1ULL << 30},
                                                         {"kilobytes", 1024},
                                                         {"hertz * 10^6", 1000000},
                                                         {"MHz", 1000000},
                                                         {"MegaHertz", 1000000},
                                                         {"gibibyte", 1ULL << 30}};
  for (const auto& [text, factor] : table) {
    const auto unit = parse_unit(text);
    ASSERT_TRUE(unit.ok()) << text;
    EXPECT_EQ(*unit, factor) << text;
  }
  for (const char* text : {"furlong", "byte * 2^64", "byte *", "2^", "byte * -1"})
    EXPECT_FALSE(parse_unit(text).ok()) << text;
}

}  // namespace
}  // namespace ovaport::ovf
