#include "ovaport/base/file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "ovaport/base/text.h"

namespace ovaport {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = ".ovaport-";

std::string what(std::string_view verb, const fs::path& path) {
  return std::string(verb) + " " + quote(path.string(), 400);
}

Status write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return system_error("cannot write", errno);
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string random_suffix() {
  std::array<unsigned char, 8> bytes{};
  // Never fails for so few bytes once the kernel's pool is ready.
  if (::getrandom(bytes.data(), bytes.size(), 0) < 0) return std::to_string(::getpid());
  std::string text;
  for (const unsigned char byte : bytes) {
    std::array<char, 3> hex{};
    std::snprintf(hex.data(), hex.size(), "%02x", byte);
    text += hex.data();
  }
  return text;
}

Status sync_tree(const fs::path& root) {
  std::error_code failure;
  for (auto it = fs::recursive_directory_iterator(root, failure);
       !failure && it != fs::recursive_directory_iterator(); it.increment(failure)) {
    if (it->is_symlink()) continue;
    const UniqueFd fd(::open(it->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.valid()) return system_error(what("cannot open", it->path()), errno);
    if (::fsync(fd.get()) != 0) return system_error(what("cannot sync", it->path()), errno);
  }
  if (failure) return system_error(what("cannot list", root), failure.value());
  return sync_directory(root);
}

// The lock is an flock on the directory itself: it ends with its owner, however
// that dies, and is never part of what gets published.
UniqueFd lock_directory(const fs::path& directory) {
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (fd.valid() && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fd.reset();
  return fd;
}

}  // namespace

Result<UniqueFd> open_for_reading(const fs::path& path) {
  // O_NONBLOCK: a FIFO must not hang us before fstat shows what it is.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return system_error("cannot open", errno).in_file(path.string());
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0)
    return system_error("cannot examine", errno).in_file(path.string());
  if (!S_ISREG(info.st_mode))
    return Error(ErrorKind::invalid, "base.not-a-file", "is not a regular file")
        .in_file(path.string());
  return fd;
}

Result<std::string> read_file(const fs::path& path, std::uint64_t limit) {
  OVAPORT_TRY(const UniqueFd fd, open_for_reading(path));
  std::string content;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0) {
      if (errno == EINTR) continue;
      return system_error("cannot read", errno).in_file(path.string());
    }
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > limit)
      return Error(ErrorKind::invalid, "base.file-too-large",
                   "is larger than the allowed " + format_bytes(limit))
          .in_file(path.string());
  }
}

Status write_new_file(const fs::path& path, std::string_view content, unsigned mode) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd.valid()) return system_error("cannot create", errno).in_file(path.string());
  if (auto written = write_all(fd.get(), content); !written.ok())
    return std::move(written).error().in_file(path.string());
  if (::fsync(fd.get()) != 0) return system_error("cannot sync", errno).in_file(path.string());
  return {};
}

Status sync_directory(const fs::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return system_error(what("cannot open", directory), errno);
  if (::fsync(fd.get()) != 0) return system_error(what("cannot sync", directory), errno);
  return {};
}

Result<std::uint64_t> free_space(const fs::path& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return system_error(what("cannot examine", path), errno);
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

WorkDirectory::WorkDirectory(fs::path path, UniqueFd lock, bool made_parent)
    : path_(std::move(path)), lock_(std::move(lock)), made_parent_(made_parent) {}

WorkDirectory::WorkDirectory(WorkDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      lock_(std::move(other.lock_)),
      made_parent_(other.made_parent_) {}

WorkDirectory::~WorkDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  // Only if it is empty: somebody else may use it by now.
  if (made_parent_) ::rmdir(path_.parent_path().c_str());
}

Result<WorkDirectory> WorkDirectory::create(const fs::path& parent, std::string_view tag) {
  std::error_code failure;
  const bool made = fs::create_directories(parent, failure);
  if (failure) return system_error(what("cannot create directory", parent), failure.value());
  // A cleaner may take the directory for stale between mkdir and lock: try again.
  for (int attempt = 0; attempt < 10; ++attempt) {
    fs::path path = parent / (std::string(kPrefix) + std::string(tag) + "-" + random_suffix());
    if (::mkdir(path.c_str(), 0700) != 0)
      return system_error(what("cannot create a directory in", parent), errno);
    UniqueFd lock = lock_directory(path);
    struct stat info {};
    if (lock.valid() && ::stat(path.c_str(), &info) == 0)
      return WorkDirectory(std::move(path), std::move(lock), made);
  }
  return Error(
      ErrorKind::io, "base.lock",
      what("cannot lock a work directory in", parent) + "; its file system does not support flock");
}

Result<int> WorkDirectory::remove_stale(const fs::path& parent) {
  int removed = 0;
  std::error_code failure;
  for (auto it = fs::directory_iterator(parent, failure);
       !failure && it != fs::directory_iterator(); it.increment(failure)) {
    const fs::path path = it->path();
    const std::string name = path.filename().string();
    if (!name.starts_with(kPrefix) || it->is_symlink() || !it->is_directory()) continue;
    const UniqueFd lock = lock_directory(path);
    if (!lock.valid()) continue;
    std::error_code removal;
    fs::remove_all(path, removal);
    if (removal) return system_error(what("cannot remove", path), removal.value());
    ++removed;
  }
  if (failure && failure != std::errc::no_such_file_or_directory)
    return system_error(what("cannot list", parent), failure.value());
  return removed;
}

Status WorkDirectory::publish(const fs::path& target, bool replace) && {
  OVAPORT_CHECK(sync_tree(path_));
  if (::chmod(path_.c_str(), 0755) != 0) return system_error(what("cannot chmod", path_), errno);
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) {
    const fs::path parent = target.parent_path();
    path_.clear();
    return sync_directory(parent.empty() ? fs::path(".") : parent);
  }
  if (errno != EEXIST) return system_error(what("cannot rename to", target), errno);
  if (!replace)
    return Error(ErrorKind::conflict, "base.exists", quote(target.string()) + " exists already");
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0)
    return system_error(what("cannot replace", target), errno);
  // path_ now holds the old content; the destructor deletes it.
  const fs::path parent = target.parent_path();
  return sync_directory(parent.empty() ? fs::path(".") : parent);
}

}  // namespace ovaport
