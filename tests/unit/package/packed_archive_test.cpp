#include "packed_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "support.h"

namespace ovaport::package {
namespace {

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text)
    c = static_cast<char>(random() % 5);
  return text;
}

FileRange file_of(const std::string& bytes) {
  UniqueFd fd(::memfd_create("packed", MFD_CLOEXEC));
  EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return {std::make_shared<const UniqueFd>(std::move(fd)), 0, bytes.size()};
}

class PackedArchiveTest : public testing::Test {
 protected:
  Result<std::shared_ptr<PackedArchive>> open(const std::string& tar,
                                              const UnpackLimits& limits = {}) {
    return PackedArchive::open(file_of(gzip(tar)), Packing::gzip, "a.gz", concerns_, limits);
  }

  Concerns concerns_;
};

std::string read(ByteSource& source, std::size_t size) {
  std::string text(size, '\0');
  const auto got = source.read(std::as_writable_bytes(std::span(text)));
  if (!got.ok()) return got.error().code;
  text.resize(*got);
  return text;
}

std::string all_of(PackedArchive& archive, const std::string& name) {
  const auto source = archive.stream(Entry{name, 0, {}});
  return source.ok() ? read(**source, std::size_t{8} << 20) : source.error().code;
}

TEST_F(PackedArchiveTest, MembersAreReadInAnyOrderAndTwice) {
  const std::string first = noise(3'000'000, 1);
  const std::string second = noise(2'000'001, 2);
  const auto archive =
      open(member("a.ovf", "<x/>") + member("one", first) + member("two", second) + kEnd);
  ASSERT_TRUE(archive.ok()) << describe(archive.error());
  ASSERT_EQ((*archive)->entries().size(), 3U);
  EXPECT_EQ((*archive)->entries()[1].size, first.size());
  EXPECT_FALSE((*archive)->entries()[1].range);
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(all_of(**archive, "two") == second);
    EXPECT_TRUE(all_of(**archive, "one") == first);
    EXPECT_EQ(all_of(**archive, "a.ovf"), "<x/>");
  }
}

TEST_F(PackedArchiveTest, StreamsDoNotDisturbEachOther) {
  const std::string first = noise(3'000'000, 1);
  const std::string second = noise(3'000'000, 2);
  const auto archive = open(member("one", first) + member("two", second) + kEnd);
  ASSERT_TRUE(archive.ok());
  const auto a = (*archive)->stream((*archive)->entries()[0]);
  const auto b = (*archive)->stream((*archive)->entries()[1]);
  std::string got_a;
  std::string got_b;
  for (int i = 0; i < 31; ++i) {
    got_b += read(**b, 100'000);
    got_a += read(**a, 100'000);
  }
  EXPECT_TRUE(got_a == first);
  EXPECT_TRUE(got_b == second);
}

TEST_F(PackedArchiveTest, AnAbandonedStreamLeavesTheNextOneRight) {
  const std::string first = noise(3'000'000, 1);
  const auto archive = open(member("one", first) + member("two", "short") + kEnd);
  ASSERT_TRUE(archive.ok());
  read(**(*archive)->stream((*archive)->entries()[0]), 1'500'000);
  EXPECT_TRUE(all_of(**archive, "one") == first);
  read(**(*archive)->stream((*archive)->entries()[0]), 1'500'000);
  EXPECT_EQ(all_of(**archive, "two"), "short");
}

TEST_F(PackedArchiveTest, WhatUnpacksToMoreThanTheLimitIsStoppedWithItsNumbers) {
  const std::string tar = member("one", std::string(5 << 20, '\0')) + kEnd;
  const auto archive = open(tar, {1 << 20, 2});
  ASSERT_FALSE(archive.ok());
  EXPECT_EQ(archive.error().code, "package.bomb");
  EXPECT_THAT(describe(archive.error()), testing::HasSubstr("1 MiB and 2 times"));
  EXPECT_TRUE(open(tar, {6 << 20, 0}).ok());
}

TEST_F(PackedArchiveTest, SizesThatSumUpToMoreAreRefusedBeforeTheyAreRead) {
  const auto archive = open(header("one", 1ULL << 50) + "x");
  ASSERT_FALSE(archive.ok());
  EXPECT_EQ(archive.error().code, "package.bomb");
}

TEST_F(PackedArchiveTest, StopsOnRequest) {
  const std::string first = noise(3'000'000, 1);
  std::stop_source stop;
  const auto archive = PackedArchive::open(file_of(gzip(member("one", first) + kEnd)),
                                           Packing::gzip, "a.gz", concerns_, {}, stop.get_token());
  ASSERT_TRUE(archive.ok());
  stop.request_stop();
  EXPECT_EQ(all_of(**archive, "one"), "package.cancelled");
  const auto late = PackedArchive::open(file_of(gzip(kEnd)), Packing::gzip, "a.gz", concerns_, {},
                                        stop.get_token());
  EXPECT_EQ(late.error().kind, ErrorKind::cancelled);
}

TEST_F(PackedArchiveTest, AMemberThatIsCutOffIsRefused) {
  const auto archive = open(member("one", "1") + header("two", 500'000) + noise(1000, 1));
  ASSERT_FALSE(archive.ok());
  EXPECT_EQ(archive.error().kind, ErrorKind::integrity) << describe(archive.error());
}

TEST_F(PackedArchiveTest, DataBehindTheEndIsAConcern) {
  ASSERT_TRUE(open(member("one", "1") + kEnd + std::string(200'000, '\0')).ok());
  EXPECT_EQ(concerns_.size(), 1U);  // That it is compressed.
  ASSERT_TRUE(open(member("one", "1") + kEnd + std::string(200'000, '\0') + "more").ok());
  EXPECT_TRUE(std::any_of(concerns_.begin(), concerns_.end(),
                          [](const Concern& c) { return c.code == "package.trailing-data"; }));
}

TEST(UnpackLimits, DoNotOverflow) {
  EXPECT_EQ((UnpackLimits{16, 3}.most(4)), 28U);
  EXPECT_EQ((UnpackLimits{16, 3}.most(~std::uint64_t{0})), ~std::uint64_t{0});
}

}  // namespace
}  // namespace ovaport::package
