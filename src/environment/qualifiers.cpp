#include "qualifiers.h"

#include <optional>

#include "ovaport/base/text.h"

namespace ovaport::environment {

namespace {

constexpr std::string_view kBlank = " \t\r\n";

void skip_blanks(std::string_view& text) {
  const auto first = text.find_first_not_of(kBlank);
  text.remove_prefix(first == std::string_view::npos ? text.size() : first);
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

std::string_view take_word(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && is_word(text[length]))
    ++length;
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

// `text` starts with the quote. Only a quote and a backslash can be escaped; any
// other backslash stands for itself, as in Windows paths.
std::optional<std::string> take_quoted(std::string_view& text) {
  const char quote = text.front();
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      text.remove_prefix(i + 1);
      return out;
    }
    const bool escape = text[i] == '\\' && i + 1 < text.size() &&
                        (text[i + 1] == '"' || text[i + 1] == '\'' || text[i + 1] == '\\');
    if (escape) ++i;
    out += text[i];
  }
  return std::nullopt;
}

std::optional<std::string> take_argument(std::string_view& text, char close) {
  if (!text.empty() && (text.front() == '"' || text.front() == '\'')) return take_quoted(text);
  const char ends[] = {',', close, '\0'};
  const auto end = text.find_first_of(ends);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string argument(trimmed(text.substr(0, end)));
  text.remove_prefix(end);
  return argument;
}

char closing(char open) {
  switch (open) {
    case '(':
      return ')';
    case '{':
      return '}';
    case '[':
      return ']';
    default:
      return '\0';
  }
}

}  // namespace

bool take_arguments(std::string_view& text, std::vector<std::string>& arguments) {
  const char close = text.empty() ? '\0' : closing(text.front());
  if (close == '\0') return false;
  text.remove_prefix(1);
  skip_blanks(text);
  if (!text.empty() && text.front() == close) {
    text.remove_prefix(1);
    return true;
  }
  while (true) {
    skip_blanks(text);
    auto argument = take_argument(text, close);
    if (!argument) return false;
    arguments.push_back(std::move(*argument));
    skip_blanks(text);
    if (text.empty()) return false;
    const char next = text.front();
    text.remove_prefix(1);
    if (next == close) return true;
    if (next != ',') return false;
  }
}

QualifierList parse_qualifiers(std::string_view text) {
  QualifierList list;
  while (true) {
    const auto first = text.find_first_not_of(" \t\r\n,;");
    if (first == std::string_view::npos) return list;
    text.remove_prefix(first);
    Qualifier qualifier;
    qualifier.name = std::string(take_word(text));
    if (qualifier.name.empty()) break;
    skip_blanks(text);
    if (!text.empty() && (text.front() == '(' || text.front() == '{') &&
        !take_arguments(text, qualifier.arguments)) {
      break;
    }
    list.qualifiers.push_back(std::move(qualifier));
  }
  list.broken = true;
  return list;
}

}  // namespace ovaport::environment
