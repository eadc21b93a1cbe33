#include "unicode.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "ovaport/base/text.h"

namespace ovaport::package {

namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

icu::UnicodeString unicode(std::string_view utf8) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())));
}

std::string utf8_of(const icu::UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

icu::UnicodeString normal(const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFCInstance(status);
  // Without ICU's data texts are compared as they are.
  if (U_FAILURE(status)) return text;
  icu::UnicodeString result = form->normalize(text, status);
  return U_FAILURE(status) ? text : result;
}

}  // namespace

std::string composed(std::string_view utf8) {
  if (is_ascii(utf8)) return std::string(utf8);
  return utf8_of(normal(unicode(utf8)));
}

std::string caseless(std::string_view utf8) {
  if (is_ascii(utf8)) return to_lower(utf8);
  // Folding can undo the normal form.
  icu::UnicodeString text = normal(unicode(utf8));
  return utf8_of(normal(text.foldCase()));
}

std::string decoded(std::string_view bytes, OldCharset charset) {
  const char* name = charset == OldCharset::cp437 ? "ibm-437" : "ISO-8859-1";
  return utf8_of(icu::UnicodeString(bytes.data(), static_cast<std::int32_t>(bytes.size()), name));
}

}  // namespace ovaport::package
