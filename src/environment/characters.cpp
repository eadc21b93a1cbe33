#include "characters.h"

#include <algorithm>

#include "ovaport/base/text.h"

namespace ovaport::environment {

namespace {

bool is_forbidden_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

bool is_noncharacter(std::string_view character) {
  return character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
}

// Length of the well-formed character at the start of `text`; 0 when there is none.
std::size_t character_length(std::string_view text) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length)
    if (is_utf8(text.substr(0, length))) return length;
  return 0;
}

}  // namespace

bool is_xml_text(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), is_forbidden_control) || !is_utf8(text)) return false;
  return text.find("\xEF\xBF\xBE") == std::string_view::npos &&
         text.find("\xEF\xBF\xBF") == std::string_view::npos;
}

std::string repair_xml_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    const bool bad =
        length == 0 || is_forbidden_control(character.front()) || is_noncharacter(character);
    out += bad ? std::string_view("\xEF\xBF\xBD") : character;
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace ovaport::environment
