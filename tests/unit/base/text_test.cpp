#include "ovaport/base/text.h"

#include <gtest/gtest.h>

namespace ovaport {
namespace {

TEST(Escaped, ShowsControlAndFormatCharacters) {
  EXPECT_EQ(escaped("a\nb\x1b[31m"), "a\\nb\\x1b[31m");
  EXPECT_EQ(escaped("a\xE2\x80\xAE"
                    "b"),
            "a\\u{202e}b");
  EXPECT_EQ(escaped("\xff\xc0\x80"), "\\xff\\xc0\\x80");
  EXPECT_EQ(escaped("虚拟机"), "虚拟机");
}

TEST(Escaped, StopsAtTheLimit) {
  EXPECT_EQ(escaped(std::string(300, 'a'), 3), "aaa…");
}

TEST(Quote, EscapesQuotesAndBackslashes) {
  EXPECT_EQ(quote(R"(a"b\c)"), R"("a\"b\\c")");
}

TEST(IsUtf8, RefusesOverlongAndSurrogates) {
  EXPECT_TRUE(is_utf8("grün 虚 😀"));
  EXPECT_FALSE(is_utf8("\xc0\xaf"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
  EXPECT_FALSE(is_utf8("\xe2\x82"));
}

TEST(Utf8Length, CountsCharactersNotBytes) {
  EXPECT_EQ(utf8_length("grün😀"), 5U);
}

TEST(ParseUnsigned, TakesWholeNumbersOnly) {
  EXPECT_EQ(parse_unsigned("18446744073709551615"), 18446744073709551615ULL);
  EXPECT_FALSE(parse_unsigned("18446744073709551616"));
  EXPECT_FALSE(parse_unsigned("-1"));
  EXPECT_FALSE(parse_unsigned("1 "));
  EXPECT_FALSE(parse_unsigned(""));
}

TEST(FormatBytes, UsesBinaryUnits) {
  EXPECT_EQ(format_bytes(512), "512 B");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(10ULL << 30), "10 GiB");
}

TEST(Nearest, FindsATypingErrorAndNothingElse) {
  EXPECT_EQ(nearest("hostnmae", {"hostname", "gateway"}), "hostname");
  EXPECT_FALSE(nearest("xyz", {"hostname", "gateway"}));
}

TEST(CompareVersions, TakesNumbersAsNumbers) {
  EXPECT_LT(compare_versions("6.1.0-9-amd64", "6.1.0-10-amd64"), 0);
  EXPECT_GT(compare_versions("6.10.1", "6.9.12"), 0);
  EXPECT_GT(compare_versions("2", "1.10"), 0);
  EXPECT_EQ(compare_versions("5.4.0", "5.4.0"), 0);
  EXPECT_EQ(compare_versions("1.09", "1.9"), 0);
  EXPECT_LT(compare_versions("5.4", "5.4.1"), 0);
  EXPECT_LT(compare_versions("", "0"), 0);
  EXPECT_LT(compare_versions("1.0a", "1.0b"), 0);
  EXPECT_LT(compare_versions("1.0b", "1.0\u00e9"), 0);
  EXPECT_LT(compare_versions("99999999999999999999", "100000000000000000000"), 0);
}

TEST(Split, DropsEmptyPieces) {
  const auto pieces = split(" a, b ,,c", ", ");
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[2], "c");
}

}  // namespace
}  // namespace ovaport
