#include "ovaport/intake/download.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "ovaport/base/file.h"
#include "ovaport/base/unique_fd.h"

namespace ovaport::intake {
namespace {

namespace fs = std::filesystem;

/// A real HTTP server on loopback that answers each connection with what `answer` makes
/// of the request, then closes it.
class Server {
 public:
  explicit Server(std::function<std::string(const std::string& request)> answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::jthread([this] { serve(); });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { ::shutdown(listener_.get(), SHUT_RDWR); }

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  static std::string read_request(const UniqueFd& peer) {
    std::string request;
    std::vector<char> buffer(4096);
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(peer.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      request.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return request;
  }

  void serve() {
    while (true) {
      const UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer.valid()) return;
      const std::string answer = answer_(read_request(peer));
      for (std::size_t at = 0; at < answer.size();) {
        const ssize_t put =
            ::send(peer.get(), answer.data() + at, answer.size() - at, MSG_NOSIGNAL);
        if (put <= 0) break;
        at += static_cast<std::size_t>(put);
      }
    }
  }

  std::function<std::string(const std::string&)> answer_;
  UniqueFd listener_;
  std::string url_;
  std::jthread thread_;
};

class DownloadTest : public ::testing::Test {
 protected:
  DownloadTest() {
    std::string pattern = (fs::temp_directory_path() / "ovaport-download-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    for (int i = 0; content_.size() < 300'000; ++i)
      content_ += std::to_string(i);
  }
  ~DownloadTest() override { fs::remove_all(directory_); }

  [[nodiscard]] fs::path target() const { return directory_ / "file"; }

  Status fetch(const Server& server, const std::string& path = "/file") {
    DownloadOptions options;
    options.allowed = {server.url()};
    options.attempts = 3;
    options.size_limit = limit_;
    return download(server.url() + path, target(), options);
  }

  // The whole file, or from where the request wants it; `most` bytes of that.
  [[nodiscard]] std::string part(const std::string& request, std::size_t most) const {
    std::size_t begin = 0;
    const std::string field = "Range: bytes=";
    const auto range = request.find(field);
    if (range != std::string::npos) begin = std::stoul(request.substr(range + field.size()));
    const std::string head = begin == 0 ? "HTTP/1.1 200 OK\r\n"
                                        : "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " +
                                              std::to_string(begin) + "-" +
                                              std::to_string(content_.size() - 1) + "/" +
                                              std::to_string(content_.size()) + "\r\n";
    return head + "ETag: \"one\"\r\nContent-Length: " + std::to_string(content_.size() - begin) +
           "\r\n\r\n" + content_.substr(begin, most);
  }

  void expect_whole() const {
    const auto text = read_file(target(), 1 << 20);
    ASSERT_TRUE(text.ok());
    EXPECT_TRUE(*text == content_);
  }

  void expect_nothing(Status status, std::string_view code) const {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, code) << status.error().message;
    EXPECT_EQ(status.error().advice.empty(), code == "intake.cancelled");
    EXPECT_FALSE(fs::exists(target()));
  }

