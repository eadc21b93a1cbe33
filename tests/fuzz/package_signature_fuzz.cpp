// Any text as a certificate file: judged, never valid without a trusted authority.

#include <string_view>

#include "ovaport/package/signature.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ovaport::package;
  TrustStore trust;
  trust.system = false;
  const auto signature = check_signature({reinterpret_cast<const char*>(data), size},
                                         "SHA256(a.ovf)= 00\n", "m.mf", trust, 0);
  if (!signature.ok() || signature->state == SignatureState::valid) __builtin_trap();
  return 0;
}
