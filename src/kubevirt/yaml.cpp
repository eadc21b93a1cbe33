#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

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

std::string quoted(const std::string& text) {
  return with_long_escapes(Json(text).dump(-1, ' ', true, Json::error_handler_t::replace));
}

/// Every text is written as a double-quoted ASCII scalar, which means the same to
/// every YAML reader; so no text of a package can turn into a number, a boolean, a
/// comment or a line of its own.
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
    return letter(text.front());
  }

  // Keys are ours; a plain one must not read as another type.
  void key(const std::string& text) { out_ += is_word(text) ? text : quoted(text); }

  void scalar(const Json& value) {
    out_ += value.is_string() ? quoted(value.get<std::string>()) : value.dump();
  }

  void indent(int depth) { out_.append(static_cast<std::size_t>(depth) * 2, ' '); }

  static bool is_block(const Json& value) { return value.is_structured() && !value.empty(); }

  void value(const Json& value, int depth) {
    if (!is_block(value)) {
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
        value(item, depth);
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
