// What is found in a guest's initramfs are plain module names, however it is broken.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "../../src/guest/initramfs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto names = ovaport::guest::initramfs_modules({reinterpret_cast<const char*>(data), size});
  if (!names) return 0;
  for (const std::string& name : *names)
    if (name.empty() || name.find('/') != std::string::npos) std::abort();
  return 0;
}
