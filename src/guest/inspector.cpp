#include "inspector.h"

#include <algorithm>
#include <map>
#include <utility>

#include "ovaport/base/text.h"

namespace ovaport::guest {

namespace {

// UEFI specification 2.10, 5.3.3; the second is GRUB's.
constexpr std::string_view kEfiSystemPartition = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
constexpr std::string_view kBiosBootPartition = "21686148-6449-6E6F-744E-656564454649";
constexpr int kEfiMbrType = 0xEF;

void add_concern(Inspection& guest, std::string code, Severity severity, std::string message,
                 std::string advice = {}) {
  Concern concern;
  concern.code = std::move(code);
  concern.severity = severity;
  concern.message = std::move(message);
  concern.advice = std::move(advice);
  guest.concerns.push_back(std::move(concern));
}

void look_at_partition(guestfs_h* handle, const std::string& partition, Inspection& guest) {
  const std::string device = take_string(guestfs_part_to_dev(handle, partition.c_str()));
  const int number = guestfs_part_to_partnum(handle, partition.c_str());
  if (device.empty() || number < 1) return;
  const std::string table = take_string(guestfs_part_get_parttype(handle, device.c_str()));
  if (table == "gpt") {
    const std::string type = take_string(guestfs_part_get_gpt_type(handle, device.c_str(), number));
    if (equal_ignoring_case(type, kEfiSystemPartition)) guest.efi_partition = true;
    if (equal_ignoring_case(type, kBiosBootPartition)) guest.bios_boot_partition = true;
  } else if (table == "msdos") {
    if (guestfs_part_get_mbr_id(handle, device.c_str(), number) == kEfiMbrType)
      guest.efi_partition = true;
  }
}

// A disk with both boots either way; then, as virt-v2v does, BIOS is assumed.
void find_firmware(guestfs_h* handle, Inspection& guest) {
  constexpr std::size_t kMostPartitions = 64;
  auto partitions = take_list(guestfs_list_partitions(handle));
  if (partitions.size() > kMostPartitions) partitions.resize(kMostPartitions);
  for (const std::string& partition : partitions)
    look_at_partition(handle, partition, guest);
  if (guest.bios_boot_partition || !guest.efi_partition) {
    guest.firmware = partitions.empty() ? "" : "bios";
  } else {
    guest.firmware = "efi";
  }
}

void find_encryption(guestfs_h* handle, Inspection& guest) {
  // Pairs of device and type.
  const auto systems = take_list(guestfs_list_filesystems(handle));
  for (std::size_t i = 1; i < systems.size(); i += 2)
    if (systems[i] == "crypto_LUKS" || systems[i] == "BitLocker") guest.encrypted = true;
}

SystemKind kind_of(const std::string& type) {
  if (type == "linux") return SystemKind::linux_system;
  if (type == "windows") return SystemKind::windows;
  return SystemKind::other;
}

void read_identity(guestfs_h* handle, Inspection& guest) {
  const char* root = guest.roots.front().c_str();
  guest.kind = kind_of(take_string(guestfs_inspect_get_type(handle, root)));
  guest.distribution = clean(take_string(guestfs_inspect_get_distro(handle, root)));
  guest.product_name = clean(take_string(guestfs_inspect_get_product_name(handle, root)));
  guest.major_version = std::max(0, guestfs_inspect_get_major_version(handle, root));
  guest.minor_version = std::max(0, guestfs_inspect_get_minor_version(handle, root));
  guest.architecture = clean(take_string(guestfs_inspect_get_arch(handle, root)));
  guest.package_format = clean(take_string(guestfs_inspect_get_package_format(handle, root)));
  guest.osinfo = clean(take_string(guestfs_inspect_get_osinfo(handle, root)));
}

bool mount_one(guestfs_h* handle, const std::string& device, const std::string& point,
               bool writable) {
  return (writable ? guestfs_mount(handle, device.c_str(), point.c_str())
                   : guestfs_mount_ro(handle, device.c_str(), point.c_str())) == 0;
}

// Mounts as the guest's fstab says, "/" first. Returns whether "/" is there.
bool mount_all(Appliance& appliance, Inspection& guest, bool writable) {
  guestfs_h* handle = appliance.raw();
  const auto flat = take_list(guestfs_inspect_get_mountpoints(handle, guest.roots[0].c_str()));
  std::vector<std::pair<std::string, std::string>> points;
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2)
    points.emplace_back(flat[i], flat[i + 1]);
  if (points.empty()) points.emplace_back("/", guest.roots[0]);
  std::sort(points.begin(), points.end(),
            [](const auto& a, const auto& b) { return a.first.size() < b.first.size(); });
  for (const auto& [point, device] : points) {
    if (mount_one(handle, device, point, writable)) continue;
    const std::string reason = appliance.error("it cannot be mounted").message;
    if (point == "/" && writable && mount_one(handle, device, point, false)) {
      guest.read_only = true;
      writable = false;
      continue;
    }
    add_concern(guest, "guest.mount", Severity::warning,
                "file system " + quote(point) + ": " + reason,
                "Check the file system on the source");
    if (point == "/") return false;
  }
  return true;
}

// Some broken file systems mount writable and refuse the first write.
void test_writing(Appliance& appliance, Inspection& guest) {
  guestfs_h* handle = appliance.raw();
  const std::string directory = take_string(guestfs_mkdtemp(
      handle, guest.kind == SystemKind::windows ? "/ovaportXXXXXX" : "/.ovaportXXXXXX"));
  if (directory.empty() || guestfs_rmdir(handle, directory.c_str()) != 0) guest.read_only = true;
}

void report_absence(Inspection& guest) {
  if (guest.encrypted)
    add_concern(guest, "guest.encrypted", Severity::warning,
                "the disk is encrypted, so the guest cannot be looked into",
                "Decrypt it on the source, or prepare the guest for VirtIO there");
  else
    add_concern(guest, "guest.no-system", Severity::information,
                "no operating system was found on the disks");
}

}  // namespace

Result<Inspection> look_into(Appliance& appliance, bool writable) {
  Inspection guest;
  guestfs_h* handle = appliance.raw();
  find_firmware(handle, guest);
  find_encryption(handle, guest);
  guest.roots = take_list(guestfs_inspect_os(handle));
  if (guest.roots.empty()) {
    report_absence(guest);
    return guest;
  }
  if (guest.roots.size() > 1)
    add_concern(guest, "guest.several-systems", Severity::warning,
                "the disks hold " + std::to_string(guest.roots.size()) +
                    " operating systems; only the one on " + quote(guest.roots[0]) +
                    " is looked at");
  read_identity(handle, guest);
  if (!mount_all(appliance, guest, writable)) {
    guest.read_only = true;
    return guest;
  }
  if (writable && !guest.read_only) test_writing(appliance, guest);
  if (guest.kind == SystemKind::windows) describe_windows(appliance, guest);
  if (guest.kind == SystemKind::linux_system) describe_linux(appliance, guest);
  return guest;
}

}  // namespace ovaport::guest
