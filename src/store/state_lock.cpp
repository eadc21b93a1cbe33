#include "state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "ovaport/base/file.h"
#include "ovaport/base/text.h"

namespace ovaport::store {

namespace fs = std::filesystem;

namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

/// "PID HOST\n" as the owner wrote it.
std::string owner_in(int fd) {
  std::array<char, 300> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  const std::string_view owner(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  const auto words = split(owner, " \n");
  if (words.size() != 2) return "another process";
  return "process " + escaped(words[0]) + " on host " + escaped(words[1]);
}

Status make_directory(const fs::path& directory) {
  std::error_code failure;
  if (directory.has_parent_path()) fs::create_directories(directory.parent_path(), failure);
  if (failure) return system_error("cannot make the state directory", failure.value());
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return system_error("cannot make the state directory", errno);
  return {};
}

}  // namespace

Result<UniqueFd> lock_state(const fs::path& directory) {
  const fs::path file = directory / "lock";
  if (auto made = make_directory(directory); !made.ok())
    return std::move(made).error().in_file(directory.string());
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return system_error("cannot open the lock", errno).in_file(file.string());
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return system_error("cannot lock the state directory", errno).in_file(file.string());
    return Error(ErrorKind::conflict, "store.locked",
                 "the state directory is in use by " + owner_in(fd.get()))
        .in_file(directory.string())
        .advise("Stop that server, or give this one a state directory of its own");
  }
  // Only for people to read: a disk that is full is no reason not to start.
  const std::string owner = std::to_string(::getpid()) + " " + host_name() + "\n";
  if (::ftruncate(fd.get(), 0) == 0)
    static_cast<void>(::pwrite(fd.get(), owner.data(), owner.size(), 0) >= 0);
  return fd;
}

}  // namespace ovaport::store
