#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <cstdlib>

#include "support.h"

namespace ovaport::disk {
namespace {

constexpr std::size_t kGrain = std::size_t{128} * 512;

std::string text_grain(char c) {
  std::string grain(kGrain, c);
  for (std::size_t i = 0; i < grain.size(); i += 97)
    grain[i] = static_cast<char>(i);
  return grain;
}

class StreamVmdk : public testing::Test {
 protected:
  Result<DecodeReport> run(const std::string& bytes, const DecodeOptions& options = {},
                           const std::vector<Digest>& expected = {}) {
    write_file(scratch_ / "disk.vmdk", bytes);
    DiskInput input = input_of(scratch_ / "disk.vmdk");
    input.expected = expected;
    return decode(input, scratch_ / "disk.raw", options);
  }
  void expect_refused(const std::string& bytes, const std::string& code) {
    const auto report = run(bytes);
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code, code) << describe(report.error());
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "disk.raw"));
  }
  Scratch scratch_;
};

TEST_F(StreamVmdk, DecodesGrainsToTheirPlaces) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}, {128, text_grain('b')}, {512, text_grain('c')}};
  const auto report = run(make_vmdk(recipe));
  ASSERT_TRUE(report.ok()) << describe(report.error());
  EXPECT_EQ(report->size, 1024U * 512);
  EXPECT_EQ(report->written, 3 * kGrain);
  std::string wanted(std::size_t{1024} * 512, '\0');
  wanted.replace(0, kGrain, text_grain('a'));
  wanted.replace(kGrain, kGrain, text_grain('b'));
  wanted.replace(std::size_t{512} * 512, kGrain, text_grain('c'));
  EXPECT_EQ(read_all(scratch_ / "disk.raw"), wanted);
}

TEST_F(StreamVmdk, GrainsOfZerosBecomeHoles) {
  VmdkRecipe recipe;
  recipe.grains = {{0, std::string(kGrain, '\0')}, {128, text_grain('b')}};
  const auto report = run(make_vmdk(recipe));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->written, kGrain);
}

TEST_F(StreamVmdk, LastGrainMayReachBeyondTheEnd) {
  VmdkRecipe recipe;
  recipe.capacity = 131;
  recipe.grains = {{128, text_grain('z')}};
  const auto report = run(make_vmdk(recipe));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(read_all(scratch_ / "disk.raw").size(), 131U * 512);
  EXPECT_EQ(read_all(scratch_ / "disk.raw").substr(std::size_t{128} * 512),
            text_grain('z').substr(0, 3 * 512));
}

TEST_F(StreamVmdk, OutputHasTheGreaterOfCapacityAndImage) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  DecodeOptions options;
  options.capacity = 1 << 20;
  const auto greater = run(make_vmdk(recipe), options);
  ASSERT_TRUE(greater.ok());
  EXPECT_EQ(greater->size, 1U << 20);
  EXPECT_EQ(greater->concerns.size(), 1U);
  std::filesystem::remove(scratch_ / "disk.raw");
  options.capacity = 512;
  EXPECT_EQ(run(make_vmdk(recipe), options)->size, 1024U * 512);
}

TEST_F(StreamVmdk, DigestsThePackedBytes) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  const std::string bytes = make_vmdk(recipe) + "trailing bytes count too";
  const auto report = run(bytes, {}, {digest_of(DigestAlgorithm::sha512, bytes)});
  ASSERT_TRUE(report.ok()) << describe(report.error());
  EXPECT_THAT(report->files.at(0).digests,
              testing::ElementsAre(digest_of(DigestAlgorithm::sha256, bytes),
                                   digest_of(DigestAlgorithm::sha512, bytes)));
}

TEST_F(StreamVmdk, WrongDigestNamesBothAndLeavesNothing) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  const std::string bytes = make_vmdk(recipe);
  const Digest wanted = digest_of(DigestAlgorithm::sha1, "something else");
  const auto report = run(bytes, {}, {wanted});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, "disk.digest-mismatch");
  EXPECT_EQ(report.error().file, "disk.vmdk");
  EXPECT_THAT(report.error().message, testing::HasSubstr(wanted.hex));
  EXPECT_THAT(report.error().message,
              testing::HasSubstr(digest_of(DigestAlgorithm::sha1, bytes).hex));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "disk.raw"));
}

TEST_F(StreamVmdk, TruncationIsFoundWhereverItIs) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}, {128, text_grain('b')}};
  const std::string bytes = make_vmdk(recipe);
  for (std::size_t size = 512; size < bytes.size(); size += 512 * 7) {
    const auto report = run(bytes.substr(0, size));
    ASSERT_FALSE(report.ok()) << size;
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "disk.raw"));
  }
}

TEST_F(StreamVmdk, TruncationIsFoundBehindPaddingWithZeros) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}, {128, text_grain('b')}, {256, text_grain('c')}};
  const std::string bytes = make_vmdk(recipe);
  VmdkRecipe shorter = recipe;
  shorter.grains.resize(1);
  const std::size_t cut = make_vmdk(shorter).size() - std::size_t{512} * 11;
  expect_refused(bytes.substr(0, cut) + std::string(bytes.size() - cut, '\0'), "disk.truncated");
}

