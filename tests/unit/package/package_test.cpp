#include "ovaport/package/package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "support.h"

namespace ovaport::package {
namespace {

namespace fs = std::filesystem;

class PackageTest : public testing::Test {
 protected:
  PackageTest() {
    std::string pattern = testing::TempDir() + "ovaport-package-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  ~PackageTest() override { fs::remove_all(root_); }

  Result<Package> open(const std::string& bytes) {
    std::ofstream(root_ / "a.ova", std::ios::binary) << bytes;
    return Package::open(root_ / "a.ova", concerns_);
  }
  void expect_refused(const std::string& bytes, const std::string& code,
                      const std::string& word = "") {
    const auto package = open(bytes);
    ASSERT_FALSE(package.ok());
    EXPECT_EQ(package.error().code, code) << describe(package.error());
    EXPECT_THAT(describe(package.error()), testing::HasSubstr(word));
  }
  bool has_concern(const std::string& code) const {
    for (const Concern& concern : concerns_)
      if (concern.code == code) return true;
    return false;
  }

  fs::path root_;
  Concerns concerns_;
};

TEST_F(PackageTest, ListsMembersAndFindsTheirRoles) {
  const auto package = open(member("a.ovf", "<x/>") + member("a.mf", "m") +
                            member("d.vmdk", std::string(1000, 'z')) + kEnd);
  ASSERT_TRUE(package.ok()) << describe(package.error());
  EXPECT_EQ(package->descriptor().name, "a.ovf");
  EXPECT_EQ(package->manifest()->name, "a.mf");
  EXPECT_EQ(package->certificate(), nullptr);
  EXPECT_EQ(package->read(package->descriptor(), 100).value(), "<x/>");
  EXPECT_TRUE(concerns_.empty());
}

TEST_F(PackageTest, KnowsWhereMembersLie) {
  const auto package = open(member("a.ovf", "<x/>") + member("d.vmdk", "disk bytes") + kEnd);
  ASSERT_TRUE(package.ok());
  Concerns none;
  const Entry* disk = package->find("d.vmdk", none).value();
  EXPECT_EQ(disk->range->offset, 1536U);
  const auto stream = package->stream(*disk);
  std::array<std::byte, 64> buffer{};
  EXPECT_EQ((*stream)->read(buffer).value(), 10U);
  EXPECT_EQ(std::memcmp(buffer.data(), "disk bytes", 10), 0);
}

TEST_F(PackageTest, SizesBeyondOctalAreSeekedOver) {
  const std::uint64_t size = 20ULL << 30;
  const std::string front = member("a.ovf", "<x/>") + header("big.vmdk", size);
  std::ofstream(root_ / "big.ova", std::ios::binary) << front;
  fs::resize_file(root_ / "big.ova", front.size() + size);
  std::ofstream(root_ / "big.ova", std::ios::binary | std::ios::app) << member("z", "last") << kEnd;
  const auto package = Package::open(root_ / "big.ova", concerns_);
  ASSERT_TRUE(package.ok()) << describe(package.error());
  ASSERT_EQ(package->entries().size(), 3U);
  EXPECT_EQ(package->entries()[1].size, size);
  EXPECT_EQ(package->read(package->entries()[2], 100).value(), "last");
}

TEST_F(PackageTest, LongNamesOfGnuTarLeaveTheOffsetRight) {
  const std::string name(150, 'n');
  const auto package =
      open(member("a.ovf", "<x/>") + header("././@LongLink", 151, 'L') + name +
           std::string(512 - 150, '\0') + member(name.substr(0, 99), "content") + kEnd);
  ASSERT_TRUE(package.ok()) << describe(package.error());
  EXPECT_EQ(package->entries()[1].name, name);
  EXPECT_EQ(package->read(package->entries()[1], 100).value(), "content");
}

TEST_F(PackageTest, NamesThatLeadOutsideAreRefused) {
  for (const std::string name : {"../evil", "/etc/passwd", "a/../../b", "C:\\x", "..\\x", "a\nb"})
    expect_refused(member("a.ovf", "<x/>") + member(name, "x") + kEnd, "package.unsafe-name");
  EXPECT_THAT(describe(open(member("a.ovf", "<x/>") + member("../\x1b[31m", "x") + kEnd).error()),
              testing::Not(testing::HasSubstr("\x1b")));
}

TEST_F(PackageTest, LinksAndDevicesAreRefused) {
  const std::string front = member("a.ovf", "<x/>");
  expect_refused(front + header("l", 0, '2', "/etc/passwd") + kEnd, "package.link", "\"l\"");
  expect_refused(front + header("l", 0, '1', "a.ovf") + kEnd, "package.link", "\"l\"");
  expect_refused(front + header("d", 0, '3') + kEnd, "package.special-file", "\"d\"");
  expect_refused(front + header("f", 0, '6') + kEnd, "package.special-file", "\"f\"");
}

TEST_F(PackageTest, DuplicatesAreRefusedWhateverTheirCase) {
  const std::string front = member("a.ovf", "<x/>") + member("disk", "x");
  expect_refused(front + member("disk", "y") + kEnd, "package.duplicate", "disk");
  expect_refused(front + member("DISK", "y") + kEnd, "package.duplicate", "DISK");
  expect_refused(front + member("./disk", "y") + kEnd, "package.duplicate", "disk");
}

TEST_F(PackageTest, TruncatedMemberNamesItselfAndTheBytes) {
  const std::string bytes = member("a.ovf", "<x/>") + header("d.vmdk", 5000) + "short";
  expect_refused(bytes, "package.truncated", "5000");
}

TEST_F(PackageTest, MissingEndBlocksAreTolerated) {
  EXPECT_TRUE(open(member("a.ovf", "<x/>") + member("d", "x")).ok());
  EXPECT_TRUE(has_concern("package.no-end-mark"));
}

TEST_F(PackageTest, ZerosBehindTheEndAreNothingAndOtherDataIsAConcern) {
  const std::string whole = member("a.ovf", "<x/>") + member("d", "x") + kEnd;
  EXPECT_TRUE(open(whole + std::string(100'000, '\0')).ok());
  EXPECT_TRUE(concerns_.empty());
  EXPECT_TRUE(open(whole + std::string(5'000, '\0') + "more").ok());
  EXPECT_TRUE(has_concern("package.trailing-data"));
  EXPECT_FALSE(has_concern("package.no-end-mark"));
}

TEST_F(PackageTest, HeadersThatNestWithoutEndAreRefused) {
  for (const char type : {'L', 'x', 'g'}) {
    std::string bytes = member("a.ovf", "<x/>");
    for (int i = 0; i < 8000; ++i)
      bytes += header("././@LongLink", 2, type) + "n" + std::string(511, '\0');
    EXPECT_FALSE(open(bytes + member("d", "x") + kEnd).ok()) << type;
  }
}

TEST_F(PackageTest, NoTarIsNamedForWhatItLooksLike) {
  expect_refused("\x89PNG" + std::string(2000, '\0'), "package.not-an-ova", "PNG");
  expect_refused("KDMV" + std::string(2000, '\0'), "package.not-an-ova", "VMDK");
  expect_refused("", "package.not-an-ova", "empty");
}

TEST_F(PackageTest, OneDescriptorIsWanted) {
  expect_refused(member("d.vmdk", "x") + kEnd, "package.no-descriptor", ".ovf");
  expect_refused(member("a.ovf", "x") + member("b.ovf", "y") + kEnd, "package.two-descriptors",
                 "b.ovf");
  expect_refused(member("a.ovf", "x") + member("old/b.ovf", "y") + kEnd, "package.two-descriptors",
                 "old/b.ovf");
  expect_refused(member("a.ova", "x") + kEnd, "package.no-descriptor", "unpack it");
  EXPECT_TRUE(open(member("._a.ovf", "x") + member("a.ovf", "y") + kEnd).ok());
}

TEST_F(PackageTest, DescriptorThatIsNotFirstIsAConcern) {
  ASSERT_TRUE(open(member("d.vmdk", "x") + member("a.ovf", "y") + kEnd).ok());
  EXPECT_TRUE(has_concern("package.order"));
}

TEST_F(PackageTest, HrefsAreDecodedAndMatchedLoosely) {
  const auto package = open(member("a.ovf", "<x/>") + member("my disk.vmdk", "x") +
                            member("Other.vmdk", "y") + member("odd%a.vmdk", "z") + kEnd);
  ASSERT_TRUE(package.ok());
  Concerns none;
  EXPECT_EQ(package->find("my%20disk.vmdk", none).value()->name, "my disk.vmdk");
  EXPECT_EQ(package->find("./my disk.vmdk", none).value()->name, "my disk.vmdk");
  EXPECT_EQ(package->find("odd%a.vmdk", none).value()->name, "odd%a.vmdk");
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(package->find("other.VMDK", none).value()->name, "Other.vmdk");
  EXPECT_EQ(none.size(), 1U);
  EXPECT_EQ(package->find("absent.vmdk", none).error().code, "package.missing-file");
  EXPECT_EQ(package->find("../a.ovf", none).error().code, "package.unsafe-name");
}

TEST_F(PackageTest, HrefsAreMatchedInAnyUnicodeFormAndCase) {
  const auto package =
      open(member("a.ovf", "<x/>") + member("caf\u00e9.vmdk", "x") +
           member("STRA\u00dfE.vmdk", "y") + member("\u65e5\u672c.vmdk", "z") + kEnd);
  ASSERT_TRUE(package.ok()) << describe(package.error());
  EXPECT_TRUE(concerns_.empty());
  Concerns found;
  EXPECT_EQ(package->find("caf%C3%A9.vmdk", found).value()->name, "caf\u00e9.vmdk");
  EXPECT_EQ(package->find("caf%E9.vmdk", found).value()->name, "caf\u00e9.vmdk");
  EXPECT_EQ(package->find("\u65e5\u672c.vmdk", found).value()->name, "\u65e5\u672c.vmdk");
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(package->find("cafe\u0301.vmdk", found).value()->name, "caf\u00e9.vmdk");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.back().code, "package.unicode-form");
  EXPECT_EQ(package->find("CAFE\u0301.vmdk", found).value()->name, "caf\u00e9.vmdk");
  EXPECT_EQ(package->find("strasse.vmdk", found).value()->name, "STRA\u00dfE.vmdk");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found.back().code, "package.case");
}

TEST_F(PackageTest, DuplicatesInAnotherUnicodeFormOrCaseAreRefused) {
  const std::string front = member("a.ovf", "<x/>") + member("caf\u00e9", "x");
  expect_refused(front + member("cafe\u0301", "y") + kEnd, "package.duplicate");
  expect_refused(front + member("CAF\u00c9", "y") + kEnd, "package.duplicate");
  EXPECT_TRUE(open(front + member("cafe", "y") + kEnd).ok());
}

TEST_F(PackageTest, NamesThatAreNotUtf8AreGuessedWithAConcern) {
  const auto package = open(member("a.ovf", "<x/>") + member("caf\351.vmdk", "latin") +
                            member("\201ber.vmdk", "dos") + kEnd);
  ASSERT_TRUE(package.ok()) << describe(package.error());
  EXPECT_EQ(package->entries()[1].name, "caf\u00e9.vmdk");
  EXPECT_EQ(package->entries()[2].name, "\u00fcber.vmdk");
  EXPECT_TRUE(has_concern("package.name-encoding"));
  expect_refused(member("a.ovf", "<x/>") + member("../caf\351", "x") + kEnd, "package.unsafe-name");
}

TEST_F(PackageTest, FilesInFoldersOfADirectoryAreTakenWhenTheyAreNamed) {
  fs::create_directories(root_ / "disks/old");
  fs::create_directories(root_ / "secret");
  std::ofstream(root_ / "a.ovf") << "<x/>";
  std::ofstream(root_ / "disks/d.vmdk") << "disk";
  std::ofstream(root_ / "disks/other.ovf") << "<x/>";
  std::ofstream(root_ / "disks/old/d.vmdk") << "old";
  std::ofstream(root_ / "secret/x") << "x";
  fs::create_symlink(root_ / "secret", root_ / "link");
  fs::create_symlink(root_ / "secret/x", root_ / "disks/x");
  auto package = Package::open(root_, concerns_);
  ASSERT_TRUE(package.ok()) << describe(package.error());
  EXPECT_EQ(package->entries().size(), 1U);
  for (const char* href : {"disks/d.vmdk", "disks/x", "link/x", "absent/x", "../secret/x",
                           "/etc/passwd", "disks%2Fold/d.vmdk"})
    EXPECT_TRUE(package->add_folder_of(href).ok()) << href;
  EXPECT_EQ(package->read(*package->find("disks/d.vmdk", concerns_).value(), 9).value(), "disk");
  EXPECT_EQ(package->read(*package->find("disks/old/d.vmdk", concerns_).value(), 9).value(), "old");
  EXPECT_EQ(package->entries().size(), 3U);
  EXPECT_EQ(package->find("link/x", concerns_).error().code, "package.missing-file");
  EXPECT_EQ(package->find("disks/x", concerns_).error().code, "package.missing-file");
  EXPECT_EQ(package->find("../secret/x", concerns_).error().code, "package.unsafe-name");
  EXPECT_EQ(package->find("/etc/passwd", concerns_).error().code, "package.unsafe-name");
}

TEST_F(PackageTest, AmbiguousHrefIsRefused) {
  const auto package =
      open(member("a.ovf", "<x/>") + member("d%20x", "1") + member("d x", "2") + kEnd);
  Concerns none;
  EXPECT_EQ(package->find("d%20x", none).error().code, "package.ambiguous-href");
}

TEST_F(PackageTest, DirectoryTakesRegularFilesOnly) {
  std::ofstream(root_ / "a.ovf") << "<x/>";
  std::ofstream(root_ / "disk.vmdk") << "disk";
  fs::create_symlink("/etc/passwd", root_ / "link.vmdk");
  ASSERT_EQ(::mkfifo((root_ / "fifo.vmdk").c_str(), 0600), 0);
  const auto package = Package::open(root_, concerns_);
  ASSERT_TRUE(package.ok()) << describe(package.error());
  EXPECT_EQ(package->kind(), Kind::directory);
  EXPECT_EQ(package->entries().size(), 2U);
  EXPECT_EQ(Package::open(root_ / "a.ovf", concerns_)->descriptor().name, "a.ovf");
}

TEST_F(PackageTest, MissingFileIsAnError) {
  EXPECT_EQ(Package::open(root_ / "absent.ova", concerns_).error().kind, ErrorKind::not_found);
  EXPECT_EQ(Package::open(root_ / "absent.ovf", concerns_).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace ovaport::package
