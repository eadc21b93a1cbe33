// Any text as a manifest: every digest that comes out has its algorithm's length.

#include <string_view>

#include "ovaport/package/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ovaport;
  Concerns concerns;
  const auto manifest =
      package::parse_manifest({reinterpret_cast<const char*>(data), size}, "app.mf", concerns);
  if (!manifest.ok()) return 0;
  for (const auto& [name, digests] : manifest->digests)
    for (const Digest& digest : digests)
      if (digest.hex.size() != 2 * digest_size(digest.algorithm)) __builtin_trap();
  return 0;
}
