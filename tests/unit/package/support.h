#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <string>

namespace ovaport::package {

/// One header block of ustar (POSIX.1-1988), with a valid checksum.
inline std::string header(const std::string& name, std::uint64_t size, char type = '0',
                          const std::string& link = "") {
  std::string block(512, '\0');
  block.replace(0, name.size(), name);
  const auto octal = [&](std::size_t at, int digits, std::uint64_t value) {
    std::string text(static_cast<std::size_t>(digits), '0');
    for (int i = digits - 1; i >= 0; --i, value /= 8)
      text[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 8);
    block.replace(at, text.size(), text);
  };
  octal(100, 7, 0644);
  octal(108, 7, 0);
  octal(116, 7, 0);
  if (size < (1ULL << 33)) {
    octal(124, 11, size);
  } else {
    block[124] = '\x80';  // base-256
    for (int i = 0; i < 8; ++i)
      block[static_cast<std::size_t>(135 - i)] = static_cast<char>(size >> (8 * i));
  }
  octal(136, 11, 0);
  block[156] = type;
  block.replace(157, link.size(), link);
  block.replace(257, 5, "ustar");
  block.replace(263, 2, "00");
  block.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : block)
    sum += static_cast<unsigned char>(c);
  octal(148, 6, sum);
  block[154] = '\0';
  return block;
}

inline std::string member(const std::string& name, std::string content) {
  std::string bytes = header(name, content.size()) + content;
  bytes.resize((bytes.size() + 511) / 512 * 512);
  return bytes;
}

inline const std::string kEnd(1024, '\0');

/// `text` as one gzip member.
inline std::string gzip(const std::string& text) {
  std::string out(text.size() + 1024, '\0');
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace ovaport::package
