// Any bytes as a disk: decoded, or refused with an error; never a crash, a hang, or
// memory that grows with what a header claims.

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "ovaport/disk/decode.h"

namespace {

using namespace ovaport;

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Result<std::size_t> read(std::span<std::byte> out) override {
    const std::size_t size = std::min(out.size(), bytes_.size());
    if (size != 0) std::memcpy(out.data(), bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
    return size;
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  disk::DiskInput input;
  input.name = "disk";
  input.size = size;
  input.open = [bytes] {
    return Result<std::unique_ptr<ByteSource>>(std::make_unique<MemorySource>(bytes));
  };
  disk::DecodeOptions options;
  options.size_limit = 1 << 30;
  options.workers = 1;
  const std::string target = "/dev/shm/ovaport-fuzz-" + std::to_string(::getpid());
  const auto report = disk::decode(input, target, options);
  ::unlink(target.c_str());
  if (report.ok() && report->size > options.size_limit) __builtin_trap();
  return 0;
}
