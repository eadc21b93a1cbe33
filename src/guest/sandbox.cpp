#include "sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "ovaport/base/text.h"
#include "ovaport/base/unique_fd.h"

namespace ovaport::guest {

namespace {

constexpr const char* kPlace = "/tmp/ovaport";

Status make_directory(const std::string& path, uid_t owner) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return system_error("cannot create " + quote(path), errno);
  if (::lchown(path.c_str(), owner, owner) != 0)
    return system_error("cannot give " + quote(path) + " to the worker", errno);
  return {};
}

// What is bound is opened before /tmp is covered: it may lie there.
struct Opened {
  std::vector<UniqueFd> disks;
  UniqueFd temporary;
  UniqueFd cache;
  UniqueFd virtio_win;
};

Result<UniqueFd> open_path(const std::string& path, int flags = 0) {
  UniqueFd opened(::open(path.c_str(), O_PATH | O_CLOEXEC | flags));
  if (!opened.valid()) return system_error("cannot open " + quote(path), errno);
  return opened;
}

Result<Opened> open_all(const WorkRequest& request, const Workplace& place) {
  Opened opened;
  for (const std::filesystem::path& disk : place.disks) {
    OVAPORT_TRY(UniqueFd file, open_path(disk, O_NOFOLLOW));
    // The disk is the worker's for the time of the work.
    if (::fchownat(file.get(), "", *request.user, *request.user, AT_EMPTY_PATH) != 0)
      return system_error("cannot give the disk to the worker", errno);
    opened.disks.push_back(std::move(file));
  }
  OVAPORT_TRY(opened.temporary, open_path(place.temporary));
  OVAPORT_TRY(opened.cache, open_path(place.cache));
  if (!place.virtio_win.empty()) {
    OVAPORT_TRY(opened.virtio_win, open_path(place.virtio_win));
  }
  return opened;
}

Status bind(const UniqueFd& source, const std::string& target) {
  struct stat about {};
  if (::fstat(source.get(), &about) != 0) return system_error("cannot look at a file", errno);
  if (S_ISDIR(about.st_mode)) {
    if (::mkdir(target.c_str(), 0755) != 0) return system_error("cannot create a directory", errno);
  } else {
    const UniqueFd made(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!made.valid()) return system_error("cannot create a mount point", errno);
  }
  const std::string from = "/proc/self/fd/" + std::to_string(source.get());
  if (::mount(from.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return system_error("cannot bind into the sandbox", errno);
  return {};
}

// False when the kernel does not permit it, as in an unprivileged container.
bool own_mounts() {
  if (::unshare(CLONE_NEWNS) != 0) return false;
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

Status cover_tmp() {
  constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV;
  if (::mount("tmpfs", "/tmp", "tmpfs", kFlags, "size=64m,mode=1777") != 0)
    return system_error("cannot cover /tmp in the sandbox", errno);
  return {};
}

Result<Workplace> bind_all(const Opened& opened) {
  const std::string place = kPlace;
  if (::mkdir(kPlace, 0755) != 0) return system_error("cannot create a directory", errno);
  Workplace inside;
  for (std::size_t i = 0; i < opened.disks.size(); ++i) {
    inside.disks.emplace_back(place + "/disk" + std::to_string(i) + ".raw");
    OVAPORT_CHECK(bind(opened.disks[i], inside.disks.back()));
  }
  inside.temporary = place + "/work";
  OVAPORT_CHECK(bind(opened.temporary, inside.temporary));
  inside.cache = place + "/cache";
  OVAPORT_CHECK(bind(opened.cache, inside.cache));
  if (opened.virtio_win.valid()) {
    inside.virtio_win = place + "/virtio-win";
    OVAPORT_CHECK(bind(opened.virtio_win, inside.virtio_win));
  }
  return inside;
}

// Keeps the one group that gives access to KVM.
Status become(uid_t user) {
  struct stat kvm {};
  gid_t group = 0;
  const bool has_kvm = ::stat("/dev/kvm", &kvm) == 0 && kvm.st_gid != 0;
  if (has_kvm) group = kvm.st_gid;
  if (::setgroups(has_kvm ? 1 : 0, &group) != 0 || ::setresgid(user, user, user) != 0 ||
      ::setresuid(user, user, user) != 0)
    return system_error("cannot give up privileges", errno);
  // A change of user clears the death signal (prctl(2)).
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return {};
}

Result<Workplace> confine(const WorkRequest& request, Workplace place) {
  const uid_t user = *request.user;
  OVAPORT_CHECK(make_directory(place.cache, user));
  OVAPORT_CHECK(make_directory(place.temporary, user));
  // Before anything is opened: only mounts of the own namespace can be bound.
  const bool alone = own_mounts();
  OVAPORT_TRY(const Opened opened, open_all(request, place));
  if (alone) {
    OVAPORT_CHECK(cover_tmp());
    OVAPORT_TRY(place, bind_all(opened));
  }
  if (::chdir("/") != 0) return system_error("cannot change the directory", errno);
  OVAPORT_CHECK(become(user));
  return place;
}

Status check_disks(const WorkRequest& request, const Workplace& place) {
  const bool writes = request.action == Action::convert || request.action == Action::inject;
  for (const std::filesystem::path& disk : place.disks)
    if (::access(disk.c_str(), writes ? R_OK | W_OK : R_OK) != 0)
      return Error(ErrorKind::io, "guest.disk-access",
                   writes ? "the disk cannot be reached for writing" : "the disk cannot be read")
          .advise("Put it where the worker's user may go, or run as an ordinary user");
  return {};
}

}  // namespace

Result<Workplace> enter_sandbox(const WorkRequest& request) {
  Workplace place;
  for (const GuestDisk& disk : request.disks)
    place.disks.push_back(disk.path);
  place.temporary = request.temporary;
  place.cache = request.cache;
  place.virtio_win = request.virtio_win;
  if (::geteuid() != 0) place.own_appliance = place.cache / "own";
  if (::geteuid() == 0 && request.user) {
    OVAPORT_TRY(place, confine(request, std::move(place)));
  }
  OVAPORT_CHECK(check_disks(request, place));
  return place;
}

}  // namespace ovaport::guest