TEST_F(StreamVmdk, DamageIsToldAsTheDigestMismatchThatItIs) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  std::string bytes = make_vmdk(recipe);
  const Digest wanted = digest_of(DigestAlgorithm::sha256, bytes);
  bytes[std::size_t{128} * 512 + 40] ^= 0x55;
  const auto report = run(bytes, {}, {wanted});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, "disk.digest-mismatch") << describe(report.error());
}

TEST_F(StreamVmdk, StreamWithoutARangeIsDecodedToo) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  write_file(scratch_ / "disk.vmdk", make_vmdk(recipe));
  const auto report =
      decode(input_of(scratch_ / "disk.vmdk", false), scratch_ / "disk.raw", DecodeOptions{});
  ASSERT_TRUE(report.ok()) << describe(report.error());
  EXPECT_EQ(report->written, kGrain);
}

TEST_F(StreamVmdk, DamagedGrainIsNamed) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  std::string bytes = make_vmdk(recipe);
  bytes[std::size_t{128} * 512 + 40] ^= 0x55;
  expect_refused(bytes, "disk.vmdk-grain");
}

TEST_F(StreamVmdk, GrainsOutsideTheDiskOrRepeatedAreRefused) {
  VmdkRecipe recipe;
  recipe.grains = {{1024, text_grain('a')}};
  expect_refused(make_vmdk(recipe), "disk.vmdk-grain");
  recipe.grains = {{0, text_grain('a')}, {0, text_grain('b')}};
  expect_refused(make_vmdk(recipe), "disk.vmdk-grain");
  recipe.grains = {{3, text_grain('a')}};
  expect_refused(make_vmdk(recipe), "disk.vmdk-grain");
}

TEST_F(StreamVmdk, GrainThatInflatesBeyondItsSizeIsRefused) {
  VmdkRecipe recipe;
  recipe.grains = {{0, std::string(16 * kGrain, 'x')}};
  expect_refused(make_vmdk(recipe), "disk.vmdk-grain");
}

TEST_F(StreamVmdk, MarkersWithAbsurdSizesAreRefused) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  std::string bytes = make_vmdk(recipe);
  const std::uint32_t huge = 0xFFFFFFFF;
  bytes.replace(std::size_t{128} * 512 + 8, 4, reinterpret_cast<const char*>(&huge), 4);
  expect_refused(bytes, "disk.vmdk-grain");
}

TEST_F(StreamVmdk, MissingFooterIsTruncation) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  recipe.footer = false;
  expect_refused(make_vmdk(recipe), "disk.truncated");
}

TEST_F(StreamVmdk, NameOfTheExtentMayBeAnother) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  recipe.descriptor = vmdk_descriptor("streamOptimized", "RDONLY 1024 SPARSE \"generated.vmdk\"");
  EXPECT_TRUE(run(make_vmdk(recipe)).ok());
}

TEST_F(StreamVmdk, HeaderVersionsOneToThreeAreRead) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  for (recipe.version = 1; recipe.version <= 3; ++recipe.version) {
    const auto report = run(make_vmdk(recipe));
    EXPECT_TRUE(report.ok()) << describe(report.error());
    std::filesystem::remove(scratch_ / "disk.raw");
  }
}

/// New threads get a stack that no machine has room for.
class NoThreads {
 public:
  NoThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, std::size_t{1} << 46);
    ok_ = pthread_setattr_default_np(&huge) == 0;
    pthread_attr_destroy(&huge);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
  ~NoThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  pthread_attr_t before_;
  bool ok_ = false;
};

TEST_F(StreamVmdk, ThreadThatCannotStartIsAnError) {
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  const NoThreads none;
  if (!none.ok()) GTEST_SKIP() << "the size of new threads' stacks cannot be set here";
  const auto report = run(make_vmdk(recipe));
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, "base.io") << describe(report.error());
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "disk.raw"));
}

TEST_F(StreamVmdk, StopRequestEndsTheWork) {
  std::stop_source source;
  source.request_stop();
  DecodeOptions options;
  options.stop = source.get_token();
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  const auto report = run(make_vmdk(recipe), options);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::cancelled);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "disk.raw"));
}

TEST_F(StreamVmdk, ExistingTargetIsNotTouched) {
  write_file(scratch_ / "disk.raw", "mine");
  VmdkRecipe recipe;
  recipe.grains = {{0, text_grain('a')}};
  const auto report = run(make_vmdk(recipe));
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::conflict);
  EXPECT_EQ(read_all(scratch_ / "disk.raw"), "mine");
}

TEST_F(StreamVmdk, ManyGrainsOnManyWorkersArriveWhole) {
  VmdkRecipe recipe;
  recipe.capacity = 128 * 400;
  std::string wanted(recipe.capacity * 512, '\0');
  unsigned seed = 7;
  for (std::uint64_t i = 0; i < 400; i += 1 + i % 3) {
    std::string grain(kGrain, '\0');
    for (char& c : grain)
      c = static_cast<char>((seed = seed * 1103515245 + 12345) >> 24);
    wanted.replace(i * kGrain, kGrain, grain);
    recipe.grains.emplace_back(i * 128, std::move(grain));
  }
  DecodeOptions options;
  options.workers = 5;
  const auto report = run(make_vmdk(recipe), options);
  ASSERT_TRUE(report.ok()) << describe(report.error());
  EXPECT_TRUE(read_all(scratch_ / "disk.raw") == wanted);
}

}  // namespace
}  // namespace ovaport::disk
