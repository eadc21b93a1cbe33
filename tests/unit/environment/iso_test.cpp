#include "ovaport/environment/iso.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <ctime>

#include "support.h"

namespace ovaport::environment {
namespace {

class ConfigDisk : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::path(testing::TempDir()) /
                 ("ovaport-iso-" + std::to_string(getpid()) + "-" +
                  testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(directory_);
    Document document;
    document.instance_id = "imp-1";
    document.properties = {value("hostname", "grün\n<&>")};
    xml_ = render(document);
    path_ = directory_ / "config.iso";
    const Status written = write_iso(path_, xml_);
    ASSERT_TRUE(written.ok()) << describe(written.error());
  }

  void TearDown() override { std::filesystem::remove_all(directory_); }

  // Standard output of a tool about the image; skips the test when it is absent.
  std::string output(const std::vector<std::string>& arguments) {
    const auto outcome = run_tool(arguments);
    if (!outcome.ok()) {
      missing_ = true;
      return {};
    }
    EXPECT_TRUE(outcome->ok()) << arguments[0] << ": " << outcome->standard_error;
    return outcome->standard_output;
  }

  std::filesystem::path directory_;
  std::filesystem::path path_;
  std::string xml_;
  bool missing_ = false;
};

TEST_F(ConfigDisk, HasTheLabelAndTypeThatGuestsLookFor) {
  const std::string found = output({"blkid", "-p", "-o", "export", path_.string()});
  if (missing_) GTEST_SKIP() << "blkid is not installed";
  EXPECT_NE(found.find("LABEL=OVF\\ ENV\n"), std::string::npos) << found;
  EXPECT_NE(found.find("TYPE=iso9660\n"), std::string::npos) << found;
}

TEST_F(ConfigDisk, HasTheSameLabelInBothVolumeDescriptors) {
  const std::string image = read_text(path_);
  EXPECT_EQ(image.substr(16 * 2048 + 40, 8), "OVF ENV ");
  EXPECT_EQ(image.substr(17 * 2048 + 40, 14), std::string("\0O\0V\0F\0 \0E\0N\0V", 14));
}

TEST_F(ConfigDisk, IsFoundByTheNamespaceSearchOfDsIdentify) {
  const std::string found =
      output({"grep", "-c", "-a", "-i", "http://schemas.dmtf.org/ovf/environment/1", path_});
  EXPECT_NE(found, "0\n");
  EXPECT_LT(std::filesystem::file_size(path_), 10U << 20);
}

TEST_F(ConfigDisk, ListsTheDocumentInEveryNameSpace) {
  const std::string plain = output({"isoinfo", "-f", "-i", path_});
  if (missing_) GTEST_SKIP() << "isoinfo is not installed";
  EXPECT_EQ(plain, "/OVF_ENV.XML;1\n");
  EXPECT_EQ(output({"isoinfo", "-R", "-f", "-i", path_}), "/ovf-env.xml\n");
  EXPECT_EQ(output({"isoinfo", "-J", "-f", "-i", path_}), "/ovf-env.xml\n");
}

TEST_F(ConfigDisk, GivesTheDocumentBackByteForByte) {
  const std::string rock_ridge = output({"isoinfo", "-R", "-x", "/ovf-env.xml", "-i", path_});
  if (missing_) GTEST_SKIP() << "isoinfo is not installed";
  EXPECT_EQ(rock_ridge, xml_);
  EXPECT_EQ(output({"isoinfo", "-J", "-x", "/ovf-env.xml", "-i", path_}), xml_);
}

TEST_F(ConfigDisk, IsReadByXorriso) {
  const std::string target = directory_ / "out.xml";
  output({"xorriso", "-osirrox", "on", "-indev", path_, "-extract", "/ovf-env.xml", target});
  if (missing_) GTEST_SKIP() << "xorriso is not installed";
  EXPECT_EQ(read_text(target), xml_);
}

TEST_F(ConfigDisk, IsPrivateAndNeverOverwritten) {
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path_).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_FALSE(write_iso(path_, "other").ok());
  EXPECT_NE(read_text(path_).find(xml_), std::string::npos);
}

TEST(MakeIso, HoldsALargeDocument) {
  const std::string xml(3'000'001, 'x');
  const auto image = make_iso(xml);
  ASSERT_TRUE(image.ok());
  EXPECT_NE(image->find(xml), std::string::npos);
}

// The second image is made in another second and another time zone.
TEST(MakeIso, DependsOnTheDocumentAlone) {
  const auto first = make_iso("<x/>");
  ASSERT_TRUE(first.ok());
  const std::time_t start = std::time(nullptr);
  while (std::time(nullptr) == start)
    usleep(20'000);
  const char* zone = std::getenv("TZ");
  const std::string before = zone == nullptr ? "" : zone;
  setenv("TZ", "UTC-5:30", 1);
  tzset();
  const auto second = make_iso("<x/>");
  zone == nullptr ? unsetenv("TZ") : setenv("TZ", before.c_str(), 1);
  tzset();
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(*first == *second);
  const auto other = make_iso("<y/>");
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(*first == *other);
}

}  // namespace
}  // namespace ovaport::environment
