#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nbd_server.h"
#include "support.h"

namespace ovaport::disk {
namespace {

std::string big_endian(std::uint64_t value, int size) {
  std::string bytes;
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
    bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string request(int command, std::uint64_t position, std::uint64_t size) {
  return big_endian(0x25609513, 4) + big_endian(0, 2) + big_endian(command, 2) +
         std::string("handle-1") + big_endian(position, 8) + big_endian(size, 4);
}

std::string option(std::uint64_t number, const std::string& data = "") {
  return "IHAVEOPT" + big_endian(number, 4) + big_endian(data.size(), 4) + data;
}

/// A server over 8 KiB, and a client that says whatever it wants.
class Nbd : public testing::Test {
 protected:
  void SetUp() override {
    NbdExport exported;
    exported.size = content_.size();
    exported.read = [this](std::uint64_t position, std::span<std::byte> out) -> Status {
      if (position == 4096) return Error(ErrorKind::io, "test.bad-sector", "bad sector");
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<std::byte>(content_[position + i]);
      return {};
    };
    server_ = std::move(NbdServer::start(std::move(exported)).value());
    // A server that waits for more must not make the test wait for ever.
    const timeval patience{10, 0};
    ::setsockopt(server_->client_fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void say(const std::string& bytes) {
    ::send(server_->client_fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  std::string hear(std::size_t size) {
    std::string bytes(size, '\0');
    const ssize_t got = ::recv(server_->client_fd(), bytes.data(), size, MSG_WAITALL);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
  }
  void shake_hands() {
    EXPECT_EQ(hear(18), "NBDMAGICIHAVEOPT" + big_endian(1, 2));
    say(big_endian(1, 4) + option(7, "whatever"));
    EXPECT_EQ(hear(20 + 12 + 20 + 14 + 20).size(), 86U);
  }
  /// The server hangs up on a client that says this.
  void expect_hang_up(const std::string& bytes) {
    say(bytes);
    EXPECT_EQ(hear(1), "");
    EXPECT_FALSE(server_->finish());
  }
  std::string content_ = std::string(4096, 'a') + std::string(4096, 'b');
  std::unique_ptr<NbdServer> server_;
};

TEST_F(Nbd, ReadsAreAnswered) {
  shake_hands();
  say(request(0, 4000, 96));
  EXPECT_EQ(hear(16), big_endian(0x67446698, 4) + big_endian(0, 4) + "handle-1");
  EXPECT_EQ(hear(96), std::string(96, 'a'));
  say(request(3, 0, 0));
  EXPECT_EQ(hear(16).substr(4, 4), big_endian(0, 4));
}

TEST_F(Nbd, UnknownOptionsAreDeclined) {
  hear(18);
  say(big_endian(1, 4) + option(8));
  EXPECT_EQ(hear(20).substr(12, 4), big_endian(0x80000001, 4));
}

TEST_F(Nbd, ReadErrorIsToldToBothSides) {
  shake_hands();
  say(request(0, 4096, 512));
  EXPECT_EQ(hear(16).substr(4, 4), big_endian(5, 4));
  const auto failure = server_->finish();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, "test.bad-sector");
}

TEST_F(Nbd, WhatIsNotTheProtocolEndsTheConnection) {
  hear(18);
  expect_hang_up(big_endian(1, 4) + std::string(16, 'x'));
}

TEST_F(Nbd, HugeOptionEndsTheConnection) {
  hear(18);
  expect_hang_up(big_endian(1, 4) + "IHAVEOPT" + big_endian(7, 4) + big_endian(0xFFFFFFFF, 4));
}

TEST_F(Nbd, ReadsOutsideEndTheConnection) {
  shake_hands();
  expect_hang_up(request(0, 8000, 512));
}

TEST_F(Nbd, ReadsFarOutsideEndTheConnection) {
  shake_hands();
  expect_hang_up(request(0, ~std::uint64_t{0}, 2));
}

TEST_F(Nbd, WritesToWhatIsReadOnlyEndTheConnection) {
  shake_hands();
  expect_hang_up(request(1, 0, 4) + "evil");
}

TEST_F(Nbd, UnknownCommandsEndTheConnection) {
  shake_hands();
  expect_hang_up(request(77, 0, 0));
}

TEST_F(Nbd, ServerOfAClientThatNeverSpeaksCanBeEnded) {
  EXPECT_FALSE(server_->finish());
}

/// qemu-img is replaced by a script that tells how it was started.
class Qemu : public testing::Test {
 protected:
  std::string message_of(const std::string& script) {
    write_file(scratch_ / "qemu-img", "#!/bin/sh\n" + script + "\n");
    ::chmod((scratch_ / "qemu-img").c_str(), 0755);
    ::chmod((scratch_ / ".").c_str(), 0755);
    std::string image("QFI\xfb\0\0\0\3", 8);
    image.resize(65536);
    image[28] = 1;
    write_file(scratch_ / "disk.qcow2", image);
    ::chmod((scratch_ / "disk.qcow2").c_str(), 0600);
    DecodeOptions options;
    options.qemu_img = (scratch_ / "qemu-img").string();
    const auto report = decode(input_of(scratch_ / "disk.qcow2"), scratch_ / "out", options);
    EXPECT_FALSE(report.ok());
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "out"));
    return report.ok() ? "" : describe(report.error());
  }
  Scratch scratch_;
};

TEST_F(Qemu, RunsAsNobodyEvenForFilesThatOnlyRootMayRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has privileges to give up";
  EXPECT_THAT(message_of("id -u >&2; id -G >&2; exit 1"), testing::HasSubstr("65534\\n65534"));
}

TEST_F(Qemu, HasNoFileOfThePackageAndMayWriteNone) {
  const std::string said = message_of(
      "ls -l /proc/self/fd >&2; file=/tmp/ovaport-$$; (echo x > $file) 2>&-;"
      "test -s $file && echo wrote >&2; rm -f $file; exit 1");
  EXPECT_THAT(said, testing::Not(testing::HasSubstr("/disk.qcow2")));
  EXPECT_THAT(said, testing::Not(testing::HasSubstr("wrote")));
  EXPECT_THAT(said, testing::HasSubstr("socket:"));
}

}  // namespace
}  // namespace ovaport::disk
