// Any bytes as a package: opened, or refused; names that are used as paths are safe.

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "ovaport/base/unique_fd.h"
#include "ovaport/package/coverage.h"
#include "ovaport/package/package.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ovaport;
  const UniqueFd file(::memfd_create("package", MFD_CLOEXEC));
  if (::write(file.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  Concerns concerns;
  const auto package =
      package::Package::open("/proc/self/fd/" + std::to_string(file.get()), concerns);
  if (!package.ok()) return 0;
  for (const package::Entry& entry : package->entries()) {
    if (entry.name.starts_with("/") || entry.name.find("..") == 0) __builtin_trap();
    if (entry.range && entry.range->offset + entry.size > size) __builtin_trap();
    (void)package->find(entry.name, concerns).ok();
    (void)package->read(entry, 4096).ok();
    // Beyond what is kept in memory; a bomb is not to be read to its end.
    const auto stream = package->stream(entry);
    std::vector<std::byte> buffer(std::size_t{300} << 10);
    if (stream.ok()) (void)(*stream)->read(buffer).ok();
  }
  return 0;
}
