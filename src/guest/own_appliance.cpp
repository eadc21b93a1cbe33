#include "own_appliance.h"

#include <fcntl.h>
#include <guestfs.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "ovaport/base/child.h"
#include "ovaport/base/file.h"
#include "ovaport/base/text.h"
#include "places.h"

namespace ovaport::guest {

namespace {

namespace fs = std::filesystem;

constexpr const char* kDirectory = "appliance";
// Tells libguestfs that the directory is complete (guestfs(3), FIXED APPLIANCE).
constexpr const char* kMark = "README.fixed";

// Of libguestfs' places the one with parts to build from; empty when the
// administrator gave it a finished appliance instead.
fs::path parts() {
  const std::unique_ptr<guestfs_h, void (*)(guestfs_h*)> handle(
      guestfs_create_flags(GUESTFS_CREATE_NO_ENVIRONMENT), guestfs_close);
  if (!handle) return {};
  const char* path = guestfs_get_path(handle.get());
  if (path == nullptr) return {};
  std::error_code ignored;
  for (const std::string_view place : split(path, ":")) {
    fs::path found = fs::path(place) / "supermin.d";
    if (fs::is_directory(found, ignored)) return found;
  }
  return {};
}

// supermin builds beside its target; one that was killed leaves that behind.
void remove_half_built(const fs::path& home) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(home, ignored))
    if (entry.path().filename() != kDirectory && entry.is_directory(ignored))
      fs::remove_all(entry.path(), ignored);
}

ChildOptions supermin(const fs::path& from, const fs::path& home) {
  ChildOptions child;
  child.arguments = {
      "supermin", "--build",    "--if-newer", "--lock", home / "lock", "--copy-kernel",  "-f",
      "ext2",     "--host-cpu", "x86_64",     from,     "-o",          home / kDirectory};
  child.environment = {"PATH=" + std::string(kHelperPath), "LC_ALL=C.UTF-8",
                       "HOME=" + home.string(), "TMPDIR=" + home.string()};
  child.isolate_network = false;
  return child;
}

// The kernel keeps the date of the system's own, by which supermin would take what
// it built for outdated.
Status finish(const fs::path& made) {
  for (const char* name : {"kernel", "initrd", "root"})
    if (::utimensat(AT_FDCWD, (made / name).c_str(), nullptr, 0) != 0)
      return system_error("cannot date the appliance", errno);
  std::error_code ignored;
  if (fs::exists(made / kMark, ignored)) return {};
  return write_new_file(made / kMark, "An appliance of libguestfs, made by ovaport.\n");
}

}  // namespace

Status build_own_appliance(const Workplace& place) {
  const fs::path from = parts();
  if (place.own_appliance.empty() || from.empty()) return {};
  std::error_code failure;
  fs::create_directories(place.own_appliance, failure);
  if (failure) return system_error("cannot create the appliance's directory", failure.value());
  remove_half_built(place.own_appliance);
  OVAPORT_TRY(const ChildOutcome outcome, run_child(supermin(from, place.own_appliance)));
  if (!outcome.ok())
    return Error(ErrorKind::child, "guest.appliance",
                 "the libguestfs appliance cannot be built: " +
                     escaped(trimmed(outcome.standard_error), 500))
        .advise("Check that a kernel in /boot can be read by this user");
  return finish(place.own_appliance / kDirectory);
}

fs::path appliance_path(const Workplace& place) {
  if (place.own_appliance.empty()) return {};
  fs::path made = place.own_appliance / kDirectory;
  std::error_code ignored;
  return fs::exists(made / kMark, ignored) ? made : fs::path();
}

}  // namespace ovaport::guest
