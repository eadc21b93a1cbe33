#include "file_pass.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "write_sparsely.h"

namespace ovaport::disk {

namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

using Bytes = std::span<const std::byte>;

/// The part of `bytes`, which lie at `position` in the file, that the window shows.
Bytes clip(Bytes bytes, std::uint64_t position, const Window& window) {
  const std::uint64_t end = std::min(position + bytes.size(), window.begin + window.size);
  const std::uint64_t begin = std::max(position, window.begin);
  if (begin >= end) return {};
  return bytes.subspan(begin - position, end - begin);
}

Result<std::uint64_t> copy_window(Bytes bytes, std::uint64_t position, const Window& window) {
  const Bytes shown = clip(bytes, position, window);
  if (shown.empty()) return std::uint64_t{0};
  const std::uint64_t begin = std::max(position, window.begin);
  return write_sparsely(*window.sink, window.target + (begin - window.begin), shown);
}

void keep_tail(Bytes bytes, std::array<std::byte, 512>& tail) {
  const Bytes last = bytes.last(std::min(bytes.size(), tail.size()));
  std::rotate(tail.begin(), tail.begin() + static_cast<std::ptrdiff_t>(last.size()), tail.end());
  std::copy(last.begin(), last.end(), tail.end() - static_cast<std::ptrdiff_t>(last.size()));
}

}  // namespace

Result<FileDigests> check_digests(const DiskInput& input, std::vector<Digest> found) {
  for (const Digest& want : input.expected)
    for (const Digest& have : found)
      if (have.algorithm == want.algorithm && have.hex != want.hex)
        return Error(ErrorKind::integrity, "disk.digest-mismatch",
                     std::string(to_string(want.algorithm)) +
                         " digest does not match the manifest: expected " + want.hex + ", found " +
                         have.hex)
            .in_file(input.name)
            .advise("The package was damaged or changed; get it again from its vendor");
  return FileDigests{input.name, std::move(found), !input.expected.empty()};
}

Result<Stamp> Stamp::of(const DiskInput& input) {
  struct stat info {};
  if (::fstat(input.range->file->get(), &info) != 0)
    return system_error("cannot examine", errno).in_file(input.name);
  Stamp stamp;
  stamp.state_ = {{info.st_mtim.tv_sec, info.st_mtim.tv_nsec},
                  {info.st_ctim.tv_sec, info.st_ctim.tv_nsec},
                  info.st_size};
  return stamp;
}

Status Stamp::check(const DiskInput& input) const {
  OVAPORT_TRY(const Stamp now, of(input));
  if (now.state_ == state_) return {};
  return Error(ErrorKind::integrity, "disk.changed", "was changed while it was read")
      .in_file(input.name)
      .advise("Wait until the package is copied completely, then try again");
}

Result<Passed> pass_over(const DiskInput& input, const DecodeOptions& options,
                         const std::optional<Window>& window) {
  OVAPORT_TRY(const auto source, input.open());
  Passed passed;
  std::vector<Hasher> hashers;
  for (const DigestAlgorithm algorithm : algorithms_for(input.expected))
    hashers.emplace_back(algorithm);
  std::vector<std::byte> buffer(kBlock);
  std::uint64_t position = 0;
  while (true) {
    if (options.stop.stop_requested())
      return Error(ErrorKind::cancelled, "disk.cancelled", "stopped on request");
    OVAPORT_TRY(const std::size_t got, source->read(buffer));
    if (got == 0) break;
    const auto bytes = Bytes(buffer).first(got);
    for (Hasher& hasher : hashers)
      hasher.update(bytes);
    if (window) {
      OVAPORT_TRY(const std::uint64_t written, copy_window(bytes, position, *window));
      passed.written += written;
    }
    keep_tail(bytes, passed.tail);
    position += got;
    if (options.progress) options.progress(position, input.size);
  }
  if (position != input.size)
    return Error(ErrorKind::integrity, "disk.truncated",
                 "ends after " + std::to_string(position) + " of " + std::to_string(input.size) +
                     " bytes")
        .in_file(input.name);
  std::vector<Digest> found;
  found.reserve(hashers.size());
  for (Hasher& hasher : hashers)
    found.push_back(hasher.finish());
  OVAPORT_TRY(passed.file, check_digests(input, std::move(found)));
  return passed;
}

}  // namespace ovaport::disk
