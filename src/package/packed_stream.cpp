#include "ovaport/package/packed_stream.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ovaport::package {

namespace {

class Concatenation final : public ByteSource {
 public:
  explicit Concatenation(std::vector<OpenPart> parts) : parts_(std::move(parts)) {}

  Result<std::size_t> read(std::span<std::byte> out) override {
    std::size_t filled = 0;
    while (filled < out.size()) {
      if (!current_ && next_ == parts_.size()) break;
      if (!current_) {
        OVAPORT_TRY(current_, parts_[next_++]());
      }
      OVAPORT_TRY(const std::size_t got, current_->read(out.subspan(filled)));
      filled += got;
      if (filled < out.size()) current_.reset();
    }
    return filled;
  }

 private:
  std::vector<OpenPart> parts_;
  std::size_t next_ = 0;
  std::unique_ptr<ByteSource> current_;
};

class Gunzip final : public ByteSource {
 public:
  Gunzip(std::unique_ptr<ByteSource> packed, std::string name)
      : packed_(std::move(packed)), name_(std::move(name)) {}
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;
  ~Gunzip() override { inflateEnd(&stream_); }

  Status start() {
    constexpr int kGzipOnly = 15 + 16;
    if (inflateInit2(&stream_, kGzipOnly) == Z_OK) return {};
    return Error(ErrorKind::internal, "package.gzip", "zlib cannot be started").in_file(name_);
  }

  Result<std::size_t> read(std::span<std::byte> out) override {
    std::size_t filled = 0;
    while (filled < out.size() && !ended_) {
      if (stream_.avail_in == 0) OVAPORT_CHECK(fill());
      if (stream_.avail_in == 0) {
        if (inside_) return damaged("ends in the middle");
        ended_ = true;
      } else if (!inside_ && !at_member()) {
        ended_ = true;
      } else {
        OVAPORT_TRY(const std::size_t made, unpack(out.subspan(filled)));
        filled += made;
      }
    }
    return filled;
  }

 private:
  [[nodiscard]] Error damaged(std::string why) const {
    return Error(ErrorKind::integrity, "package.gzip", "the gzip data " + std::move(why))
        .in_file(name_)
        .advise("The package was damaged or changed; get it again from its vendor");
  }

  Status fill() {
    OVAPORT_TRY(const std::size_t got, packed_->read(buffer_));
    stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_in = static_cast<uInt>(got);
    return {};
  }

  // Behind a member comes another one, or padding.
  bool at_member() {
    inside_ = *stream_.next_in != 0 || !begun_;
    begun_ = true;
    return inside_;
  }

  Result<std::size_t> unpack(std::span<std::byte> out) {
    constexpr std::size_t kMost = std::size_t{1} << 30;
    const std::size_t room = std::min(out.size(), kMost);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      inside_ = false;
      inflateReset(&stream_);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return damaged("is malformed");
    }
    return room - stream_.avail_out;
  }

  std::unique_ptr<ByteSource> packed_;
  std::string name_;
  std::array<std::byte, std::size_t{64} << 10> buffer_{};
  z_stream stream_{};
  bool begun_ = false;
  bool inside_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> concatenate(std::vector<OpenPart> parts) {
  return std::make_unique<Concatenation>(std::move(parts));
}

Result<std::unique_ptr<ByteSource>> gunzip(std::unique_ptr<ByteSource> packed, std::string name) {
  auto source = std::make_unique<Gunzip>(std::move(packed), std::move(name));
  OVAPORT_CHECK(source->start());
  return std::unique_ptr<ByteSource>(std::move(source));
}

}  // namespace ovaport::package
