#include "unpack.h"

#include <lzma.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "archive_reader.h"
#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"
#include "ovaport/package/packed_stream.h"

namespace ovaport::package {

namespace {

Error damaged(std::string_view what, const std::string& name) {
  return Error(ErrorKind::integrity, "package.compression", std::string(what))
      .in_file(name)
      .advise("The package was damaged or changed; get it again from its vendor");
}

Error needs_memory(std::string_view packing, const std::string& name) {
  return Error(ErrorKind::unsupported, "package.dictionary",
               "the " + std::string(packing) +
                   " data was packed with a window that needs more memory to unpack than is used")
      .in_file(name)
      .advise("Unpack it with " + std::string(packing) + " and import the OVA");
}

class Unxz final : public ByteSource {
 public:
  Unxz(FileRange packed, std::string name) : packed_(std::move(packed)), name_(std::move(name)) {}
  Unxz(const Unxz&) = delete;
  Unxz& operator=(const Unxz&) = delete;
  ~Unxz() override { lzma_end(&stream_); }

  Status start() {
    // xz -9 needs 65 MiB; what asks for more was made with other settings by hand.
    constexpr std::uint64_t kMostMemory = 256ULL << 20;
    if (lzma_stream_decoder(&stream_, kMostMemory, LZMA_CONCATENATED) == LZMA_OK) return {};
    return Error(ErrorKind::internal, "package.compression", "liblzma cannot be started")
        .in_file(name_);
  }

  Result<std::size_t> read(std::span<std::byte> out) override {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    while (stream_.avail_out > 0 && !ended_) {
      if (stream_.avail_in == 0) OVAPORT_CHECK(fill());
      // Without input there is nothing left but to finish, or to say what is missing.
      const lzma_action action = stream_.avail_in == 0 ? LZMA_FINISH : LZMA_RUN;
      const lzma_ret result = lzma_code(&stream_, action);
      ended_ = result == LZMA_STREAM_END;
      if (result != LZMA_OK && !ended_) return problem(result);
    }
    return out.size() - stream_.avail_out;
  }

 private:
  Status fill() {
    OVAPORT_TRY(const std::size_t got, packed_.read_at(position_, buffer_));
    position_ += got;
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(buffer_.data());
    stream_.avail_in = got;
    return {};
  }

  [[nodiscard]] Error problem(lzma_ret result) const {
    if (result == LZMA_MEMLIMIT_ERROR) return needs_memory("xz", name_);
    return damaged(
        result == LZMA_BUF_ERROR ? "the xz data ends in the middle" : "the xz data is malformed",
        name_);
  }

  FileRange packed_;
  std::string name_;
  std::uint64_t position_ = 0;
  std::array<std::byte, std::size_t{64} << 10> buffer_{};
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ended_ = false;
};

// What libarchive says of damaged data.
Error explain(const Error& error, std::string_view packing, const std::string& name) {
  if (error.kind == ErrorKind::io) return Error(error).in_file(name);
  return damaged("the " + std::string(packing) + " data is cut off or malformed: " + error.message,
                 name);
}

/// What libarchive unpacks.
class Filtered final : public ByteSource {
 public:
  Filtered(std::unique_ptr<ArchiveReader> reader, std::string_view packing, std::string name)
      : reader_(std::move(reader)), packing_(packing), name_(std::move(name)) {}

  Result<std::size_t> read(std::span<std::byte> out) override {
    if (!begun_) {
      begun_ = true;
      auto member = reader_->next();
      if (!member.ok()) return explain(member.error(), packing_, name_);
      ended_ = !*member;
    }
    if (ended_) return std::size_t{0};
    auto got = reader_->read(out);
    if (!got.ok()) return explain(got.error(), packing_, name_);
    return got;
  }

 private:
  std::unique_ptr<ArchiveReader> reader_;
  std::string packing_;
  std::string name_;
  bool begun_ = false;
  bool ended_ = false;
};

/// Stops a bomb, and on request.
class Bounded final : public ByteSource {
 public:
  Bounded(std::unique_ptr<ByteSource> source, std::uint64_t packed, const UnpackLimits& limits,
          std::string name, std::stop_token stop)
      : source_(std::move(source)),
        packed_(packed),
        limits_(limits),
        name_(std::move(name)),
        stop_(std::move(stop)) {}

