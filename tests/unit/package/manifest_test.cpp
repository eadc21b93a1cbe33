#include "ovaport/package/manifest.h"

#include <gtest/gtest.h>

namespace ovaport::package {
namespace {

const std::string kSha1(40, 'a');
const std::string kSha256(64, 'b');

TEST(Manifest, AcceptsEverySyntaxMixedInOneFile) {
  Concerns concerns;
  const auto text = "SHA1(a.ovf)= " + kSha1 + "\r\n\r\nSHA2-256(b.vmdk)=" + std::string(64, 'B') +
                    "\nSHA256 (c (1).vmdk) = " + kSha256 + "\n" + kSha256 + "  ./d.iso\n" + kSha1 +
                    " *e.nvram";
  auto manifest = parse_manifest(text, "a.mf", concerns);
  ASSERT_TRUE(manifest.ok());
  std::size_t forms = 0;
  for (const Concern& concern : concerns)
    forms += concern.code == "package.manifest-form" ? 1 : 0;
  EXPECT_EQ(forms, 3U);  // BSD's, OpenSSL 3's and sha256sum's, each said once
  EXPECT_EQ(concerns.size(), forms);
  EXPECT_EQ(manifest->digests.size(), 5U);
  for (const auto* name : {"b.vmdk", "c (1).vmdk", "d.iso"}) {
    ASSERT_EQ(manifest->find(name).size(), 1U) << name;
    EXPECT_EQ(manifest->find(name)[0], (Digest{DigestAlgorithm::sha256, kSha256})) << name;
  }
  for (const auto* name : {"a.ovf", "e.nvram"}) {
    ASSERT_EQ(manifest->find(name).size(), 1U) << name;
    EXPECT_EQ(manifest->find(name)[0], (Digest{DigestAlgorithm::sha1, kSha1})) << name;
  }
}

TEST(Manifest, RefusesTwoDigestsForOneFile) {
  Concerns concerns;
  auto manifest = parse_manifest("SHA1(a)= " + kSha1 + "\nSHA1(./a)= " + std::string(40, 'c'),
                                 "x.mf", concerns);
  ASSERT_FALSE(manifest.ok());
  EXPECT_EQ(manifest.error().code, "package.manifest-conflict");
}

TEST(Manifest, KeepsOneDigestOfEachAlgorithm) {
  Concerns concerns;
  const auto manifest = parse_manifest(
      "\xEF\xBB\xBFSHA1(a)= " + kSha1 + "\nSHA256(a)= " + kSha256 + "\nSHA256(a)= " + kSha256,
      "x.mf", concerns);
  ASSERT_TRUE(manifest.ok());
  EXPECT_TRUE(concerns.empty());
  EXPECT_EQ(manifest->find("a").size(), 2U);
  EXPECT_TRUE(manifest->find("b").empty());
}

TEST(Manifest, LeavesUnknownLinesUnverifiedAndSaysSo) {
  Concerns concerns;
  auto manifest = parse_manifest("MD5(a)= 00\nSHA256(b)= 12\nnonsense\nSHA1(x.mf)= " + kSha1 + "\n",
                                 "x.mf", concerns);
  ASSERT_TRUE(manifest.ok());
  EXPECT_TRUE(manifest->digests.empty());
  ASSERT_EQ(concerns.size(), 4U);
  EXPECT_EQ(concerns[1].code, "package.manifest-line");
  EXPECT_EQ(concerns[1].line, 2);
  EXPECT_EQ(concerns[3].code, "package.manifest-lists-itself");
}

TEST(Manifest, BoundsTheConcernsOfAHostileFile) {
  Concerns concerns;
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += "x\n";
  ASSERT_TRUE(parse_manifest(text, "x.mf", concerns).ok());
  EXPECT_EQ(concerns.size(), 100U);
}

}  // namespace
}  // namespace ovaport::package
