#include "conversion_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ovaport/base/text.h"

namespace ovaport::guest {

namespace {

// The distributions that virt-v2v converts.
constexpr std::array<std::string_view, 20> kConvertible = {
    "fedora",       "rhel",        "centos",   "circle", "scientificlinux",
    "redhat-based", "oraclelinux", "rocky",    "sles",   "suse-based",
    "opensuse",     "altlinux",    "debian",   "ubuntu", "linuxmint",
    "kalilinux",    "kylin",       "neokylin", "anolis", "almalinux"};

bool contains(const std::vector<std::string>& items, const std::string& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

std::string reason_for_linux(const Inspection& guest) {
  if (std::find(kConvertible.begin(), kConvertible.end(), guest.distribution) == kConvertible.end())
    return "virt-v2v does not convert this distribution";
  if (guest.package_format != "deb" && guest.package_format != "rpm")
    return "virt-v2v does not know its package manager";
  if (guest.kernels.empty()) return "no kernel was found in it";
  if (guest.boot_loader != "grub1" && guest.boot_loader != "grub2")
    return "its boot loader is none that virt-v2v knows";
  return {};
}

std::string reason_in_guest(const Inspection& guest) {
  if (guest.kind == SystemKind::none) return "no operating system was found";
  if (guest.kind == SystemKind::other) return "its operating system is not known";
  if (guest.read_only)
    return "its file system can only be read: it is damaged, or Windows hibernates on it";
  return guest.kind == SystemKind::linux_system ? reason_for_linux(guest) : std::string();
}

struct Landmark {
  std::string_view start;
  int percent;
};

// Shares of the time as measured without KVM.
constexpr std::array kLandmarks = {
    Landmark{"Opening the source", 2},       Landmark{"Inspecting the source", 15},
    Landmark{"Checking for sufficient", 23}, Landmark{"Converting", 25},
    Landmark{"Mapping filesystem", 80},      Landmark{"Closing the overlay", 92},
    Landmark{"Assigning disks", 95},         Landmark{"Finishing off", 98}};

std::optional<std::string_view> after(std::string_view line, std::string_view prefix) {
  const std::size_t found = line.find(prefix);
  if (found == std::string_view::npos) return std::nullopt;
  return trimmed(line.substr(found + prefix.size()));
}

}  // namespace

std::optional<Refusal> reason_not_to_convert(const Inspection& guest, const Means& means) {
  if (std::string reason = reason_in_guest(guest); !reason.empty())
    return Refusal{std::move(reason), ""};
  if (!means.missing_program.empty())
    return Refusal{"the program " + means.missing_program + " is not installed here",
                   "Install the packages virt-v2v and nbdkit"};
  if (guest.kind != SystemKind::windows) return std::nullopt;
  if (!means.virtio_win)
    return Refusal{"no VirtIO drivers for Windows are configured",
                   "Set guest.virtio_win to the virtio-win ISO or its unpacked directory"};
  if (!means.service_runner)
    return Refusal{"no program that runs first-boot scripts in Windows is installed",
                   "Put rhsrvany.exe into /usr/share/virt-tools"};
  return std::nullopt;
}

Message parse_message(std::string_view line) {
  line = trimmed(line);
  if (const auto text = after(line, "virt-v2v-in-place: error:"))
    return {Message::Kind::error, escaped(*text, 500), 0};
  if (const auto text = after(line, "virt-v2v-in-place: warning:"))
    return {Message::Kind::warning, escaped(*text, 500), 0};
  const std::size_t close = line.find("] ");
  if (line.empty() || line[0] != '[' || close == std::string_view::npos || close > 12)
    return {Message::Kind::other, escaped(line), 0};
  Message message{Message::Kind::step, escaped(trimmed(line.substr(close + 2))), 25};
  for (const Landmark& landmark : kLandmarks)
    if (message.text.rfind(landmark.start, 0) == 0) message.percent = landmark.percent;
  return message;
}

std::vector<std::string> describe_found(const Inspection& before) {
  std::vector<std::string> found;
  for (const std::string& package : before.tools.packages)
    found.push_back("VMware Tools: " + package);
  if (before.tools.tarball) found.emplace_back("VMware Tools of VMware's own installer");
  for (const std::string& service : before.tools.services)
    found.push_back("service of VMware Tools: " + service);
  for (const EnvironmentUser& user : before.environment_users)
    found.push_back(user.file + " asks for the OVF environment (" + user.how + ")");
  for (const std::string& unit : before.vmware_units)
    found.push_back(unit + " starts on VMware only");
  for (const ConfiguredInterface& interface : before.interfaces)
    found.push_back("network configuration for " + interface.name + " (" + interface.file + ")");
  return found;
}

std::vector<std::string> describe_removed(const Inspection& before, const Inspection& after) {
  std::vector<std::string> removed;
  for (const std::string& package : before.tools.packages)
    if (!contains(after.tools.packages, package)) removed.push_back("package " + package);
  for (const std::string& program : before.tools.programs)
    if (!contains(after.tools.programs, program)) removed.push_back(program);
  if (before.tools.tarball && !after.tools.tarball)
    removed.emplace_back("VMware Tools of VMware's own installer");
  return removed;
}

}  // namespace ovaport::guest