  Result<std::size_t> read(std::span<std::byte> out) override {
    if (stop_.stop_requested())
      return Error(ErrorKind::cancelled, "package.cancelled", "stopped on request");
    OVAPORT_TRY(const std::size_t got, source_->read(out));
    position_ += got;
    if (position_ > limits_.most(packed_)) return unpacks_to_more(packed_, limits_).in_file(name_);
    return got;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::uint64_t packed_;
  UnpackLimits limits_;
  std::string name_;
  std::stop_token stop_;
  std::uint64_t position_ = 0;
};

// By the header of the first frame (RFC 8878 §3.1.1.1). zstd's library, which libarchive
// uses, refuses more than 128 MiB, but libarchive does not say why it fails.
Result<bool> has_large_window(const FileRange& packed) {
  constexpr std::uint64_t kMost = 128ULL << 20;
  constexpr std::size_t kDescriptor = 4;
  std::array<std::byte, 6> head{};
  OVAPORT_TRY(const std::size_t got, packed.read_at(0, head));
  const bool single_segment = (head[kDescriptor] & std::byte{0x20}) != std::byte{0};
  if (got < head.size() || single_segment) return false;
  const auto window = std::to_integer<unsigned>(head[kDescriptor + 1]);
  const std::uint64_t base = 1ULL << (10 + (window >> 3U));
  return base + base / 8 * (window & 7U) > kMost;
}

Result<std::unique_ptr<ByteSource>> unpack_unbounded(const FileRange& packed, Packing packing,
                                                     const std::string& name) {
  if (packing == Packing::gzip) return gunzip(make_source(packed), name);
  if (packing == Packing::xz) {
    auto source = std::make_unique<Unxz>(packed, name);
    OVAPORT_CHECK(source->start());
    return std::unique_ptr<ByteSource>(std::move(source));
  }
  if (packing == Packing::zstd) {
    OVAPORT_TRY(const bool large, has_large_window(packed));
    if (large) return needs_memory("zstd", name);
  }
  const Container container = packing == Packing::zstd ? Container::zstd : Container::bzip2;
  auto reader = ArchiveReader::open(container, packed);
  if (!reader.ok()) return explain(reader.error(), to_string(packing), name);
  return std::unique_ptr<ByteSource>(
      std::make_unique<Filtered>(std::move(*reader), to_string(packing), name));
}

}  // namespace

Packing packing_of(std::string_view head) {
  using namespace std::string_view_literals;
  constexpr std::array kMagics{
      std::pair{"\x1f\x8b"sv, Packing::gzip}, std::pair{"\xfd\x37\x7a\x58\x5a\x00"sv, Packing::xz},
      std::pair{"\x28\xb5\x2f\xfd"sv, Packing::zstd}, std::pair{"BZh"sv, Packing::bzip2},
      std::pair{"PK\x03\x04"sv, Packing::zip}};
  for (const auto& [magic, packing] : kMagics)
    if (head.starts_with(magic)) return packing;
  return Packing::none;
}

std::string_view to_string(Packing packing) {
  switch (packing) {
    case Packing::none:
      return "none";
    case Packing::gzip:
      return "gzip";
    case Packing::xz:
      return "xz";
    case Packing::zstd:
      return "zstd";
    case Packing::bzip2:
      return "bzip2";
    case Packing::zip:
      return "zip";
  }
  return "none";
}

std::uint64_t UnpackLimits::most(std::uint64_t packed) const {
  const auto product = checked_multiply(packed, ratio);
  const auto sum = product ? checked_add(*product, slack) : std::nullopt;
  return sum.value_or(std::numeric_limits<std::uint64_t>::max());
}

Error unpacks_to_more(std::uint64_t packed, const UnpackLimits& limits) {
  return Error(ErrorKind::invalid, "package.bomb",
               "the package has " + format_bytes(packed) + " and unpacks to more than " +
                   format_bytes(limits.most(packed)) + " (" + format_bytes(limits.slack) + " and " +
                   std::to_string(limits.ratio) + " times its size)")
      .advise("No appliance packs so well; if you trust it, unpack it and import the OVA");
}

Result<std::unique_ptr<ByteSource>> unpack(const FileRange& packed, Packing packing,
                                           const std::string& name, const UnpackLimits& limits,
                                           std::stop_token stop) {
  OVAPORT_TRY(auto source, unpack_unbounded(packed, packing, name));
  return std::unique_ptr<ByteSource>(
      std::make_unique<Bounded>(std::move(source), packed.size, limits, name, std::move(stop)));
}

}  // namespace ovaport::package
