#include "names.h"

#include <algorithm>

#include "ovaport/base/text.h"
#include "unicode.h"

namespace ovaport::package {

namespace {

Error unsafe(std::string_view raw, std::string_view why) {
  return Error(ErrorKind::invalid, "package.unsafe-name",
               "the name " + quote(raw) + " " + std::string(why))
      .advise("Refused because it could reach outside the package");
}

}  // namespace

Result<std::string> checked_name(std::string_view raw) {
  constexpr std::size_t kLongest = 1024;
  if (raw.empty()) return unsafe(raw, "is empty");
  if (raw.size() > kLongest) return unsafe(raw.substr(0, 100), "is too long");
  if (!is_utf8(raw)) return unsafe(raw, "is not UTF-8");
  if (std::any_of(raw.begin(), raw.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    return unsafe(raw, "has control characters");
  if (raw.front() == '/') return unsafe(raw, "is absolute");
  if (raw.find('\\') != std::string_view::npos) return unsafe(raw, "has a backslash");
  if (raw.size() > 1 && raw[1] == ':') return unsafe(raw, "has a drive letter");
  std::string name;
  for (const std::string_view part : split(raw, "/")) {
    if (part == ".") continue;
    if (part == "..") return unsafe(raw, "has a '..' component");
    if (!name.empty()) name += '/';
    name += part;
  }
  if (name.empty()) return unsafe(raw, "names nothing");
  return name;
}

std::string guessed_name(std::string_view raw, bool zip) {
  // Latin-1 has control characters where CP437 has its letters.
  const bool controls =
      std::any_of(raw.begin(), raw.end(), [](unsigned char c) { return c >= 0x80 && c < 0xA0; });
  return decoded(raw, zip || controls ? OldCharset::cp437 : OldCharset::latin1);
}

bool is_mac_companion(std::string_view name) {
  const auto slash = name.rfind('/');
  const std::string_view base = slash == std::string_view::npos ? name : name.substr(slash + 1);
  return base.starts_with("._") || name.starts_with("__MACOSX/");
}

}  // namespace ovaport::package
