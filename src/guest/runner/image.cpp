#include "runner_image.h"

// The assembler takes the program's bytes as they are.
__asm__(
    ".pushsection .rodata\n"
    "ovaport_service_runner_begin:\n"
#ifdef OVAPORT_RUNNER
    ".incbin \"" OVAPORT_RUNNER
    "\"\n"
#endif
    "ovaport_service_runner_end:\n"
    ".popsection\n");

extern "C" {
extern const std::byte ovaport_service_runner_begin[];  // NOLINT(modernize-avoid-c-arrays)
extern const std::byte ovaport_service_runner_end[];    // NOLINT(modernize-avoid-c-arrays)
}

namespace ovaport::guest {

std::span<const std::byte> service_runner_image() {
  return {ovaport_service_runner_begin, ovaport_service_runner_end};
}

}  // namespace ovaport::guest
