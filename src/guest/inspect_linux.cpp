#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "cloud_init.h"
#include "inspector.h"
#include "network_names.h"
#include "ovaport/base/text.h"
#include "places.h"
#include "systemd_units.h"

namespace ovaport::guest {

namespace {

constexpr std::size_t kLargestConfiguration = 256 << 10;
constexpr std::size_t kMostInterfaces = 64;

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool is_tools_package(std::string_view name) {
  return name == "VMwareTools" || starts_with(name, "open-vm-tools") ||
         starts_with(name, "vmware-tools-") || starts_with(name, "kmod-vmware-tools");
}

void read_packages(const Appliance& appliance, Inspection& guest) {
  const std::unique_ptr<guestfs_application2_list, void (*)(guestfs_application2_list*)> list(
      guestfs_inspect_list_applications2(appliance.raw(), guest.roots[0].c_str()),
      guestfs_free_application2_list);
  if (!list) return;
  for (std::uint32_t i = 0; i < list->len; ++i) {
    const std::string name = clean(list->val[i].app2_name);
    if (name == "cloud-init") guest.cloud_init = true;
    if (name == "qemu-guest-agent") guest.guest_agent = true;
    if (!is_tools_package(name)) continue;
    guest.tools.packages.push_back(name);
    if (guest.tools.version.empty()) guest.tools.version = clean(list->val[i].app2_version);
  }
}

void find_tools(const Appliance& appliance, Inspection& guest) {
  guest.stand_in = appliance.is_file(std::string(kInjectedList));
  guest.tools.tarball = appliance.exists("/usr/bin/vmware-uninstall-tools.pl") ||
                        appliance.exists("/etc/vmware-tools/locations");
  if (guest.stand_in) return;
  for (const std::string_view program : kToolPrograms)
    if (appliance.mode(std::string(program))) guest.tools.programs.emplace_back(program);
}

// libguestfs' product name is the version only for some distributions.
void read_pretty_name(const Appliance& appliance, Inspection& guest) {
  const std::string text = appliance.read_head("/etc/os-release", kLargestConfiguration);
  for (const std::string_view line : split(text, "\r\n")) {
    constexpr std::string_view kKey = "PRETTY_NAME=";
    if (!starts_with(line, kKey)) continue;
    std::string_view value = trimmed(line.substr(kKey.size()));
    if (value.size() >= 2 && (value[0] == '"' || value[0] == '\''))
      value = value.substr(1, value.size() - 2);
    guest.product_name = clean(value);
  }
}

void find_init(const Appliance& appliance, Inspection& guest) {
  guest.init = "other";
  for (const char* path : {"/usr/lib/systemd/systemd", "/lib/systemd/systemd"})
    if (appliance.is_file(path)) guest.init = "systemd";
}

void find_boot_loader(const Appliance& appliance, Inspection& guest) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kSigns = {
      {{"/boot/grub/grub.cfg", "grub2"},
       {"/boot/grub2/grub.cfg", "grub2"},
       {"/boot/grub/grub.conf", "grub1"},
       {"/boot/grub/menu.lst", "grub1"},
       {"/boot/extlinux.conf", "syslinux"},
       {"/boot/loader/loader.conf", "systemd-boot"},
       {"/boot/efi/loader/loader.conf", "systemd-boot"}}};
  for (const auto& [path, name] : kSigns) {
    if (!appliance.is_file(std::string(path))) continue;
    guest.boot_loader = name;
    return;
  }
}

void find_selinux(const Appliance& appliance, Inspection& guest) {
  const std::string text = appliance.read_head("/etc/selinux/config", kLargestConfiguration);
  for (const std::string_view line : split(text, "\r\n")) {
    const auto parts = split(line, "= \t");
    if (parts.size() == 2 && parts[0] == "SELINUX") guest.selinux = parts[1] != "disabled";
  }
}

void find_cloud_init(const Appliance& appliance, Inspection& guest) {
  if (!guest.cloud_init)
    guest.cloud_init =
        appliance.is_file("/usr/bin/cloud-init") || appliance.is_file("/etc/cloud/cloud.cfg");
  if (!guest.cloud_init) return;
  std::vector<std::string> texts = {
      appliance.read_head("/etc/cloud/cloud.cfg", kLargestConfiguration)};
  for (const std::string& file : appliance.files("/etc/cloud/cloud.cfg.d", ".cfg"))
    texts.push_back(appliance.read_listed(file, kLargestConfiguration));
  for (const std::string& text : texts)
    if (auto sources = datasource_list(text)) guest.cloud_init_sources = *std::move(sources);
}

struct NetworkPlace {
  NetworkSyntax syntax;
  std::string_view directory;
  std::string_view suffix;
};

void read_network_file(const Appliance& appliance, NetworkSyntax syntax, const std::string& file,
                       Inspection& guest) {
  const std::string text = appliance.read_head(file, kLargestConfiguration);
  const std::string base = file.substr(file.rfind('/') + 1);
  for (std::string& name : interface_names(syntax, base, text)) {
    const bool known =
        std::any_of(guest.interfaces.begin(), guest.interfaces.end(),
                    [&](const ConfiguredInterface& other) { return other.name == name; });
    if (!known && guest.interfaces.size() < kMostInterfaces)
      guest.interfaces.push_back({std::move(name), clean(file)});
  }
}

void find_interfaces(const Appliance& appliance, Inspection& guest) {
  constexpr std::array kPlaces = {
      NetworkPlace{NetworkSyntax::ifupdown, "/etc/network/interfaces.d", ""},
      NetworkPlace{NetworkSyntax::netplan, "/etc/netplan", ".yaml"},
      NetworkPlace{NetworkSyntax::keyfile, "/etc/NetworkManager/system-connections", ""},
      NetworkPlace{NetworkSyntax::ifcfg, "/etc/sysconfig/network-scripts", ""},
      NetworkPlace{NetworkSyntax::ifcfg, "/etc/sysconfig/network", ""},
      NetworkPlace{NetworkSyntax::networkd, "/etc/systemd/network", ".network"}};
  read_network_file(appliance, NetworkSyntax::ifupdown, "/etc/network/interfaces", guest);
  for (const NetworkPlace& place : kPlaces)
    for (const std::string& file : appliance.files(std::string(place.directory), place.suffix)) {
      const bool ifcfg = file.find("/ifcfg-") != std::string::npos;
      if (place.syntax == NetworkSyntax::ifcfg && !ifcfg) continue;
      read_network_file(appliance, place.syntax, file, guest);
    }
}

}  // namespace

void describe_linux(const Appliance& appliance, Inspection& guest) {
  read_pretty_name(appliance, guest);
  read_packages(appliance, guest);
  find_tools(appliance, guest);
  find_init(appliance, guest);
  find_boot_loader(appliance, guest);
  find_selinux(appliance, guest);
  find_cloud_init(appliance, guest);
  find_interfaces(appliance, guest);
  describe_kernels(appliance, guest);
  find_environment_users(appliance, guest);
}

}  // namespace ovaport::guest
