#include "systemd_units.h"

#include <algorithm>
#include <array>
#include <vector>

#include "ovaport/base/text.h"

namespace ovaport::guest {

namespace {

struct Condition {
  std::string_view key;
  std::string_view value;
};

// Condition…= lines of the [Unit] section, in order.
std::vector<Condition> conditions(std::string_view text) {
  std::vector<Condition> found;
  bool in_unit = false;
  for (const std::string_view raw : split(text, "\r\n")) {
    const std::string_view line = trimmed(raw);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      in_unit = line == "[Unit]";
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!in_unit || equals == std::string_view::npos) continue;
    const std::string_view key = trimmed(line.substr(0, equals));
    if (key.substr(0, 9) == "Condition") found.push_back({key, trimmed(line.substr(equals + 1))});
  }
  return found;
}

bool is_vmware(const Condition& condition) {
  std::string_view value = condition.value;
  if (!value.empty() && value[0] == '|') value = trimmed(value.substr(1));
  return condition.key == "ConditionVirtualization" && value == "vmware";
}

}  // namespace

bool demands_vmware(std::string_view unit_text) {
  const auto all = conditions(unit_text);
  return std::any_of(all.begin(), all.end(), is_vmware);
}

std::optional<std::string> render_condition_drop_in(std::string_view unit_text) {
  const auto all = conditions(unit_text);
  if (std::none_of(all.begin(), all.end(), is_vmware)) return std::nullopt;
  std::string text =
      "# Written by ovaport: this unit was meant for VMware only. An empty condition\n"
      "# clears them all, so the others follow again.\n"
      "[Unit]\nConditionVirtualization=\n";
  for (const Condition& condition : all)
    if (!is_vmware(condition))
      text += std::string(condition.key) + "=" + std::string(condition.value) + "\n";
  return text;
}

bool belongs_to_vmware_tools(std::string_view unit_name) {
  constexpr std::array kUnits = {"open-vm-tools.service",
                                 "vmtoolsd.service",
                                 "vgauth.service",
                                 "vgauthd.service",
                                 "vmware-tools.service",
                                 "run-vmblock-fuse.mount",
                                 "run-vmblock\\x2dfuse.mount",
                                 "vmware-tools-thinprint.service"};
  return std::find(kUnits.begin(), kUnits.end(), unit_name) != kUnits.end();
}

std::string render_environment_unit(EnvironmentAccess access) {
  const std::string mode = access == EnvironmentAccess::root ? "0600" : "0644";
  return "# Written by ovaport.\n"
         "[Unit]\n"
         "Description=OVF environment for programs that ask VMware Tools\n"
         "DefaultDependencies=no\n"
         // /run must be there, and udev must have been told of the CD-ROM's driver.
         "After=systemd-remount-fs.service systemd-udev-trigger.service\n"
         "Wants=systemd-udev-trigger.service\n"
         "Before=basic.target cloud-init-local.service network-pre.target\n"
         "Conflicts=shutdown.target\n"
         "Before=shutdown.target\n"
         "\n"
         "[Service]\n"
         "Type=oneshot\n"
         "RemainAfterExit=yes\n"
         "TimeoutStartSec=90\n"
         // "-": a machine without a config disk boots as well.
         "ExecStart=-/usr/bin/vmtoolsd --ovaport-cache --mode " +
         mode +
         "\n"
         "\n"
         "[Install]\n"
         "WantedBy=sysinit.target\n";
}

}  // namespace ovaport::guest
