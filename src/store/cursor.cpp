#include "cursor.h"

#include <utility>

namespace ovaport::store {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kLongest = 8192;

}  // namespace

std::string make_cursor(const std::vector<std::string>& fields) {
  std::string text;
  for (const std::string& field : fields) {
    for (const char c : field) {
      const auto byte = static_cast<unsigned char>(c);
      text += kDigits[byte >> 4U];
      text += kDigits[byte & 15U];
    }
    text += '.';
  }
  return text;
}

std::optional<std::vector<std::string>> parse_cursor(std::string_view text, std::size_t count) {
  if (text.size() > kLongest) return std::nullopt;
  std::vector<std::string> fields;
  std::string field;
  while (!text.empty()) {
    if (text.front() == '.') {
      fields.push_back(std::move(field));
      field.clear();
      text.remove_prefix(1);
      continue;
    }
    if (text.size() < 2) return std::nullopt;
    const auto high = kDigits.find(text[0]);
    const auto low = kDigits.find(text[1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    field += static_cast<char>(high * 16 + low);
    text.remove_prefix(2);
  }
  if (!field.empty() || fields.size() != count) return std::nullopt;
  return fields;
}

}  // namespace ovaport::store
