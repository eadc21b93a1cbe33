#include <algorithm>
#include <memory>
#include <utility>

#include "hive.h"
#include "inspector.h"
#include "ovaport/base/text.h"
#include "places.h"
#include "windows_paths.h"

namespace ovaport::guest {

namespace {

constexpr std::uint32_t kBootStart = 0;

bool contains(const std::string& text, std::string_view part) {
  return to_lower(text).find(part) != std::string::npos;
}

void read_programs(const Appliance& appliance, Inspection& guest) {
  const std::unique_ptr<guestfs_application2_list, void (*)(guestfs_application2_list*)> list(
      guestfs_inspect_list_applications2(appliance.raw(), guest.roots[0].c_str()),
      guestfs_free_application2_list);
  if (!list) return;
  for (std::uint32_t i = 0; i < list->len; ++i) {
    const std::string shown = list->val[i].app2_display_name;
    if (contains(shown, "cloudbase-init")) guest.cloud_init = true;
    if (contains(shown, "qemu guest agent")) guest.guest_agent = true;
    if (!contains(shown, "vmware tools")) continue;
    guest.tools.packages.push_back(clean(shown));
    if (guest.tools.version.empty()) guest.tools.version = clean(list->val[i].app2_version);
  }
}

bool is_tools_service(const std::string& name) {
  return std::any_of(kWindowsToolServices.begin(), kWindowsToolServices.end(),
                     [&](std::string_view known) { return equal_ignoring_case(known, name); });
}

void read_services(Appliance& appliance, Inspection& guest) {
  const std::string root = guest.roots[0];
  const std::string hive_path =
      take_string(guestfs_inspect_get_windows_system_hive(appliance.raw(), root.c_str()));
  const std::string set =
      take_string(guestfs_inspect_get_windows_current_control_set(appliance.raw(), root.c_str()));
  const auto hive = Hive::open(appliance, hive_path, false);
  if (!hive) {
    Concern concern;
    concern.code = "guest.registry";
    concern.message = hive.error().message;
    guest.concerns.push_back(std::move(concern));
    return;
  }
  const std::string services = set + "\\Services\\";
  for (const std::string& name : hive->children(services)) {
    if (is_tools_service(name)) guest.tools.services.push_back(clean(name));
    if (equal_ignoring_case(name, "cloudbase-init")) guest.cloud_init = true;
    if (equal_ignoring_case(name, "QEMU-GA")) guest.guest_agent = true;
  }
  for (const char* driver : {"viostor", "vrtioblk", "virtio_blk"})
    if (hive->dword(services + driver, "Start") == kBootStart) guest.virtio_win_disk = true;
  guest.virtio_win_net = hive->has(services + "netkvm");
}

}  // namespace

std::optional<std::string> windows_path(const Appliance& appliance, std::string_view path) {
  std::string found =
      take_string(guestfs_case_sensitive_path(appliance.raw(), std::string(path).c_str()));
  if (found.empty() || !appliance.exists(found)) return std::nullopt;
  return found;
}

void describe_windows(Appliance& appliance, Inspection& guest) {
  read_programs(appliance, guest);
  read_services(appliance, guest);
  const auto tools = windows_path(appliance, kWindowsToolsDirectory);
  guest.stand_in =
      windows_path(appliance, std::string(kWindowsStagingDirectory) + "/installed.txt").has_value();
  if (tools && !guest.stand_in)
    for (const char* program : {"vmtoolsd.exe", "rpctool.exe"})
      if (const auto path = windows_path(appliance, *tools + "/" + program))
        guest.tools.programs.push_back(clean(*path));
  guest.tools.windows = !guest.tools.packages.empty() || !guest.tools.services.empty() ||
                        !guest.tools.programs.empty();
  const std::string system_root =
      take_string(guestfs_inspect_get_windows_systemroot(appliance.raw(), guest.roots[0].c_str()));
  // What virt-v2v copies there is installed by Windows' plug and play.
  if (windows_path(appliance, system_root + "/Drivers/VirtIO/netkvm.inf"))
    guest.virtio_win_net = true;
}

}  // namespace ovaport::guest
