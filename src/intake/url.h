#pragma once

#include <string>
#include <string_view>

#include "ovaport/base/result.h"

namespace ovaport::intake {

/// An http or https URL in its parts, normalised by libcurl: scheme and host in lower
/// case, the port always there, no "." and ".." in the path.
struct Url {
  std::string scheme;
  std::string host;
  std::string port;
  std::string path;  ///< Begins with "/".
  std::string whole;

  /// Without query and fragment, which can hold secrets.
  [[nodiscard]] std::string shown() const;
};

/// Kind choice, code "intake.url", for anything else and for one with a user in it.
Result<Url> parse_url(std::string_view text);

/// What a Location header at `base` means.
Result<Url> follow(const Url& base, const std::string& location);

/// Whether `url` is `prefix` or below it.
bool is_below(const Url& url, const Url& prefix);

}  // namespace ovaport::intake
