#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace ovaport::guest {

/// The tools stand-in: a program that answers inside a guest as VMware Tools did on
/// vSphere (`vmtoolsd --cmd "info-get guestinfo.ovfEnv"` …) from the config disk. It
/// goes by argv[0]; one file and links to it serve all names. See src/guest/tools/README.md.

/// For x86-64 Linux: statically linked, no dependency. Never empty.
std::span<const std::byte> linux_tools_image();

/// For x86-64 Windows: a console program. Empty when ovaport was built without mingw-w64;
/// an importer then says so (concern "guest.no-windows-tools") and injects nothing.
std::span<const std::byte> windows_tools_image();

/// Names of VMware's programs that it answers to.
inline constexpr std::array<std::string_view, 5> kToolsNames = {
    "vmtoolsd", "vmware-rpctool", "vmware-guestd", "vmware-toolbox-cmd", "vmware-checkvm"};

/// Arguments for a unit that runs it early, as root, so that every user may ask later;
/// "0600" in place of "0644" leaves it to root alone. Exit code 1: there is no disk.
inline constexpr std::array<std::string_view, 3> kToolsCacheArguments = {"--ovaport-cache",
                                                                         "--mode", "0644"};

/// Where in a Linux guest it keeps what it read and what `info-set` said; removed by a
/// restart, which is when a changed property counts.
inline constexpr std::string_view kToolsStateDirectory = "/run/ovaport";

}  // namespace ovaport::guest
