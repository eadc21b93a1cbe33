#include "ovaport/package/packed_stream.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "support.h"

namespace ovaport::package {
namespace {

/// A stream over bytes that the test holds.
class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<std::byte> out) override {
    const std::size_t count = std::min(out.size(), text_.size() - at_);
    std::memcpy(out.data(), text_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

OpenPart part(const std::string& text) {
  return [text]() -> Result<std::unique_ptr<ByteSource>> {
    return std::unique_ptr<ByteSource>(std::make_unique<TextSource>(text));
  };
}

/// All of a stream, read in pieces of `piece`; the code of the error if there is one.
std::string all_of(ByteSource& source, std::size_t piece) {
  std::string text;
  std::vector<std::byte> buffer(piece);
  while (true) {
    const auto got = source.read(buffer);
    if (!got.ok()) return got.error().code;
    text.append(reinterpret_cast<const char*>(buffer.data()), *got);
    if (*got < piece) return text;
  }
}

std::string unpacked(const std::string& packed, std::size_t piece = 1000) {
  auto source = gunzip(std::make_unique<TextSource>(packed), "a.gz");
  EXPECT_TRUE(source.ok());
  return all_of(**source, piece);
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string text(size, '\0');
  for (char& c : text)
    c = static_cast<char>(random() % 7);
  return text;
}

TEST(PackedStream, PartsFollowEachOtherWhateverTheirSizes) {
  for (const std::size_t piece : {1U, 3U, 7U, 100U}) {
    const auto joined = concatenate({part("abc"), part(""), part("d"), part("efgh"), part("")});
    EXPECT_EQ(all_of(*joined, piece), "abcdefgh");
  }
  EXPECT_EQ(all_of(*concatenate({}), 10), "");
}

TEST(PackedStream, GzipIsUnpackedInPiecesOfAnySize) {
  const std::string text = noise(300'000);
  for (const std::size_t piece : {1'000U, 65'536U, 1'000'000U})
    EXPECT_EQ(unpacked(gzip(text), piece), text);
  EXPECT_EQ(unpacked(gzip("")), "");
}

TEST(PackedStream, SeveralMembersAndPaddingAreRead) {
  EXPECT_EQ(unpacked(gzip("one") + gzip("two")), "onetwo");
  EXPECT_EQ(unpacked(gzip("one") + std::string(5000, '\0')), "one");
}

TEST(PackedStream, DamageIsAnError) {
  const std::string good = gzip(noise(100'000));
  EXPECT_EQ(unpacked(good.substr(0, good.size() / 2)), "package.gzip");
  EXPECT_EQ(unpacked(good.substr(0, good.size() - 1)), "package.gzip");
  std::string flipped = good;
  flipped[flipped.size() - 3] ^= 1;  // in the length at the end
  EXPECT_EQ(unpacked(flipped), "package.gzip");
  EXPECT_EQ(unpacked("no gzip at all"), "package.gzip");
  EXPECT_EQ(unpacked(gzip("one") + "garbage"), "package.gzip");
}

}  // namespace
}  // namespace ovaport::package
