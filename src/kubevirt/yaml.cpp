#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "ovaport/base/text.h"
#include "ovaport/kubevirt/manifests.h"

namespace ovaport::kubevirt {

using Json = nlohmann::ordered_json;

namespace {

// JSON writes a character beyond U+FFFF as two escapes, YAML as one of eight digits.
std::string with_long_escapes(const std::string& json) {
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] != '\\') {
      out += json[i];
      continue;
    }
    const bool high = json.compare(i + 1, 2, "ud") == 0 && i + 11 < json.size() &&
                      std::string_view("89ab").find(json[i + 3]) != std::string_view::npos;
    if (!high) {
      out += json.substr(i, 2);
      ++i;
      continue;
    }
    const unsigned long lead = std::stoul(json.substr(i + 2, 4), nullptr, 16);
    const unsigned long trail = std::stoul(json.substr(i + 8, 4), nullptr, 16);
    const unsigned long point = 0x10000 + ((lead - 0xD800) << 10) + (trail - 0xDC00);
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "\\U%08lx", point);
    out += text.data();
    i += 11;
  }
  return out;
}

// The code point at the beginning of well-formed UTF-8.
struct CodePoint {
  char32_t value;
  std::size_t size;
};

CodePoint code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const std::size_t size = byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  char32_t value = byte(0) & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i)
    value = value << 6U | (byte(i) & 0x3FU);
  return {value, size};
}

// Whether every YAML reader takes the character as it stands, and people see it.
bool is_visible(char32_t c) {
  struct Range {
    char32_t first, last;
  };
  constexpr std::array<Range, 8> kHidden{{{0, 0x1F},             // controls
                                          {0x7F, 0x9F},          // DEL, C1 with NEL
                                          {0x200B, 0x200F},      // zero width, direction marks
                                          {0x2028, 0x202E},      // line separators, direction
                                          {0x2060, 0x206F},      // invisible, direction
                                          {0xFEFF, 0xFEFF},      // byte order mark
                                          {0xFFF9, 0xFFFF},      // specials
                                          {0xE0000, 0xE0FFF}}};  // tags, variations
  return std::none_of(kHidden.begin(), kHidden.end(),
                      [&](const Range& range) { return c >= range.first && c <= range.last; });
}

bool all_visible(std::string_view text, bool but_for_line_feeds) {
  if (!is_utf8(text)) return false;
  while (!text.empty()) {
    const CodePoint c = code_point(text);
    if (!is_visible(c.value) && !(but_for_line_feeds && c.value == U'\n')) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

std::string quoted(const std::string& text) {
  const bool ascii = !all_visible(text, true);
  return with_long_escapes(Json(text).dump(-1, ' ', ascii, Json::error_handler_t::replace));
}

// Whether a text of several lines can stand as a literal block, which people can read
// and edit, without a doubt about its first indentation or its end.
bool fits_block(const std::string& text) {
  if (text.find('\n') == std::string::npos || !all_visible(text, true)) return false;
  if (text.front() == ' ' || text.front() == '\n' || text.ends_with("\n\n")) return false;
  return text.find(" \n") == std::string::npos && text.back() != ' ';
}

/// Every text is written as a double-quoted scalar or a literal block, which mean the
/// same to every YAML reader; so no text of a package can turn into a number, a
/// boolean, a comment or a key.
class YamlWriter {
 public:
  std::string document(const Json& object) {
    out_ = "---\n";
    mapping(object, 0);
    return std::move(out_);
  }

 private:
  static bool is_word(const std::string& text) {
    if (text.empty() || text.size() > 63) return false;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    for (const char c : text)
      if (!letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '/') return false;
    if (!letter(text.front())) return false;
    // YAML 1.1 reads these as a boolean or null.
    constexpr std::array<std::string_view, 9> kReserved{"y",   "n",    "yes",   "no",  "on",
                                                        "off", "true", "false", "null"};
    return std::find(kReserved.begin(), kReserved.end(), to_lower(text)) == kReserved.end();
  }

  // Keys are ours; a plain one must not read as another type.
  void key(const std::string& text) { out_ += is_word(text) ? text : quoted(text); }

  void scalar(const Json& value) {
    out_ += value.is_string() ? quoted(value.get<std::string>()) : value.dump();
  }

  void indent(int depth) { out_.append(static_cast<std::size_t>(depth) * 2, ' '); }

  static bool is_block(const Json& value) { return value.is_structured() && !value.empty(); }

  void block(std::string_view text, int depth) {
    const bool ended = text.back() == '\n';
    if (ended) text.remove_suffix(1);
    out_ += ended ? " |\n" : " |-\n";
    for (;;) {
      const auto end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      if (!line.empty()) indent(depth);
      out_ += line;
      out_ += '\n';
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }

  void value(const Json& value, int depth) {
    if (value.is_string() && fits_block(value.get_ref<const std::string&>())) {
      block(value.get_ref<const std::string&>(), depth + 1);
    } else if (!is_block(value)) {
      out_ += ' ';
      scalar(value);
      out_ += '\n';
    } else if (value.is_object()) {
      out_ += '\n';
      mapping(value, depth + 1);
    } else {
      out_ += '\n';
      sequence(value, depth);
    }
  }

  void mapping(const Json& object, int depth, bool first_inline = false) {
    for (const auto& [name, item] : object.items()) {
      if (!first_inline) indent(depth);
      first_inline = false;
      key(name);
      out_ += ':';
      value(item, depth);
    }
  }

  void sequence(const Json& array, int depth) {
    for (const Json& item : array) {
      indent(depth);
      out_ += '-';
      if (item.is_object() && !item.empty()) {
        out_ += ' ';
        mapping(item, depth + 1, true);
      } else {
        value(item, depth + 1);
      }
    }
  }

  std::string out_;
};

}  // namespace

std::string to_yaml(const std::vector<Manifest>& manifests) {
  std::string text;
  for (const Manifest& manifest : manifests)
    text += YamlWriter().document(Json::parse(manifest.json));
  return text;
}

}  // namespace ovaport::kubevirt
