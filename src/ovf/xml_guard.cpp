#include "xml_guard.h"

#include <algorithm>

#include "ovaport/base/text.h"
#include "ovaport/ovf/envelope.h"

namespace ovaport::ovf {

namespace {

constexpr int kDeepest = 256;
constexpr std::size_t kMostTags = 1'000'000;
constexpr std::size_t kMostAttributes = 1000;
constexpr std::size_t kLongestValue = 16U << 20;

Error refuse(std::string_view code, std::string message, std::string_view file) {
  return Error(ErrorKind::invalid, code, std::move(message)).in_file(std::string(file));
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// A lone surrogate becomes one that is not valid UTF-8 and is refused later.
std::string from_utf16(std::string_view bytes, bool little) {
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(bytes[i]);
    const auto b = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<char32_t>(little ? a | (b << 8) : (a << 8) | b);
  };
  std::string out;
  // Half a character at the end is kept as a byte that is refused later.
  if (bytes.size() % 2 != 0) return from_utf16(bytes.substr(0, bytes.size() - 1), little) + "\xFF";
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    char32_t c = unit(i);
    if (c >= 0xD800 && c < 0xDC00 && i + 3 < bytes.size()) {
      const char32_t low = unit(i + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    append_utf8(out, c);
  }
  return out;
}

std::string declared_encoding(std::string_view text) {
  if (!text.starts_with("<?xml")) return {};
  const std::string_view declaration = text.substr(0, text.find("?>"));
  auto at = declaration.find("encoding");
  if (at == std::string_view::npos) return {};
  at = declaration.find_first_of("\"'", at);
  if (at == std::string_view::npos) return {};
  const auto end = declaration.find(declaration[at], at + 1);
  if (end == std::string_view::npos) return {};
  return to_lower(declaration.substr(at + 1, end - at - 1));
}

std::string from_latin1(std::string_view bytes) {
  std::string out;
  for (const char c : bytes)
    append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

Concern note(std::string_view code, std::string message, std::string_view file) {
  Concern concern;
  concern.code = code;
  concern.message = std::move(message);
  concern.file = std::string(file);
  return concern;
}

std::string decode(std::string_view bytes, std::string_view file, Concerns& concerns) {
  if (bytes.starts_with("\xEF\xBB\xBF")) return std::string(bytes.substr(3));
  if (bytes.starts_with("\xFF\xFE")) return from_utf16(bytes.substr(2), true);
  if (bytes.starts_with("\xFE\xFF")) return from_utf16(bytes.substr(2), false);
  using namespace std::string_view_literals;
  if (bytes.starts_with("<\0?\0"sv)) return from_utf16(bytes, true);
  if (bytes.starts_with("\0<\0?"sv)) return from_utf16(bytes, false);
  const std::string encoding = declared_encoding(bytes);
  if ((encoding == "iso-8859-1" || encoding == "latin1" || encoding == "windows-1252") &&
      !is_utf8(bytes))
    return from_latin1(bytes);
  if (encoding.starts_with("utf-16"))
    concerns.push_back(
        note("ovf.encoding", "the file declares UTF-16 but is not; it is read as UTF-8", file));
  return std::string(bytes);
}

// Offset of the first byte that is no part of a well-formed character.
std::size_t first_invalid(std::string_view text) {
  constexpr std::size_t kLongest = 4;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t length = 1;
    while (length <= kLongest && !is_utf8(text.substr(at, length)))
      ++length;
    if (length > kLongest) return at;
    at += length;
  }
  return at;
}

/// Walks over the markup without understanding it.
class Scanner {
 public:
  Scanner(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  Status scan() {
    while (true) {
      at_ = text_.find('<', at_);
      if (at_ == std::string_view::npos) return {};
      OVAPORT_CHECK(take_markup());
    }
  }

 private:
  Status take_markup() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("<!--")) return skip_to("-->");
    if (rest.starts_with("<![CDATA[")) return skip_to("]]>");
    if (rest.starts_with("<?")) return skip_to("?>");
    if (rest.starts_with("<!"))
      return refuse("ovf.doctype", "document types and entities are not allowed in a descriptor",
                    file_)
          .at(at_);
    return take_tag();
  }

  Status skip_to(std::string_view end) {
    const auto found = text_.find(end, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
    return {};
  }

  Status take_tag() {
    if (++tags_ > kMostTags) return refuse("ovf.too-large", "too many elements", file_).at(at_);
    const bool closing = at_ + 1 < text_.size() && text_[at_ + 1] == '/';
    OVAPORT_TRY(const std::size_t end, end_of_tag());
    const bool empty = end >= 2 && end <= text_.size() && text_[end - 2] == '/';
    if (closing)
      --depth_;
    else if (!empty && ++depth_ > kDeepest)
      return refuse("ovf.too-deep", "elements are nested deeper than " + std::to_string(kDeepest),
                    file_)
          .at(at_);
    at_ = end;
    return {};
  }

  // Behind the ">" that ends the tag, which may occur inside quotes as well.
  [[nodiscard]] Result<std::size_t> end_of_tag() const {
    char open = 0;
    std::size_t opened = 0;
    std::size_t attributes = 0;
    for (std::size_t i = at_; i < text_.size(); ++i) {
      const char c = text_[i];
      if (open != 0) {
        if (c != open) continue;
        if (i - opened > kLongestValue)
          return refuse("ovf.too-large",
                        "an attribute is longer than " + format_bytes(kLongestValue), file_)
              .at(at_);
        open = 0;
      } else if (c == '"' || c == '\'') {
        open = c;
        opened = i;
        if (++attributes > kMostAttributes)
          return refuse(
                     "ovf.too-large",
                     "an element has more than " + std::to_string(kMostAttributes) + " attributes",
                     file_)
              .at(at_);
      } else if (c == '>') {
        return i + 1;
      }
    }
    return text_.size();
  }

  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
  std::size_t tags_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<std::string> guard_xml(std::string_view bytes, std::string_view file, Concerns& concerns) {
  if (bytes.size() > kDescriptorLimit)
    return refuse("ovf.too-large",
                  "the descriptor has " + format_bytes(bytes.size()) + "; at most " +
                      format_bytes(kDescriptorLimit) + " are read",
                  file);
  std::string text = decode(bytes, file, concerns);
  if (trimmed(text).empty()) return refuse("ovf.empty", "the descriptor is empty", file);
  if (const auto nul = text.find('\0'); nul != std::string::npos)
    return refuse("ovf.nul", "the descriptor holds a NUL byte", file).at(nul);
  if (!is_utf8(text))
    return refuse("ovf.encoding", "the descriptor is not valid UTF-8", file)
        .at(first_invalid(text))
        .advise("If it is in another encoding, its XML declaration must name it");
  OVAPORT_CHECK(Scanner(text, file).scan());
  return text;
}

}  // namespace ovaport::ovf