  fs::path directory_;
  std::string content_;
  std::uint64_t limit_ = 1 << 20;
};

TEST_F(DownloadTest, FetchesAFile) {
  const Server server([&](const std::string& request) { return part(request, content_.size()); });
  const auto status = fetch(server);
  ASSERT_TRUE(status.ok()) << status.error().message;
  expect_whole();
}

TEST_F(DownloadTest, ResumesWhereItBrokeOff) {
  std::vector<std::string> requests;
  const Server server([&](const std::string& request) {
    requests.push_back(request);
    return part(request, 70'000);
  });
  ASSERT_TRUE(fetch(server).ok());
  expect_whole();
  ASSERT_EQ(requests.size(), 5U);
  EXPECT_NE(requests[1].find("If-Range: \"one\""), std::string::npos);
}

TEST_F(DownloadTest, BeginsAgainWhenTheFileChangedMeanwhile) {
  int count = 0;
  const Server server([&](const std::string& request) {
    if (++count == 1)
      return "HTTP/1.1 200 OK\r\nETag: \"zero\"\r\nContent-Length: 90000\r\n\r\n" +
             std::string(50'000, 'x');
    // If-Range does not hold: the whole of the new file.
    EXPECT_NE(request.find("If-Range: \"zero\""), std::string::npos);
    return part("", content_.size());
  });
  ASSERT_TRUE(fetch(server).ok());
  expect_whole();
}

TEST_F(DownloadTest, BeginsAgainWhereNothingMarksTheVersion) {
  int count = 0;
  const Server server([&](const std::string& request) {
    EXPECT_EQ(request.find("Range:"), std::string::npos);
    const std::size_t most = ++count == 1 ? 50'000 : content_.size();
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(content_.size()) + "\r\n\r\n" +
           content_.substr(0, most);
  });
  ASSERT_TRUE(fetch(server).ok());
  expect_whole();
}

TEST_F(DownloadTest, GivesUpAfterFailuresWithoutProgress) {
  int count = 0;
  const Server server([&](const std::string&) {
    ++count;
    return std::string("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  });
  expect_nothing(fetch(server), "intake.http-status");
  EXPECT_EQ(count, 3);
}

TEST_F(DownloadTest, AMissingFileIsNotAskedForAgain) {
  int count = 0;
  const Server server([&](const std::string&) {
    ++count;
    return std::string("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
  });
  Status status = fetch(server, "/file?token=hush");
  expect_nothing(status, "intake.http-status");
  EXPECT_EQ(status.error().kind, ErrorKind::not_found);
  EXPECT_EQ(status.error().message.find("hush"), std::string::npos);
  EXPECT_EQ(count, 1);
}

TEST_F(DownloadTest, RedirectsStayAmongTheAllowedUrls) {
  const Server other([&](const std::string& request) { return part(request, content_.size()); });
  std::string location;
  const Server server([&](const std::string& request) {
    if (request.starts_with("GET /there")) return part(request, content_.size());
    return "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
  });
  location = "/there";
  ASSERT_TRUE(fetch(server).ok());
  expect_whole();
  fs::remove(target());
  for (const std::string& elsewhere : {other.url() + "/x", std::string("http://localhost:1/x")}) {
    location = elsewhere;
    expect_nothing(fetch(server), "intake.not-allowed");
  }
  location = "file:///etc/passwd";
  expect_nothing(fetch(server), "intake.url");
  location = "/file";
  expect_nothing(fetch(server), "intake.redirects");
}

TEST_F(DownloadTest, ALargerFileThanAllowedIsCut) {
  limit_ = 100'000;
  const Server server([&](const std::string& request) { return part(request, content_.size()); });
  expect_nothing(fetch(server), "intake.too-large");
}

TEST_F(DownloadTest, AnotherPartThanTheWantedIsRefused) {
  int count = 0;
  const Server server([&](const std::string& request) {
    if (++count == 1) return part(request, 50'000);
    return std::string(
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 7-299999/300000\r\n"
        "Content-Length: 5\r\n\r\nwrong");
  });
  expect_nothing(fetch(server), "intake.range");
}

TEST_F(DownloadTest, AnEmptyFileIsAFile) {
  content_.clear();
  const Server server([&](const std::string& request) { return part(request, 0); });
  ASSERT_TRUE(fetch(server).ok());
  expect_whole();
}

TEST_F(DownloadTest, ARequestToStopEndsTheWait) {
  std::stop_source stop;
  const Server server([&](const std::string&) {
    stop.request_stop();
    return std::string("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  });
  DownloadOptions options;
  options.allowed = {server.url()};
  options.attempts = 1000;
  options.stop = stop.get_token();
  expect_nothing(download(server.url() + "/file", target(), options), "intake.cancelled");
}

TEST(AllowedUrls, AreAtOrBelowAPrefix) {
  struct Case {
    const char* url;
    const char* prefix;
    bool allowed;
  };
  const std::vector<Case> cases{
      {"https://a.example/b/c", "https://a.example/b", true},
      {"https://a.example/b", "https://a.example/b", true},
      {"https://a.example/b/c", "https://a.example/b/", true},
      {"https://a.example:443/b/c", "https://A.example", true},
      {"https://a.example/bc", "https://a.example/b", false},
      {"https://a.example/b/../c", "https://a.example/b", false},
      {"https://a.example/b/%2e%2e/c", "https://a.example/b/c", false},
      {"http://a.example/b", "https://a.example/b", false},
      {"https://a.example:8443/b", "https://a.example/b", false},
      {"https://a.example.evil.example/b", "https://a.example", false},
      {"https://a.example@evil.example/b", "https://a.example", false},
      {"https://me:hush@a.example/b", "https://a.example", false},
      {"file:///etc/passwd", "https://a.example", false},
      {"disk0.vmdk", "https://a.example", false},
  };
  for (const Case& c : cases) {
    const auto allowed = is_allowed(c.url, {c.prefix});
    ASSERT_TRUE(allowed.ok()) << c.prefix;
    EXPECT_EQ(*allowed, c.allowed) << c.url << " below " << c.prefix;
  }
  EXPECT_FALSE(is_allowed("https://a.example/b", {"a.example"}).ok());
  EXPECT_FALSE(is_allowed("https://a.example/b", {"ftp://a.example"}).ok());
}

}  // namespace
}  // namespace ovaport::intake
