#include "efi_fallback.h"

#include <algorithm>
#include <array>

#include "ovaport/base/text.h"

namespace ovaport::guest {

namespace {

constexpr std::array<std::string_view, 3> kPartitions = {"/boot/efi", "/efi", "/boot"};
constexpr std::string_view kFallback = "BOOTX64.EFI";

// In the order of preference. A shim starts the GRUB that lies beside it.
constexpr std::array<std::string_view, 4> kLoaders = {"shimx64.efi", "grubx64.efi",
                                                      "systemd-bootx64.efi", "elilo.efi"};
constexpr std::array<std::string_view, 2> kOfShim = {"grubx64.efi", "mmx64.efi"};

// FAT's names have no case.
const std::string* find(const LoaderDirectory& directory, std::string_view name) {
  const auto found =
      std::find_if(directory.files.begin(), directory.files.end(),
                   [&](const std::string& file) { return equal_ignoring_case(file, name); });
  return found == directory.files.end() ? nullptr : &*found;
}

std::vector<LoaderDirectory> loader_directories(const Appliance& appliance,
                                                const std::string& top) {
  std::vector<LoaderDirectory> directories;
  for (const GuestEntry& vendor : appliance.list(top)) {
    if (vendor.type != 'd' || equal_ignoring_case(vendor.name, "BOOT")) continue;
    LoaderDirectory directory{top + "/" + vendor.name, {}};
    for (GuestEntry& file : appliance.list(directory.path))
      if (file.type == 'r') directory.files.push_back(std::move(file.name));
    directories.push_back(std::move(directory));
  }
  return directories;
}

Status put(Appliance& appliance, const std::string& from, const std::string& to) {
  if (guestfs_cp(appliance.raw(), from.c_str(), to.c_str()) == 0) return {};
  Error failure = appliance.error(quote(to) + " cannot be written in the guest");
  guestfs_rm_f(appliance.raw(), to.c_str());
  return failure;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> choose_loader(
    const std::vector<LoaderDirectory>& directories) {
  for (const std::string_view loader : kLoaders)
    for (const LoaderDirectory& directory : directories) {
      const std::string* file = find(directory, loader);
      if (file == nullptr) continue;
      std::vector<std::pair<std::string, std::string>> copies = {
          {directory.path + "/" + *file, std::string(kFallback)}};
      if (loader != kLoaders[0]) return copies;
      for (const std::string_view other : kOfShim)
        if (const std::string* beside = find(directory, other))
          copies.emplace_back(directory.path + "/" + *beside, other);
      return copies;
    }
  return {};
}

Result<std::optional<std::string>> add_efi_fallback(Appliance& appliance) {
  for (const std::string_view partition : kPartitions) {
    const std::string top = std::string(partition) + "/EFI";
    if (!appliance.is_directory(top)) continue;
    const std::string home = top + "/BOOT";
    const std::string made = home + "/" + std::string(kFallback);
    if (appliance.mode(made)) return std::optional<std::string>();
    const auto copies = choose_loader(loader_directories(appliance, top));
    if (copies.empty()) return std::optional<std::string>();
    if (guestfs_mkdir_p(appliance.raw(), home.c_str()) != 0)
      return appliance.error("the directory " + quote(home) + " cannot be made in the guest");
    // Last what makes it count: half a loader would be worse than none.
    for (auto copy = copies.rbegin(); copy != copies.rend(); ++copy)
      OVAPORT_CHECK(put(appliance, copy->first, home + "/" + copy->second));
    return std::optional<std::string>(made);
  }
  return std::optional<std::string>();
}

}  // namespace ovaport::guest
