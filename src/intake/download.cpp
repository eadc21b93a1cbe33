#include "ovaport/intake/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "ovaport/base/text.h"
#include "ovaport/base/unique_fd.h"
#include "url.h"

namespace ovaport::intake {

namespace fs = std::filesystem;

namespace {

constexpr long kOk = 200;
constexpr long kPartialContent = 206;
constexpr long kRangeNotSatisfiable = 416;
constexpr int kMostRedirects = 5;

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

/// One file on its way in, over as many requests as it takes.
class Transfer {
 public:
  Transfer(Url url, UniqueFd fd, const DownloadOptions& options)
      : url_(std::move(url)), fd_(std::move(fd)), options_(options), handle_(curl_easy_init()) {}

  Status run() {
    unsigned failures = 0;
    while (true) {
      const std::uint64_t before = done_;
      OVAPORT_TRY(const Next next, request());
      if (next == Next::finished) break;
      if (next == Next::again) continue;
      failures = done_ > before ? 0 : failures + 1;
      if (failures >= options_.attempts) return std::move(*trouble_);
      OVAPORT_CHECK(wait(failures));
    }
    if (::fsync(fd_.get()) != 0) return system_error("cannot write the download", errno);
    return {};
  }

 private:
  enum class Next { finished, again, retry };

  // libcurl calls these from inside request(), on this thread.
  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->write({data, size * count}) ? size * count : 0;
  }

  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self) {
    static_cast<Transfer*>(self)->header({data, size * count});
    return size * count;
  }

