#pragma once

#include <filesystem>
#include <string>

#include "ovaport/base/result.h"

namespace ovaport::guest {

/// Whether there is a program that runs first-boot scripts in Windows. virt-v2v
/// demands one named rhsrvany.exe in its data directory.
bool has_service_runner();

/// Puts our own one into a directory below `where` and returns that directory, or
/// the system's /usr/share/virt-tools when this build carries none.
Result<std::string> place_service_runner(const std::filesystem::path& where);

}  // namespace ovaport::guest
