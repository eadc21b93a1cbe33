#include "nbd_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "little_endian.h"

namespace ovaport::disk {

namespace {

// NBD's doc/proto.md. All numbers are big-endian.
constexpr std::uint64_t kGreeting = 0x4e42444d41474943;    // "NBDMAGIC"
constexpr std::uint64_t kHaveOption = 0x49484156454f5054;  // "IHAVEOPT"
constexpr std::uint64_t kOptionReply = 0x0003e889045565a9;
constexpr std::uint32_t kRequest = 0x25609513;
constexpr std::uint32_t kReply = 0x67446698;

constexpr std::uint16_t kFixedNewstyle = 1;
constexpr std::uint32_t kOptionAbort = 2;
constexpr std::uint32_t kOptionGo = 7;
constexpr std::uint32_t kReplyAck = 1;
constexpr std::uint32_t kReplyInfo = 3;
constexpr std::uint32_t kReplyUnsupported = 0x80000001;
constexpr std::uint16_t kInfoExport = 0;
constexpr std::uint16_t kInfoBlockSize = 3;

constexpr std::uint16_t kHasFlags = 1;
constexpr std::uint16_t kReadOnly = 2;
constexpr std::uint16_t kSendFlush = 4;
constexpr std::uint16_t kSendWriteZeroes = 64;

enum class Command : std::uint16_t { read, write, disconnect, flush, trim, cache, write_zeroes };

constexpr std::uint32_t kLargestRequest = 4U << 20;  // bytes
constexpr std::uint32_t kLargestOption = 8192;       // bytes

/// A message under construction.
class Message {
 public:
  template <typename Number>
  Message& put(Number value) {
    for (int shift = (static_cast<int>(sizeof value) - 1) * 8; shift >= 0; shift -= 8)
      bytes_.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> shift));
    return *this;
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

bool send_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_all(int fd, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::recv(fd, out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

/// One client's connection. Every step returns whether it goes on.
class Session {
 public:
  Session(int fd, const NbdExport& exported, std::optional<Error>& failure)
      : fd_(fd), export_(exported), failure_(failure) {}

  void run() {
    if (!greet()) return;
    while (!transmitting_)
      if (!answer_option()) return;
    while (answer_request()) {
    }
  }

 private:
  bool greet() {
    Message greeting;
    greeting.put(kGreeting).put(kHaveOption).put(kFixedNewstyle);
    std::array<std::byte, 4> flags{};
    return send_all(fd_, greeting.bytes()) && receive_all(fd_, flags);
  }

  bool answer_option() {
    std::array<std::byte, 16> head{};
    if (!receive_all(fd_, head) || read_be<std::uint64_t>(head, 0) != kHaveOption) return false;
    const auto option = read_be<std::uint32_t>(head, 8);
    const auto size = read_be<std::uint32_t>(head, 12);
    if (size > kLargestOption) return false;
    std::vector<std::byte> ignored(size);
    if (!receive_all(fd_, ignored) || option == kOptionAbort) return false;
    if (option != kOptionGo) return reply_to(option, kReplyUnsupported, {});
    transmitting_ = true;
    Message about;
    about.put(kInfoExport).put(export_.size).put(flags());
    Message blocks;
    constexpr std::uint32_t kPreferred = 65536;
    blocks.put(kInfoBlockSize).put(std::uint32_t{1}).put(kPreferred).put(kLargestRequest);
    return reply_to(option, kReplyInfo, about.bytes()) &&
           reply_to(option, kReplyInfo, blocks.bytes()) && reply_to(option, kReplyAck, {});
  }

  [[nodiscard]] std::uint16_t flags() const {
    return export_.write ? kHasFlags | kSendFlush | kSendWriteZeroes : kHasFlags | kReadOnly;
  }

  bool reply_to(std::uint32_t option, std::uint32_t type, std::span<const std::byte> data) {
    Message reply;
    reply.put(kOptionReply).put(option).put(type).put(static_cast<std::uint32_t>(data.size()));
    return send_all(fd_, reply.bytes()) && send_all(fd_, data);
  }

  bool answer_request() {
    std::array<std::byte, 28> head{};
    if (!receive_all(fd_, head) || read_be<std::uint32_t>(head, 0) != kRequest) return false;
    const auto command = static_cast<Command>(read_be<std::uint16_t>(head, 6));
    handle_ = read_be<std::uint64_t>(head, 8);
    const auto position = read_be<std::uint64_t>(head, 16);
    const auto size = read_be<std::uint32_t>(head, 24);
    if (command == Command::disconnect) return false;
    if (command == Command::flush) return reply({});
    const bool inside = position <= export_.size && size <= export_.size - position;
    if (!inside || (command != Command::write_zeroes && size > kLargestRequest)) return false;
    buffer_.resize(size > kLargestRequest ? 0 : size);
    switch (command) {
      case Command::read:
        return read(position);
      case Command::write:
        return receive_all(fd_, buffer_) && export_.write &&
               reply(export_.write(position, buffer_));
      case Command::write_zeroes:
        return export_.zero && reply(size == 0 ? Status{} : export_.zero(position, size));
      default:
        return false;
    }
  }

  bool read(std::uint64_t position) {
    auto done = export_.read(position, buffer_);
    const bool good = done.ok();
    return reply(std::move(done)) && (!good || send_all(fd_, buffer_));
  }

  bool reply(Status done) {
    const std::uint32_t number = done.ok()                                  ? 0
                                 : done.error().kind == ErrorKind::no_space ? ENOSPC
                                                                            : EIO;
    if (!done.ok() && !failure_) failure_ = std::move(done).error();
    Message message;
    message.put(kReply).put(number).put(handle_);
    return send_all(fd_, message.bytes());
  }

  int fd_;
  const NbdExport& export_;
  std::optional<Error>& failure_;
  bool transmitting_ = false;
  std::uint64_t handle_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace

NbdServer::NbdServer(NbdExport exported, UniqueFd server, UniqueFd client)
    : export_(std::move(exported)), server_(std::move(server)), client_(std::move(client)) {}

Result<std::unique_ptr<NbdServer>> NbdServer::start(NbdExport exported) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return system_error("cannot make a socket pair", errno);
  std::unique_ptr<NbdServer> server(
      new NbdServer(std::move(exported), UniqueFd(pair[0]), UniqueFd(pair[1])));
  try {
    server->thread_ = std::thread([self = server.get()] {
      Session(self->server_.get(), self->export_, self->failure_).run();
      // A client that broke the protocol must not wait for an answer.
      ::shutdown(self->server_.get(), SHUT_RDWR);
    });
  } catch (const std::system_error& failure) {
    return system_error("cannot start a thread", failure.code().value());
  }
  return server;
}

std::optional<Error> NbdServer::finish() {
  ::shutdown(server_.get(), SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  return failure_;
}

NbdServer::~NbdServer() {
  finish();
}

}  // namespace ovaport::disk
