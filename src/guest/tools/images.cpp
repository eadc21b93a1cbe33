#include "ovaport/guest/tools.h"

// The assembler takes the programs' bytes as they are; the build makes this file anew
// whenever one of them changes.
__asm__(
    ".pushsection .rodata\n"
    "ovaport_linux_tools_begin:\n"
    ".incbin \"" OVAPORT_LINUX_TOOLS
    "\"\n"
    "ovaport_linux_tools_end:\n"
    "ovaport_windows_tools_begin:\n"
#ifdef OVAPORT_WINDOWS_TOOLS
    ".incbin \"" OVAPORT_WINDOWS_TOOLS
    "\"\n"
#endif
    "ovaport_windows_tools_end:\n"
    ".popsection\n");

extern "C" {
extern const std::byte ovaport_linux_tools_begin[];    // NOLINT(modernize-avoid-c-arrays)
extern const std::byte ovaport_linux_tools_end[];      // NOLINT(modernize-avoid-c-arrays)
extern const std::byte ovaport_windows_tools_begin[];  // NOLINT(modernize-avoid-c-arrays)
extern const std::byte ovaport_windows_tools_end[];    // NOLINT(modernize-avoid-c-arrays)
}

namespace ovaport::guest {

std::span<const std::byte> linux_tools_image() {
  return {ovaport_linux_tools_begin, ovaport_linux_tools_end};
}

std::span<const std::byte> windows_tools_image() {
  return {ovaport_windows_tools_begin, ovaport_windows_tools_end};
}

}  // namespace ovaport::guest
