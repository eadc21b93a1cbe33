#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "appliance.h"
#include "ovaport/base/result.h"

namespace ovaport::guest {

/// A directory below EFI/ of a system partition and the names in it.
struct LoaderDirectory {
  std::string path;  ///< In the guest: "/boot/efi/EFI/debian"
  std::vector<std::string> files;
};

/// Which files to copy so that firmware without a boot entry of its own starts the
/// guest: pairs of path and name in EFI/BOOT (UEFI specification 2.10, 3.5.1.1). A
/// shim goes there with the loader that it starts. Empty when no loader is known.
std::vector<std::pair<std::string, std::string>> choose_loader(
    const std::vector<LoaderDirectory>& directories);

/// The boot entry lies in the old machine's memory and does not travel; many guests
/// have their loader only where that entry points. Copies it to the place where any
/// firmware looks, if there is none. Returns what was made; nothing was when it is
/// not needed or no loader is known. An error leaves no half-made loader behind.
Result<std::optional<std::string>> add_efi_fallback(Appliance& appliance);

}  // namespace ovaport::guest
