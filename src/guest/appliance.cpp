#include "appliance.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "ovaport/base/text.h"

namespace ovaport::guest {

namespace {

constexpr std::size_t kMostEntries = 4096;
constexpr int kReadChunk = 1 << 20;  // well below libguestfs' 4 MiB message limit

using StatPointer = std::unique_ptr<struct guestfs_statns, void (*)(struct guestfs_statns*)>;

StatPointer stat_of(guestfs_h* handle, const std::string& path) {
  return {guestfs_lstatns(handle, path.c_str()), guestfs_free_statns};
}

}  // namespace

std::string take_string(char* text) {
  if (text == nullptr) return {};
  std::string copy(text);
  std::free(text);  // NOLINT(cppcoreguidelines-no-malloc): libguestfs' contract
  return copy;
}

std::vector<std::string> take_list(char** list) {
  std::vector<std::string> copy;
  if (list == nullptr) return copy;
  for (char** item = list; *item != nullptr; ++item)
    copy.push_back(take_string(*item));
  std::free(list);  // NOLINT(cppcoreguidelines-no-malloc): libguestfs' contract
  return copy;
}

std::string clean(std::string_view text) {
  return escaped(text, 300);
}

Result<Appliance> Appliance::launch(const Options& options) {
  // Without the environment: LIBGUESTFS_HV and its like are not for the caller's
  // caller to set.
  guestfs_h* raw = guestfs_create_flags(GUESTFS_CREATE_NO_ENVIRONMENT);
  if (raw == nullptr)
    return Error(ErrorKind::child, "guest.appliance", "libguestfs cannot be initialised");
  Appliance appliance(raw);
  guestfs_set_error_handler(raw, nullptr, nullptr);
  guestfs_set_autosync(raw, 1);
  if (guestfs_set_backend(raw, "direct") != 0 || guestfs_set_network(raw, 0) != 0 ||
      guestfs_set_tmpdir(raw, options.temporary.c_str()) != 0 ||
      guestfs_set_cachedir(raw, options.cache.c_str()) != 0 ||
      (!options.ready.empty() && guestfs_set_path(raw, options.ready.c_str()) != 0))
    return appliance.error("cannot configure libguestfs");
  for (const std::filesystem::path& disk : options.disks) {
    struct guestfs_add_drive_opts_argv arguments {};
    arguments.bitmask = GUESTFS_ADD_DRIVE_OPTS_FORMAT_BITMASK |
                        GUESTFS_ADD_DRIVE_OPTS_READONLY_BITMASK |
                        GUESTFS_ADD_DRIVE_OPTS_CACHEMODE_BITMASK;
    // Always named: a probed format could make qemu open other host files.
    arguments.format = "raw";
    arguments.readonly = options.writable ? 0 : 1;
    arguments.cachemode = "unsafe";
    if (guestfs_add_drive_opts_argv(raw, disk.c_str(), &arguments) != 0)
      return appliance.error("cannot open the disk");
  }
  if (guestfs_launch(raw) != 0) {
    Error error = appliance.error("the libguestfs appliance cannot start");
    error.code = "guest.appliance";
    return std::move(error).advise(
        "Check that a kernel in /boot is readable and that libguestfs-test-tool works");
  }
  return appliance;
}

Status Appliance::shut_down() {
  guestfs_umount_all(raw());
  if (guestfs_shutdown(raw()) != 0) return error("cannot finish writing to the disk");
  return {};
}

Error Appliance::error(std::string_view what) const {
  const char* reason = guestfs_last_error(raw());
  std::string message(what);
  message += ": ";
  message += reason == nullptr ? "no reason given" : escaped(reason, 500);
  return {ErrorKind::child, "guest.filesystem", message};
}

bool Appliance::exists(const std::string& path) const {
  return guestfs_exists(raw(), path.c_str()) == 1;
}

bool Appliance::is_file(const std::string& path) const {
  struct guestfs_is_file_opts_argv arguments {};
  arguments.bitmask = GUESTFS_IS_FILE_OPTS_FOLLOWSYMLINKS_BITMASK;
  arguments.followsymlinks = 1;
  return guestfs_is_file_opts_argv(raw(), path.c_str(), &arguments) == 1;
}

bool Appliance::is_directory(const std::string& path) const {
  struct guestfs_is_dir_opts_argv arguments {};
  arguments.bitmask = GUESTFS_IS_DIR_OPTS_FOLLOWSYMLINKS_BITMASK;
  arguments.followsymlinks = 1;
  return guestfs_is_dir_opts_argv(raw(), path.c_str(), &arguments) == 1;
}

std::optional<std::uint32_t> Appliance::mode(const std::string& path) const {
  const StatPointer found = stat_of(raw(), path);
  if (!found) return std::nullopt;
  return static_cast<std::uint32_t>(found->st_mode);
}

std::uint64_t Appliance::size(const std::string& path) const {
  const StatPointer found = stat_of(raw(), path);
  return found ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, found->st_size)) : 0;
}

std::string Appliance::read_head(const std::string& path, std::size_t limit) const {
  // A FIFO or a device would block or lie.
  return is_file(path) ? read_listed(path, limit) : std::string();
}

std::string Appliance::read_listed(const std::string& path, std::size_t limit) const {
  std::string content;
  while (content.size() < limit) {
    std::size_t got = 0;
    const auto wanted = static_cast<int>(
        std::min<std::size_t>(limit - content.size(), static_cast<std::size_t>(kReadChunk)));
    const std::unique_ptr<char, decltype(&std::free)> bytes(
        guestfs_pread(raw(), path.c_str(), wanted, static_cast<std::int64_t>(content.size()), &got),
        &std::free);
    if (!bytes || got == 0) break;
    content.append(bytes.get(), got);
    if (got < static_cast<std::size_t>(wanted)) break;
  }
  return content;
}

std::vector<GuestEntry> Appliance::list(const std::string& directory) const {
  std::vector<GuestEntry> entries;
  const std::unique_ptr<guestfs_dirent_list, void (*)(guestfs_dirent_list*)> found(
      guestfs_readdir(raw(), directory.c_str()), guestfs_free_dirent_list);
  if (!found) return entries;
  const std::size_t count = std::min<std::size_t>(found->len, kMostEntries);
  for (std::size_t i = 0; i < count; ++i) {
    std::string name = found->val[i].name;
    if (name != "." && name != "..") entries.push_back({std::move(name), found->val[i].ftyp});
  }
  std::sort(entries.begin(), entries.end(),
            [](const GuestEntry& a, const GuestEntry& b) { return a.name < b.name; });
  return entries;
}

std::vector<std::string> Appliance::files(const std::string& directory,
                                          std::string_view suffix) const {
  std::vector<std::string> paths;
  for (const GuestEntry& entry : list(directory))
    if (entry.type == 'r' && entry.name.size() > suffix.size() &&
        std::string_view(entry.name).substr(entry.name.size() - suffix.size()) == suffix)
      paths.push_back(directory + "/" + entry.name);
  return paths;
}

std::optional<std::string> Appliance::real_path(const std::string& path) const {
  std::string found = take_string(guestfs_realpath(raw(), path.c_str()));
  if (found.empty()) return std::nullopt;
  return found;
}

}  // namespace ovaport::guest
