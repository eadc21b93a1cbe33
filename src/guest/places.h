#pragma once

#include <array>
#include <string_view>

/// Where things lie, in guests and on the host.
namespace ovaport::guest {

/// Where helper programs of the host are looked for, whatever the caller's PATH.
inline constexpr std::string_view kHelperPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Programs of VMware Tools that others call. The stand-in takes their places.
inline constexpr std::array<std::string_view, 5> kToolPrograms = {
    "/usr/bin/vmtoolsd", "/usr/bin/vmware-rpctool", "/usr/bin/vmware-toolbox-cmd",
    "/usr/bin/vmware-checkvm", "/usr/sbin/vmware-guestd"};

/// Lists the files that ovaport put into the guest, one path a line. Its presence
/// says that the programs above are the stand-in.
inline constexpr std::string_view kInjectedList = "/usr/lib/ovaport/installed";

/// Windows services of VMware Tools. pvscsi is not among them: it may be what the
/// system disk was found with, and is harmless without its device.
inline constexpr std::array<std::string_view, 12> kWindowsToolServices = {
    "VMTools", "VGAuthService", "vm3dservice", "VMwareCAFCommAmqpListener",
    "vmvss",   "vmmemctl",      "vmhgfs",      "VMMemCtl",
    "vmmouse", "vmusbmouse",    "vmrawdsk",    "VMwareCAFManagementAgentHost"};

/// On the Windows system drive.
inline constexpr std::string_view kWindowsToolsDirectory = "/Program Files/VMware/VMware Tools";
inline constexpr std::string_view kWindowsStagingDirectory = "/Program Files/ovaport";

}  // namespace ovaport::guest
