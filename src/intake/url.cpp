#include "url.h"

#include <curl/curl.h>

#include <memory>

#include "ovaport/base/text.h"

namespace ovaport::intake {

namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, UrlDeleter>;

struct TextDeleter {
  void operator()(char* text) const { curl_free(text); }
};

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, TextDeleter> owned(text);
  return owned.get();
}

// The query may hold a secret.
std::string_view without_query(std::string_view text) {
  return text.substr(0, text.find_first_of("?#"));
}

Error wrong(std::string_view text, const std::string& why) {
  return Error(ErrorKind::choice, "intake.url",
               quote(without_query(text)) + " is no URL to fetch: " + why)
      .advise("Give an http or https URL without user name and password");
}

Result<Url> read(CURLU* handle, std::string_view text) {
  Url url{to_lower(part(handle, CURLUPART_SCHEME)), to_lower(part(handle, CURLUPART_HOST)),
          part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT), part(handle, CURLUPART_PATH),
          part(handle, CURLUPART_URL)};
  if (url.scheme != "http" && url.scheme != "https") return wrong(text, "its scheme is another");
  if (!part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty())
    return wrong("", "it names a user");
  return url;
}

}  // namespace

std::string Url::shown() const {
  return std::string(without_query(whole));
}

Result<Url> parse_url(std::string_view text) {
  const Handle handle(curl_url());
  const std::string copy(text);
  constexpr std::size_t kLongest = 8192;
  if (text.size() > kLongest || copy.find('\0') != std::string::npos)
    return wrong(text.substr(0, 100), "it is too long or holds a NUL");
  const CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), 0);
  if (code != CURLUE_OK) return wrong(text, curl_url_strerror(code));
  return read(handle.get(), text);
}

Result<Url> follow(const Url& base, const std::string& location) {
  const Handle handle(curl_url());
  CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, base.whole.c_str(), 0);
  if (code == CURLUE_OK) code = curl_url_set(handle.get(), CURLUPART_URL, location.c_str(), 0);
  if (code != CURLUE_OK) return wrong(location, curl_url_strerror(code));
  return read(handle.get(), location);
}

bool is_below(const Url& url, const Url& prefix) {
  if (url.scheme != prefix.scheme || url.host != prefix.host || url.port != prefix.port)
    return false;
  if (!url.path.starts_with(prefix.path)) return false;
  return prefix.path.ends_with('/') || url.path.size() == prefix.path.size() ||
         url.path[prefix.path.size()] == '/';
}

}  // namespace ovaport::intake
