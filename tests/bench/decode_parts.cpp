// The parts of decoding a disk, each alone: what no decoder can be faster than.
//
//   decode_parts digest FILE         SHA-256 of the file
//   decode_parts inflate FILE.vmdk   all grains inflated, on every core, dropped
//   decode_parts write FILE BYTES    that many bytes written to a new file

#include <fcntl.h>
#include <libdeflate.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "grain_stream.h"
#include "ovaport/base/byte_source.h"
#include "ovaport/base/digest.h"
#include "ovaport/base/file.h"

namespace {

using namespace ovaport;

constexpr std::size_t kBlock = std::size_t{1} << 20;

FileRange open_range(const std::string& path) {
  auto fd = std::make_shared<const UniqueFd>(std::move(open_for_reading(path).value()));
  return {fd, 0, std::filesystem::file_size(path)};
}

int digest(const std::string& path) {
  const auto source = make_source(open_range(path));
  Hasher hasher(DigestAlgorithm::sha256);
  std::vector<std::byte> buffer(kBlock);
  while (const std::size_t got = source->read(buffer).value())
    hasher.update(std::span(buffer).first(got));
  std::printf("%s\n", hasher.finish().hex.c_str());
  return 0;
}

/// Every worker finds all grains and inflates its share: finding them costs little.
void inflate_share(const std::string& path, unsigned worker, unsigned workers) {
  const auto source = make_source(open_range(path));
  disk::GrainStream stream;
  std::vector<std::byte> buffer(disk::GrainStream::kLargestPiece + kBlock);
  std::vector<std::byte> out(kBlock);
  std::vector<disk::PackedGrain> grains;
  libdeflate_decompressor* inflater = libdeflate_alloc_decompressor();
  std::size_t carried = 0;
  std::size_t number = 0;
  while (const std::size_t got = source->read(std::span(buffer).subspan(carried, kBlock)).value()) {
    grains.clear();
    const auto bytes = std::span<const std::byte>(buffer).first(carried + got);
    const std::size_t consumed = stream.take(bytes, grains).value();
    for (const disk::PackedGrain& grain : grains) {
      std::size_t size = 0;
      if (number++ % workers == worker)
        libdeflate_zlib_decompress(inflater, grain.bytes.data(), grain.bytes.size(), out.data(),
                                   out.size(), &size);
    }
    carried = bytes.size() - consumed;
    std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(consumed), bytes.end(), buffer.begin());
  }
  libdeflate_free_decompressor(inflater);
}

int inflate(const std::string& path) {
  const unsigned workers = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < workers; ++i)
    threads.emplace_back([=] { inflate_share(path, i, workers); });
  return 0;
}

int write(const std::string& path, std::uint64_t bytes) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const std::vector<char> buffer(kBlock, 'x');
  for (std::uint64_t done = 0; done < bytes; done += buffer.size())
    if (::write(fd.get(), buffer.data(), buffer.size()) < 0) return 1;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string part = argc > 2 ? argv[1] : "";
  if (part == "digest") return digest(argv[2]);
  if (part == "inflate") return inflate(argv[2]);
  if (part == "write" && argc > 3) return write(argv[2], std::stoull(argv[3]));
  std::fprintf(stderr, "usage: decode_parts digest|inflate|write FILE [BYTES]\n");
  return 2;
}
