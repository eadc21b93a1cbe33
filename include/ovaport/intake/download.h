#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/progress.h"
#include "ovaport/base/result.h"

/// Files that arrive from elsewhere.
namespace ovaport::intake {

/// Whether `url` lies below one of `prefixes`, which are http or https URLs themselves:
/// the same scheme, host and port, and a path at or below the prefix's. "https://a/b"
/// allows "https://a/b/c", not "https://a/bc" and not "https://a.example/b". A URL with
/// a user name or password is never allowed. A prefix that is no such URL is an error of
/// kind choice, code "intake.url".
Result<bool> is_allowed(std::string_view url, const std::vector<std::string>& prefixes);

/// That all of them are such prefixes: for an early answer.
Status check_prefixes(const std::vector<std::string>& prefixes);

struct DownloadOptions {
  std::vector<std::string> allowed;       ///< See is_allowed(); counts for redirects too.
  std::uint64_t size_limit = 1ULL << 46;  ///< bytes
  unsigned attempts = 6;                  ///< Without a byte of progress between them.
  unsigned stall_seconds = 60;            ///< A transfer that stands still this long is cut.
  ProgressFunction progress;              ///< Bytes; the total is 0 when it is not known.
  std::stop_token stop;
};

/// Fetches `url` by http or https into the new file `target`. A transfer that breaks off
/// is resumed where it stopped if the server can do that and the file is still the same,
/// else begun again. Certificates are checked against the system's authorities. After an
/// error no file is left. Errors: kind choice for a URL that is not allowed, not_found and
/// io for what the server answers, codes "intake.…"; no URL in a message shows a query.
Status download(std::string_view url, const std::filesystem::path& target,
                const DownloadOptions& options);

}  // namespace ovaport::intake
