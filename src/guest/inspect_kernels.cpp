#include <algorithm>
#include <cctype>
#include <filesystem>
#include <random>
#include <set>
#include <utility>

#include "initramfs.h"
#include "inspector.h"
#include "ovaport/base/text.h"

namespace ovaport::guest {

namespace {

constexpr std::size_t kLargestModuleList = 8 << 20;
constexpr std::uint64_t kLargestInitramfs = 512ULL << 20;
constexpr std::size_t kMostKernels = 4;

std::set<std::string> names_in(std::string_view text) {
  std::set<std::string> names;
  for (const std::string_view line : split(text, "\r\n"))
    if (std::string name = module_name(line.substr(0, line.find(':'))); !name.empty())
      names.insert(std::move(name));
  return names;
}

// Alpine names its files by flavour only: 6.6.31-0-virt boots vmlinuz-virt.
std::string flavour(const std::string& version) {
  return version.substr(version.rfind('-') + 1);
}

std::string first_file(const Appliance& appliance, const std::vector<std::string>& candidates) {
  for (const std::string& path : candidates)
    if (appliance.is_file(path)) return path;
  return {};
}

bool has_image(const Appliance& appliance, const std::string& version) {
  return !first_file(appliance, {"/boot/vmlinuz-" + version, "/boot/vmlinux-" + version,
                                 "/boot/Image-" + version, "/lib/modules/" + version + "/vmlinuz",
                                 "/boot/vmlinuz-" + flavour(version)})
              .empty();
}

std::string initramfs_of(const Appliance& appliance, const std::string& version) {
  return first_file(appliance,
                    {"/boot/initrd.img-" + version, "/boot/initramfs-" + version + ".img",
                     "/boot/initrd-" + version, "/boot/initrd-" + version + ".img",
                     "/boot/initramfs-" + flavour(version)});
}

// What the kernel has before the root file system is mounted.
std::set<std::string> read_initramfs(const Appliance& appliance, Kernel& kernel) {
  if (appliance.size(appliance.real_path(kernel.initramfs).value_or("")) > kLargestInitramfs)
    return {};
  const std::filesystem::path copy =
      std::filesystem::path(take_string(guestfs_get_tmpdir(appliance.raw()))) / "initramfs";
  std::set<std::string> names;
  if (guestfs_download(appliance.raw(), kernel.initramfs.c_str(), copy.c_str()) == 0) {
    if (auto found = initramfs_file_modules(copy); found.ok()) {
      names = *std::move(found);
      kernel.initramfs_read = true;
    }
  }
  std::error_code ignored;
  std::filesystem::remove(copy, ignored);
  return names;
}

Kernel describe(const Appliance& appliance, const std::string& version, bool look_inside) {
  Kernel kernel;
  kernel.version = clean(version);
  kernel.initramfs = initramfs_of(appliance, version);
  const std::string directory = "/lib/modules/" + version;
  std::set<std::string> early =
      names_in(appliance.read_head(directory + "/modules.builtin", kLargestModuleList));
  std::set<std::string> all =
      names_in(appliance.read_head(directory + "/modules.dep", kLargestModuleList));
  all.insert(early.begin(), early.end());
  if (look_inside && !kernel.initramfs.empty()) early.merge(read_initramfs(appliance, kernel));
  const auto starts_with = [&](const char* name) { return early.count(name) != 0; };
  const bool pci = starts_with("virtio_pci");
  const bool disk = starts_with("sd_mod");
  kernel.virtio_blk = pci && starts_with("virtio_blk");
  kernel.virtio_scsi = pci && disk && starts_with("virtio_scsi");
  kernel.ahci = disk && starts_with("ahci");
  kernel.virtio_net = all.count("virtio_net") != 0;
  kernel.e1000e = all.count("e1000e") != 0;
  kernel.e1000 = all.count("e1000") != 0;
  kernel.initramfs = clean(kernel.initramfs);
  return kernel;
}

}  // namespace

void describe_kernels(const Appliance& appliance, Inspection& guest) {
  std::vector<std::string> versions;
  for (const GuestEntry& entry : appliance.list("/lib/modules"))
    if (entry.type == 'd' && has_image(appliance, entry.name)) versions.push_back(entry.name);
  std::sort(versions.begin(), versions.end(),
            [](const std::string& a, const std::string& b) { return compare_versions(a, b) > 0; });
  if (versions.size() > kMostKernels) versions.resize(kMostKernels);
  for (const std::string& version : versions)
    guest.kernels.push_back(describe(appliance, version, guest.kernels.empty()));
}

}  // namespace ovaport::guest
