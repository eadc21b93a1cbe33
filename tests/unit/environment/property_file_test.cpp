#include "ovaport/environment/property_file.h"

#include <gtest/gtest.h>

namespace ovaport::environment {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs read(std::string_view text) {
  const auto parsed = parse_property_file(text, "p.txt");
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : describe(parsed.error()));
  Pairs pairs;
  if (!parsed.ok()) return pairs;
  for (const Assignment& assignment : *parsed)
    pairs.emplace_back(assignment.key, assignment.value.reveal());
  return pairs;
}

Error refusal(std::string_view text) {
  auto parsed = parse_property_file(text, "p.txt");
  EXPECT_FALSE(parsed.ok());
  if (parsed.ok()) return {};
  EXPECT_EQ(parsed.error().code, "environment.property-file");
  EXPECT_EQ(parsed.error().file, "p.txt");
  return std::move(parsed).error();
}

TEST(PropertyFile, ReadsLinesAndKeepsValuesByteForByte) {
  EXPECT_EQ(read("# comment\n\n  # indented\na=1\n b = x = y \nc=\nd=\"q\" # no comment"),
            (Pairs{{"a", "1"}, {"b", " x = y "}, {"c", ""}, {"d", "\"q\" # no comment"}}));
}

TEST(PropertyFile, ReadsSeveralLinesUpToTheEndMark) {
  EXPECT_EQ(read("key<<END\nfirst\n second = 2 \n# kept\n\nEND\nnext=1\nempty<<E\nE\n"),
            (Pairs{{"key", "first\n second = 2 \n# kept\n"}, {"next", "1"}, {"empty", ""}}));
  EXPECT_EQ(read("a=<<x\n"), (Pairs{{"a", "<<x"}}));
}

TEST(PropertyFile, TakesWindowsLineEndsAndAByteOrderMark) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "a=1\r\nb<<E\r\nx\r\ny\r\nE\r\n"),
            (Pairs{{"a", "1"}, {"b", "x\ny"}}));
}

TEST(PropertyFile, ReadsAJsonObject) {
  EXPECT_EQ(
      read(
          R"( {"b": "x\ny", "a": true, "i": -5, "u": 18446744073709551615, "f": 1.50, "e": "", "n": false})"),
      (Pairs{{"b", "x\ny"},
             {"a", "true"},
             {"i", "-5"},
             {"u", "18446744073709551615"},
             {"f", "1.50"},
             {"e", ""},
             {"n", "false"}}));
  EXPECT_EQ(read("{}"), Pairs{});
  EXPECT_EQ(read(""), Pairs{});
}

TEST(PropertyFile, RefusesWhatIsNeither) {
  for (const char* text : {"novalue", "=x", "<<E\nx\nE\n", "a<<\nx\n", "a<<E\nx\n", "a=1\na=2",
                           "{\"a\":1,\"a\":2}", "{\"a\":null}", "{\"a\":[1]}", "{\"a\":{}}",
                           "{\"a\":1", "{\"a\":1} x", "{\"\":1}", "{a:1}", "{\"a\":\"\xff\"}"}) {
    refusal(text);
  }
  EXPECT_EQ(refusal("a=1\n\nbad").offset, 3U);
}

TEST(PropertyFile, NeverShowsAValue) {
  for (const char* text : {"hunter2", "a=1\na=hunter2", "p<<E\nhunter2", "{\"a\": hunter2}",
                           "{\"a\": [\"hunter2\"]}", "{\"a\": \"hunter2\xff\"}"}) {
    EXPECT_EQ(describe(refusal(text)).find("hunter2"), std::string::npos) << text;
  }
}

TEST(PropertyFile, RefusesAHugeFile) {
  EXPECT_NE(refusal(std::string(kPropertyFileLimit + 1, '\n')).message.find("16 MiB"),
            std::string::npos);
}

TEST(SplitAssignment, SplitsAtTheFirstEqualsSign) {
  const auto split = split_assignment(" a.b = x=y ");
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(split->key, "a.b");
  EXPECT_EQ(split->value.reveal(), " x=y ");
}

TEST(SplitAssignment, RefusesTextWithoutAKeyAndDoesNotShowIt) {
  for (const char* text : {"hunter2", "=hunter2", "", "  =hunter2"}) {
    const auto split = split_assignment(text);
    ASSERT_FALSE(split.ok());
    EXPECT_EQ(split.error().kind, ErrorKind::choice);
    EXPECT_EQ(describe(split.error()).find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace ovaport::environment
