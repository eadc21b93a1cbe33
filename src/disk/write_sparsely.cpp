#include "write_sparsely.h"

#include <algorithm>
#include <cstring>

namespace ovaport::disk {

namespace {

constexpr std::size_t kPage = 4096;

/// The size of the run of pages at the front of `bytes` that are all zero, or all not.
std::size_t run_of(std::span<const std::byte> bytes, bool zero) {
  std::size_t size = 0;
  while (size < bytes.size()) {
    const auto page = bytes.subspan(size, std::min(kPage, bytes.size() - size));
    if (all_zero(page) != zero) break;
    size += page.size();
  }
  return size;
}

}  // namespace

bool all_zero(std::span<const std::byte> bytes) {
  return bytes[0] == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

Result<std::uint64_t> write_sparsely(Sink& sink, std::uint64_t position,
                                     std::span<const std::byte> bytes, Gaps gaps) {
  std::uint64_t written = 0;
  while (!bytes.empty()) {
    const bool zero = all_zero(bytes.first(std::min(kPage, bytes.size())));
    const auto run = bytes.first(run_of(bytes, zero));
    if (!zero) {
      OVAPORT_CHECK(sink.write(position, run));
      written += run.size();
    } else if (gaps == Gaps::zeroed) {
      OVAPORT_CHECK(sink.zero(position, run.size()));
    }
    position += run.size();
    bytes = bytes.subspan(run.size());
  }
  return written;
}

}  // namespace ovaport::disk
