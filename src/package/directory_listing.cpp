#include "directory_listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "names.h"
#include "ovaport/base/file.h"
#include "ovaport/base/text.h"

namespace ovaport::package {

namespace fs = std::filesystem;

namespace {

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// Step by step: what the kernel resolves at once could go through a link.
UniqueFd open_folder(const UniqueFd& root, const std::string& folder) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
  UniqueFd current(::openat(root.get(), ".", kFlags));
  for (const std::string_view part : split(folder, "/")) {
    if (!current.valid()) break;
    current = UniqueFd(::openat(current.get(), std::string(part).c_str(), kFlags));
  }
  return current;
}

Result<std::vector<std::string>> names_in(UniqueFd folder) {
  const std::unique_ptr<DIR, DirectoryCloser> directory(::fdopendir(folder.get()));
  if (!directory) return system_error("cannot list the directory", errno);
  (void)folder.release();
  std::vector<std::string> names;
  while (const dirent* item = ::readdir(directory.get()))
    names.emplace_back(item->d_name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<UniqueFd> open_directory(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return system_error("cannot open the directory", errno).in_file(path.string());
  return fd;
}

Result<std::vector<Entry>> list_folder(const UniqueFd& root, const std::string& folder) {
  std::vector<Entry> entries;
  const UniqueFd directory = open_folder(root, folder);
  if (!directory.valid()) return entries;
  OVAPORT_TRY(const auto names, names_in(UniqueFd(::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0))));
  for (const std::string& raw : names) {
    if (raw == "." || raw == ".." || is_mac_companion(raw)) continue;
    UniqueFd fd(
        ::openat(directory.get(), raw.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat info {};
    // Links, devices and what we may not read are no part of the package.
    if (!fd.valid() || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    OVAPORT_TRY(std::string name, checked_name(folder + raw));
    const auto size = static_cast<std::uint64_t>(info.st_size);
    auto shared = std::make_shared<const UniqueFd>(std::move(fd));
    entries.push_back({std::move(name), size, FileRange{std::move(shared), 0, size}});
  }
  return entries;
}

}  // namespace ovaport::package
