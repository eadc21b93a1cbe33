#include "search_text.h"

#include <algorithm>

#include "ovaport/base/text.h"

namespace ovaport::store {

namespace {

constexpr std::size_t kLongest = 512;  // bytes
constexpr std::size_t kMostWords = 16;

/// Whether the tokenizer finds anything in it: beyond ASCII that is left to it.
bool has_token(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](unsigned char c) {
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

Error refused(std::string_view why) {
  return Error(ErrorKind::choice, "store.query", "the text cannot be searched: " + std::string(why))
      .advise("Search for a few words");
}

}  // namespace

Result<std::string> match_expression(std::string_view text) {
  if (text.size() > kLongest) return refused("it is too long");
  if (!is_utf8(text)) return refused("it is not UTF-8");
  std::string expression;
  std::size_t words = 0;
  for (const std::string_view word : split(text, std::string_view(" \t\r\n\0", 5))) {
    if (!has_token(word)) continue;
    if (++words > kMostWords) return refused("it has too many words");
    if (!expression.empty()) expression += " AND ";
    expression += '"';
    for (const char c : word)
      expression.append(c == '"' ? 2 : 1, c);
    expression += "\"*";
  }
  return expression;
}

}  // namespace ovaport::store
