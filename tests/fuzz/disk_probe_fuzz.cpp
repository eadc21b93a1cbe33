// A file, and a second one beside it, as base and delta or as descriptor and extent:
// probed and, where no helper program is needed, decoded; never a crash, a hang, or
// more output than the headers' limits allow.
//
// Input: a byte that says how the files are used, the size of the first in 4 bytes
// (little-endian), then the bytes of both.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "ovaport/disk/decode.h"

namespace {

using namespace ovaport;

constexpr std::uint64_t kMost = 64ULL << 20;

disk::DiskInput input_of(std::string name, std::span<const std::uint8_t> bytes) {
  UniqueFd memory(::memfd_create("fuzz", MFD_CLOEXEC));
  if (::write(memory.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    __builtin_trap();
  const FileRange range{std::make_shared<const UniqueFd>(std::move(memory)), 0, bytes.size()};
  disk::DiskInput input;
  input.name = std::move(name);
  input.size = bytes.size();
  input.range = range;
  input.open = [range] { return Result<std::unique_ptr<ByteSource>>(make_source(range)); };
  return input;
}

bool needs_program(disk::Format format) {
  using disk::Format;
  return format == Format::qcow2 || format == Format::vhd || format == Format::vhdx ||
         format == Format::vdi;
}

void decode(const disk::DiskChain& chain) {
  const auto image = disk::probe(chain);
  if (!image.ok() || needs_program(image->format)) return;
  disk::DecodeOptions options;
  options.size_limit = kMost;
  options.workers = 1;
  const std::string target = "/dev/shm/ovaport-fuzz-probe-" + std::to_string(::getpid());
  const auto report = disk::decode(chain, target, options);
  ::unlink(target.c_str());
  if (report.ok() && report->size > kMost) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 5) return 0;
  std::uint32_t first = 0;
  std::memcpy(&first, data + 1, sizeof first);
  const auto rest = std::span(data, size).subspan(5);
  const std::size_t cut = std::min<std::size_t>(first, rest.size());
  disk::DiskInput base = input_of("base.vmdk", rest.first(cut));
  const disk::DiskInput other = input_of("other.vmdk", rest.subspan(cut));
  base.sibling = [&](std::string_view) -> Result<disk::DiskInput> { return other; };
  if (data[0] % 2 == 0)
    decode({base});
  else
    decode({base, other});
  return 0;
}
