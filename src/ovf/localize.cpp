#include <algorithm>
#include <optional>

#include "ovaport/base/text.h"
#include "ovaport/ovf/envelope.h"
#include "reader.h"
#include "xml_guard.h"

namespace ovaport::ovf {

namespace {

// What a person can be asked to care about; a hostile header has more.
constexpr std::size_t kMostLanguages = 16;

/// Lower case, with hyphens: "de_AT.UTF-8@euro" becomes "de-at".
std::string canonical(std::string_view tag) {
  std::string text = to_lower(trimmed(tag.substr(0, tag.find_first_of(".@"))));
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

std::string_view primary(std::string_view tag) {
  return tag.substr(0, tag.find('-'));
}

/// Thousandths of the weight in ";q=0.5"; what is no weight counts fully.
int weight_of(std::string_view parameters) {
  constexpr int kFull = 1000;
  const auto at = parameters.find("q=");
  if (at == std::string_view::npos) return kFull;
  const std::string_view text = trimmed(parameters.substr(at + 2));
  if (text.empty() || text.front() != '0') return kFull;
  int weight = 0;
  int place = 100;
  for (std::size_t i = 2; i < text.size() && place > 0; ++i, place /= 10) {
    if (text[i] < '0' || text[i] > '9') break;
    weight += (text[i] - '0') * place;
  }
  return weight;
}

const std::string* find_text(const StringBundle& bundle, const std::string& msgid) {
  const auto found = std::lower_bound(
      bundle.messages.begin(), bundle.messages.end(), msgid,
      [](const auto& message, const std::string& wanted) { return message.first < wanted; });
  if (found == bundle.messages.end() || found->first != msgid) return nullptr;
  return &found->second;
}

/// Looks one message up.
class Lookup {
 public:
  Lookup(const Envelope& envelope, const Message& message)
      : envelope_(envelope), message_(message), document_(canonical(envelope.language)) {}

  [[nodiscard]] std::optional<std::string> in(const std::string& language) const {
    const std::string_view base = primary(language);
    if (auto text = in_bundle([&](const std::string& tag) { return tag == language; })) return text;
    if (auto text = in_bundle([&](const std::string& tag) { return tag == base; })) return text;
    if (!message_.text.empty() && !document_.empty() && primary(document_) == base)
      return message_.text;
    return in_bundle([&](const std::string& tag) { return !tag.empty() && primary(tag) == base; });
  }

  [[nodiscard]] std::string otherwise() const {
    if (auto text = in_bundle([](const std::string& tag) { return tag.empty(); })) return *text;
    if (!message_.text.empty()) return message_.text;
    // Without any other text, one in a foreign language is better than none.
    return in_bundle([](const std::string&) { return true; }).value_or("");
  }

 private:
  template <typename Wanted>
  [[nodiscard]] std::optional<std::string> in_bundle(Wanted wanted) const {
    for (const StringBundle& bundle : envelope_.strings) {
      if (!wanted(canonical(bundle.language))) continue;
      if (const std::string* text = find_text(bundle, message_.msgid)) return *text;
    }
    return std::nullopt;
  }

  const Envelope& envelope_;
  const Message& message_;
  std::string document_;
};

}  // namespace

StringBundle read_strings(const Element& element) {
  StringBundle bundle;
  bundle.line = element.line();
  bundle.language = element.attribute_or("lang", "", Family::xml);
  bundle.file_ref = element.attribute_or("fileRef", "");
  for (const Element& message : element.children("Msg"))
    bundle.messages.emplace_back(message.attribute_or("msgid", ""), message.text());
  std::stable_sort(bundle.messages.begin(), bundle.messages.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return bundle;
}

Status read_string_bundle(std::string_view xml, std::string_view file, StringBundle& bundle,
                          Concerns& concerns) {
  OVAPORT_TRY(const std::string text, guard_xml(xml, file, concerns));
  const LineIndex lines(text);
  pugi::xml_document document;
  const auto parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed)
    return Error(ErrorKind::invalid, "ovf.not-well-formed",
                 "the message bundle is not well-formed XML: " +
                     to_lower(std::string(parsed.description())) + " in line " +
                     std::to_string(lines.line_at(parsed.offset)))
        .in_file(std::string(file));
  const Element root(document.document_element(), &lines);
  if (root.local() != "Strings")
    return Error(ErrorKind::invalid, "ovf.not-strings",
                 "the message bundle's root element is " + quote(root.local()) + ", not Strings")
        .in_file(std::string(file));
  StringBundle read = read_strings(root);
  bundle.messages = std::move(read.messages);
  if (bundle.language.empty()) bundle.language = std::move(read.language);
  return {};
}

std::vector<std::string> wanted_languages(std::string_view text) {
  std::vector<std::pair<int, std::string>> weighted;
  for (const std::string_view piece : split(text, ",:")) {
    const auto semicolon = std::min(piece.find(';'), piece.size());
    const std::string tag = canonical(piece.substr(0, semicolon));
    const int weight = weight_of(piece.substr(semicolon));
    const bool none = tag.empty() || tag == "c" || tag == "posix" || tag == "*" || weight == 0;
    if (!none) weighted.emplace_back(weight, tag);
    if (weighted.size() == kMostLanguages) break;
  }
  std::stable_sort(weighted.begin(), weighted.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> languages;
  languages.reserve(weighted.size());
  for (auto& [weight, tag] : weighted)
    languages.push_back(std::move(tag));
  return languages;
}

std::string localized(const Envelope& envelope, const Message& message,
                      std::string_view languages) {
  if (message.msgid.empty()) return message.text;
  const Lookup lookup(envelope, message);
  for (const std::string& language : wanted_languages(languages))
    if (auto text = lookup.in(language)) return *std::move(text);
  return lookup.otherwise();
}

}  // namespace ovaport::ovf
