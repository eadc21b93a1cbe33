#include "core/iso.h"

#include "support.h"
#include "tiny_iso.h"

namespace ovaport::guest {
namespace {

struct Maker {
  std::string name;
  std::vector<std::string> command;  ///< {image}, {tree} and {document} are filled in.
  bool labelled = true;
};

std::string fill_in(std::string word, const std::filesystem::path& directory) {
  const std::pair<std::string, std::string> places[] = {
      {"{image}", (directory / "x.iso").string()},
      {"{tree}", (directory / "tree").string()},
      {"{document}", (directory / "tree/ovf-env.xml").string()}};
  for (const auto& [from, to] : places) {
    const auto at = word.find(from);
    if (at != std::string::npos) word.replace(at, from.size(), to);
  }
  return word;
}

std::vector<Maker> makers() {
  // The first is virt-launcher's command line for a Secret volume.
  const std::vector<std::string> kubevirt = {
      "xorrisofs", "-output", "{image}",       "-follow-links",        "-volid", "OVF ENV",
      "-joliet",   "-rock",   "-graft-points", "-partition_cyl_align", "on"};
  auto with = [](std::vector<std::string> base, std::vector<std::string> more) {
    base.insert(base.end(), more.begin(), more.end());
    return base;
  };
  auto genisoimage = [&](std::vector<std::string> more) {
    return with(with({"genisoimage", "-quiet", "-o", "{image}"}, std::move(more)), {"{tree}"});
  };
  auto libarchive = [](const std::string& options) {
    return std::vector<std::string>{
        "bsdtar", "-c",     "-f", "{image}", "--format=iso9660", "--options=" + options,
        "-C",     "{tree}", "."};
  };
  auto label = [&](const std::string& volume, std::vector<std::string> more) {
    return genisoimage(with({"-V", volume}, std::move(more)));
  };
  return {
      {"KubeVirtSecret", with(kubevirt, {"ovf-env.xml={document}"})},
      {"KubeVirtSecretWithItsLinks",
       with(kubevirt, {"ovf-env.xml={document}", "..data/ovf-env.xml={document}"})},
      {"XorrisoPlain", {"xorrisofs", "-o", "{image}", "-V", "OVFENV", "--norock", "{tree}"}},
      {"XorrisoDefaultLabel",
       {"xorrisofs", "-output", "{image}", "-volid", "cfgdata", "-joliet", "-rock", "-graft-points",
        "ovf-env.xml={document}"},
       false},
      {"GenisoimageJolietAndRockRidge", label("OVF ENV", {"-J", "-R"})},
      {"GenisoimageJoliet", label("OVF ENV", {"-J"})},
      {"GenisoimageRockRidge", label("ovf-transport", {"-R"})},
      {"GenisoimagePlain", label("OVF ENV", {})},
      {"GenisoimageRelaxed", label("OVF ENV", {"-relaxed-filenames", "-allow-lowercase", "-l"})},
      {"GenisoimageLevel3Udf", label("OVF ENV", {"-iso-level", "3", "-udf", "-J"})},
      {"GenisoimageIso9660Version2", label("OVF ENV", {"-iso-level", "4"})},
      {"GenisoimageBootable",
       label("OVF ENV", {"-J", "-R", "-c", "boot.cat", "-b", "loader", "-no-emul-boot"})},
      {"GenisoimageOtherLabel", label("MYDISK", {"-J", "-R"}), false},
      {"LibarchiveDefault", libarchive("volume-id=OVF ENV")},
      {"LibarchiveUseful", libarchive("volume-id=OVF ENV,rockridge=useful,joliet=1")},
      {"LibarchivePlain", libarchive("volume-id=OVFENV,!rockridge,!joliet")},
      {"LibarchiveRockRidge", libarchive("volume-id=OVFENV,!joliet")},
  };
}

class IsoImages : public Workplace, public testing::WithParamInterface<Maker> {};

TEST_P(IsoImages, GiveTheDocumentByteForByte) {
  put("tree/ovf-env.xml", document());
  put("tree/loader", std::string(2048, 'x'));
  std::vector<std::string> command;
  for (const auto& word : GetParam().command)
    command.push_back(fill_in(word, directory_));
  const auto made = run(command);
  if (!made.ok()) GTEST_SKIP() << command[0] << " is not installed";
  ASSERT_TRUE(made->ok()) << made->standard_error;
  Image image{contents(directory_ / "x.iso")};
  const auto answer = find_environment(image);
  EXPECT_EQ(answer.result, OVT_DISK_FOUND);
  EXPECT_EQ(answer.document, document());
  EXPECT_EQ(answer.labelled, GetParam().labelled);
}

INSTANTIATE_TEST_SUITE_P(All, IsoImages, testing::ValuesIn(makers()),
                         [](const auto& info) { return info.param.name; });

class Iso : public Workplace {
 protected:
  /// An image of everything below tree/, or an empty one when the tool is missing.
  Image genisoimage(const std::vector<std::string>& options) {
    const auto path = directory_ / "x.iso";
    std::vector<std::string> command = {"genisoimage", "-quiet", "-o", path};
    command.insert(command.end(), options.begin(), options.end());
    command.emplace_back(directory_ / "tree");
    const auto made = run(command);
    if (!made.ok()) return {};
    EXPECT_TRUE(made->ok()) << made->standard_error;
    return {contents(path)};
  }
};

TEST_F(Iso, FindsTheDocumentAmongManyFilesWithLongNames) {
  for (int i = 0; i < 400; i++)
    put("tree/" + std::string(180, 'a') + std::to_string(1000 + i), "x");
  for (int i = 0; i < 100; i++)
    put("tree/z" + std::string(200, 'a') + std::to_string(i), "x");
  put("tree/ovf-env.xml", document());
  Image image = genisoimage({"-R", "-V", "OVF ENV"});
  if (image.bytes.empty()) GTEST_SKIP() << "genisoimage is not installed";
  EXPECT_EQ(find_environment(image).document, document());
}

TEST_F(Iso, TakesTheRockRidgeNameWhenThePlainOneIsMangled) {
  put("tree/OVF_ENV.XML", "another file");
  put("tree/ovf-env.xml", document());
  Image image = genisoimage({"-R"});
  if (image.bytes.empty()) GTEST_SKIP() << "genisoimage is not installed";
  EXPECT_EQ(find_environment(image).document, document());
}

TEST_F(Iso, GoesByContentNotByName) {
  put("tree/ovf-env.xml", "<Environment xmlns=\"urn:other\"/>");
  put("tree/sub/ovf-env.xml", document());
  Image image = genisoimage({"-J", "-R", "-V", "OVF ENV"});
  if (image.bytes.empty()) GTEST_SKIP() << "genisoimage is not installed";
  EXPECT_EQ(find_environment(image).result, OVT_DISK_FOREIGN);
}

TEST(TinyIso, JoinsTheExtentsOfAFile) {
  const std::string whole = document();
  ASSERT_GT(whole.size(), 1000U);
  const auto rest = static_cast<std::uint32_t>(whole.size() - 1000);
  Image image{tiny_iso({{"OVF_ENV.XML;1", 20, 1000, 0x80}, {"OVF_ENV.XML;1", 19, rest, 0}},
                       {whole.substr(1000), whole.substr(0, 1000)})};
  EXPECT_EQ(find_environment(image).document, whole);
}

struct Lie {
  std::string name;
  std::vector<Record> records;
  ovt_disk expected;
};

class LyingIso : public testing::TestWithParam<Lie> {};

TEST_P(LyingIso, IsRefusedWithinTheLimit) {
  Image image{tiny_iso(GetParam().records, {"data"})};
  const auto answer = find_environment(image);
  EXPECT_EQ(answer.result, GetParam().expected);
  EXPECT_EQ(answer.document, "");
  EXPECT_LT(image.reads, 1000U);
}

INSTANTIATE_TEST_SUITE_P(
    All, LyingIso,
    testing::Values(
        Lie{"ExtentOutsideTheDisk", {{"OVF_ENV.XML;1", 0xfffffff0U, 100, 0}}, OVT_DISK_DAMAGED},
        Lie{"HugeFile", {{"OVF_ENV.XML;1", 19, 0xffffffffU, 0}}, OVT_DISK_FOREIGN},
        Lie{"EmptyFile", {{"OVF_ENV.XML;1", 19, 0, 0}}, OVT_DISK_FOREIGN},
        Lie{"ADirectoryOfThatName", {{"OVF_ENV.XML;1", 18, 2048, 2}}, OVT_DISK_FOREIGN},
        Lie{"ExtentsWithoutEnd", std::vector<Record>(30, {"OVF_ENV.XML;1", 18, 2048, 0x80}),
            OVT_DISK_FOREIGN}),
    [](const auto& info) { return info.param.name; });

TEST(TinyIso, BoundsTheWorkForARootWithoutEnd) {
  Image image{tiny_iso({{"OVF_ENV.XML;1", 19, 4, 0}}, {"data"})};
  put32(image.bytes, 16 * kSector + 156 + 10, 0xffffffffU);
  EXPECT_EQ(find_environment(image).result, OVT_DISK_DAMAGED);
  Image descriptors{std::string()};
  for (int i = 0; i < 400; i++)
    descriptors.bytes += image.bytes.substr(16 * kSector, kSector);
  EXPECT_NE(find_environment(descriptors).result, OVT_DISK_FOUND);
  EXPECT_LT(descriptors.reads, 20000U);
}

TEST(TinyIso, SurvivesEveryDamagedByte) {
  const std::string whole = document();
  const std::string image =
      tiny_iso({{"OVF_ENV.XML;1", 19, static_cast<std::uint32_t>(whole.size()), 0}},
               {whole.substr(0, kSector), whole.substr(std::min(whole.size(), kSector))});
  int found = 0;
  Image damaged{image};
  for (std::size_t at = 16 * kSector; at < 19 * kSector; at++) {
    // Beyond the records the root is empty, and the descriptors are mostly unused.
    if (image[at] == 0 && at % 16 != 0) continue;
    for (const char damage : {'\xff', '\x01', '\x80'}) {
      damaged.bytes[at] = static_cast<char>(image[at] ^ damage);
      const auto answer = find_environment(damaged);
      if (answer.result == OVT_DISK_FOUND) found++;
      EXPECT_LE(answer.document.size(), OVT_DOCUMENT_LIMIT);
    }
    damaged.bytes[at] = image[at];
  }
  EXPECT_GT(found, 0) << "most bytes do not matter";
}

TEST(TinyIso, AnswersForEveryTruncation) {
  const std::string whole = document();
  const std::string image =
      tiny_iso({{"OVF_ENV.XML;1", 19, static_cast<std::uint32_t>(whole.size()), 0}},
               {whole.substr(0, kSector), whole.substr(std::min(whole.size(), kSector))});
  for (std::size_t size = 0; size < image.size(); size += 512) {
    Image cut{image.substr(0, size)};
    const auto result = find_environment(cut).result;
    if (size < 17 * kSector) {
      EXPECT_EQ(result, OVT_DISK_NONE) << size;
    } else if (size < 19 * kSector) {
      EXPECT_EQ(result, OVT_DISK_DAMAGED) << size;
    }
  }
  Image empty;
  EXPECT_EQ(find_environment(empty).result, OVT_DISK_NONE);
}

}  // namespace
}  // namespace ovaport::guest