  static int take_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Transfer*>(self)->options_.stop.stop_requested() ? 1 : 0;
  }

  void prepare() {
    CURL* h = handle_.get();
    curl_easy_reset(h);
    curl_easy_setopt(h, CURLOPT_URL, url_.whole.c_str());
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_USERAGENT, "ovaport");
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_seconds));
    curl_easy_setopt(h, CURLOPT_BUFFERSIZE, 512L << 10);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(h, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, take_progress);
    curl_easy_setopt(h, CURLOPT_XFERINFODATA, this);
    headers_.reset();
    if (done_ == 0) return;
    range_ = std::to_string(done_) + "-";
    curl_easy_setopt(h, CURLOPT_RANGE, range_.c_str());
    // Without a strong mark of the version nothing shows that it is still the same file.
    headers_.reset(curl_slist_append(nullptr, ("If-Range: " + etag_).c_str()));
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers_.get());
  }

  Result<Next> request() {
    if (done_ > 0 && (etag_.empty() || etag_.starts_with("W/"))) done_ = 0;
    prepare();
    response_ = {};
    failure_.reset();
    const CURLcode code = curl_easy_perform(handle_.get());
    if (options_.stop.stop_requested())
      return Error(ErrorKind::cancelled, "intake.cancelled", "stopped on request");
    if (failure_) return std::move(*failure_);
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) return broken_off(code);
    if (status >= 300 && status < 400 && !response_.location.empty()) return redirect();
    return judge(status);
  }

  Result<Next> judge(long status) {
    if (status == kOk || status == kPartialContent) {
      // A body of nothing calls nobody.
      if (!response_.begun && status == kOk) OVAPORT_CHECK(truncate());
      return Next::finished;
    }
    if (status == kRangeNotSatisfiable && done_ > 0) {
      done_ = 0;
      return Next::again;
    }
    Error error(status == 404 || status == 410 ? ErrorKind::not_found : ErrorKind::io,
                "intake.http-status",
                "the server answers " + std::to_string(status) + " for " + quote(url_.shown()));
    error.advice = "Check the URL, and whether the server needs a login, which is not supported";
    if (status < 500 && status != 429 && status != 408) return error;
    trouble_ = std::move(error);
    return Next::retry;
  }

  Result<Next> broken_off(CURLcode code) {
    Error error(ErrorKind::io, "intake.transfer",
                "cannot fetch " + quote(url_.shown()) + ": " + curl_easy_strerror(code));
    error.advice = "Check the network and the URL, then try again";
    switch (code) {
      case CURLE_COULDNT_CONNECT:
      case CURLE_COULDNT_RESOLVE_HOST:
      case CURLE_OPERATION_TIMEDOUT:
      case CURLE_PARTIAL_FILE:
      case CURLE_GOT_NOTHING:
      case CURLE_SEND_ERROR:
      case CURLE_RECV_ERROR:
      case CURLE_HTTP2:
      case CURLE_HTTP2_STREAM:
        trouble_ = std::move(error);
        return Next::retry;
      default:
        return error;
    }
  }

  Result<Next> redirect() {
    if (++redirects_ > kMostRedirects)
      return Error(ErrorKind::io, "intake.redirects",
                   "the server redirects " + quote(url_.shown()) + " again and again")
          .advise("Give the URL at the end");
    OVAPORT_TRY(Url target, follow(url_, response_.location));
    OVAPORT_TRY(const bool allowed, is_allowed(target.whole, options_.allowed));
    if (!allowed)
      return Error(ErrorKind::choice, "intake.not-allowed",
                   "the server redirects to " + quote(target.shown()) +
                       ", which is not among the URLs that may be fetched")
          .advise("Allow it with --allow-url if you trust it");
    url_ = std::move(target);
    return Next::again;
  }

  void header(std::string_view line) {
    if (line.starts_with("HTTP/")) response_ = {};
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string name = to_lower(line.substr(0, colon));
    const std::string value(trimmed(line.substr(colon + 1)));
    if (name == "location") response_.location = value;
    if (name == "etag") response_.etag = value;
    if (name == "content-range") response_.range = value;
    if (name == "content-length") response_.length = parse_unsigned(value).value_or(0);
  }

  Status truncate() {
    done_ = 0;
    if (::ftruncate(fd_.get(), 0) != 0) return system_error("cannot write the download", errno);
    return {};
  }

  // Where the body of this response belongs.
  Status begin() {
    response_.begun = true;
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status == kOk) OVAPORT_CHECK(truncate());
    if (status == kPartialContent &&
        !response_.range.starts_with("bytes " + std::to_string(done_) + "-"))
      return Error(ErrorKind::io, "intake.range",
                   "the server sends another part of " + quote(url_.shown()) +
                       " than it was asked for")
          .advise("Download the file by other means");
    response_.counts = status == kOk || status == kPartialContent;
    if (response_.counts) etag_ = response_.etag;
    total_ = response_.length == 0 ? 0 : done_ + response_.length;
    return {};
  }

  Status store(std::string_view bytes) {
    if (bytes.size() > options_.size_limit - std::min(done_, options_.size_limit))
      return Error(ErrorKind::invalid, "intake.too-large",
                   quote(url_.shown()) + " is larger than " + format_bytes(options_.size_limit))
          .advise("Download the file by other means if you trust it");
    while (!bytes.empty()) {
      const ssize_t written =
          ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(done_));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return system_error("cannot write the download", errno);
      done_ += static_cast<std::uint64_t>(written);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (options_.progress) options_.progress(done_, std::max(total_, done_));
    return {};
  }

  bool write(std::string_view bytes) {
    Status status;
    if (!response_.begun) status = begin();
    if (status.ok() && response_.counts) status = store(bytes);
    if (status.ok()) return true;
    failure_ = std::move(status).error();
    return false;
  }

  // Longer each time; ends at once on a stop.
  Status wait(unsigned failures) {
    constexpr unsigned kMostDoublings = 5;
    const auto pause = std::chrono::milliseconds(250U << std::min(failures, kMostDoublings));
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, options_.stop, pause, [] { return false; });
    if (options_.stop.stop_requested())
      return Error(ErrorKind::cancelled, "intake.cancelled", "stopped on request");
    return {};
  }

  /// What one response says.
  struct Response {
    std::string location;
    std::string etag;
    std::string range;
    std::uint64_t length = 0;
    bool begun = false;
    bool counts = false;  ///< Its body is the file's.
  };

  Url url_;
  UniqueFd fd_;
  const DownloadOptions& options_;
  std::unique_ptr<CURL, CurlDeleter> handle_;
  std::unique_ptr<curl_slist, ListDeleter> headers_;
  std::string range_;
  std::string etag_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
  int redirects_ = 0;
  Response response_;
  std::optional<Error> failure_;  ///< Of our own side, which no repetition mends.
  std::optional<Error> trouble_;  ///< Of the other side, the last one.
};

}  // namespace

Result<bool> is_allowed(std::string_view url, const std::vector<std::string>& prefixes) {
  const auto wanted = parse_url(url);
  bool allowed = false;
  for (const std::string& text : prefixes) {
    OVAPORT_TRY(const Url prefix, parse_url(text));
    allowed = allowed || (wanted.ok() && is_below(*wanted, prefix));
  }
  return allowed;
}

Status check_prefixes(const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes)
    OVAPORT_CHECK(parse_url(prefix));
  return {};
}

Status download(std::string_view url, const fs::path& target, const DownloadOptions& options) {
  start_curl();
  OVAPORT_TRY(Url parsed, parse_url(url));
  OVAPORT_TRY(const bool allowed, is_allowed(url, options.allowed));
  if (!allowed)
    return Error(ErrorKind::choice, "intake.not-allowed",
                 quote(parsed.shown()) + " is not among the URLs that may be fetched")
        .advise("Allow it with --allow-url if you trust it");
  UniqueFd fd(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return system_error("cannot create", errno).in_file(target.string());
  auto done = Transfer(std::move(parsed), std::move(fd), options).run();
  if (!done.ok()) ::unlink(target.c_str());
  return done;
}

}  // namespace ovaport::intake
