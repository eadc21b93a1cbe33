#include "ovaport/ovf/schema.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace ovaport::ovf {
namespace {

namespace fs = std::filesystem;

std::string descriptor(const std::string& major, const std::string& disk) {
  const std::string uri = "http://schemas.dmtf.org/ovf/envelope/" + major;
  return "<Envelope xmlns=\"" + uri + "\" xmlns:ovf=\"" + uri +
         "\">\n<References/>\n<DiskSection><Info/>\n" + disk +
         "\n</DiskSection><VirtualSystem ovf:id=\"a\"><Info/></VirtualSystem></Envelope>";
}

constexpr const char* kGood = R"(<Disk ovf:diskId="a" ovf:capacity="1" ovf:format="x"/>)";

TEST(Schema, AStandardDescriptorHasNoFinding) {
  EXPECT_TRUE(check_schema(descriptor("1", kGood), "a.ovf", Dialect::ovf_1).empty());
  EXPECT_TRUE(check_schema(descriptor("2", kGood), "a.ovf", Dialect::ovf_2).empty());
}

TEST(Schema, AFindingSaysLineAndElementWithoutNamespaces) {
  for (const auto& [major, dialect] :
       {std::pair{"1", Dialect::ovf_1}, std::pair{"2", Dialect::ovf_2}}) {
    const Concerns concerns = check_schema(
        descriptor(major, R"(<Disk ovf:capacity="1" ovf:format="x"/>)"), "a.ovf", dialect);
    ASSERT_EQ(concerns.size(), 1U);
    EXPECT_EQ(concerns[0].code, "ovf.schema");
    EXPECT_EQ(concerns[0].line, 4);
    EXPECT_EQ(concerns[0].file, "a.ovf");
    EXPECT_NE(concerns[0].message.find("'diskId' is required"), std::string::npos)
        << concerns[0].message;
    EXPECT_EQ(concerns[0].message.find("http"), std::string::npos);
  }
}

TEST(Schema, FindingsAreBounded) {
  std::string disks;
  for (int i = 0; i < 500; ++i)
    disks += "<Disk/>";
  EXPECT_EQ(check_schema(descriptor("1", disks), "a.ovf", Dialect::ovf_1).size(), 50U);
}

TEST(Schema, DialectsWithoutOneSaySo) {
  EXPECT_EQ(check_schema("<x/>", "a.ovf", Dialect::ovf_0_9).size(), 1U);
  EXPECT_EQ(check_schema("<x/>", "a.ovf", Dialect::ovirt).size(), 1U);
}

TEST(Schema, DocumentTypesAreNotRead) {
  EXPECT_TRUE(
      check_schema("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "a.ovf", Dialect::ovf_1)
          .empty());
}

// What today's tools write is what the standard says.
TEST(Schema, RealDescriptorsOfVCenterAndOvftoolAreValid) {
  const fs::path folder = fs::path(OVAPORT_SHARED_DIR) / "corpus/govmomi/external";
  if (!fs::is_directory(folder)) GTEST_SKIP() << "no real descriptors at " << folder;
  int valid = 0;
  int checked = 0;
  for (const auto& item : fs::recursive_directory_iterator(folder)) {
    if (item.path().extension() != ".ovf") continue;
    std::stringstream text;
    text << std::ifstream(item.path(), std::ios::binary).rdbuf();
    Concerns concerns;
    const auto envelope = parse_envelope(text.str(), "a.ovf", concerns);
    if (!envelope.ok() || envelope->dialect != Dialect::ovf_1) continue;
    ++checked;
    if (check_schema(text.str(), "a.ovf", envelope->dialect).empty()) ++valid;
  }
  std::cout << valid << " of " << checked << " descriptors fit the schema\n";
  EXPECT_GT(valid, checked * 8 / 10);
}

}  // namespace
}  // namespace ovaport::ovf
