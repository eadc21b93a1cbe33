#include "guest_files.h"

#include <sys/stat.h>

#include <memory>

#include "ovaport/base/text.h"

namespace ovaport::guest {

namespace {

constexpr const char* kLabel = "security.selinux";

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<GuestFiles::Place> GuestFiles::place(const std::string& path) {
  const std::string wanted = directory_of(path);
  guestfs_h* handle = appliance_.raw();
  if (!appliance_.is_directory(wanted) && guestfs_mkdir_p(handle, wanted.c_str()) != 0)
    return appliance_.error("the directory " + quote(wanted) + " cannot be made in the guest");
  const auto real = appliance_.real_path(wanted);
  if (!real) return appliance_.error("the directory " + quote(wanted) + " leads nowhere");
  const std::string prefix = *real == "/" ? "" : *real;
  Place found{*real, prefix + path.substr(path.rfind('/')), prefix + "/.ovaport-new"};
  const auto mode = appliance_.mode(found.path);
  if (mode && S_ISDIR(*mode))
    return Error(ErrorKind::unsupported, "guest.place-taken",
                 "a directory is where the guest's " + quote(path) + " belongs");
  guestfs_rm_f(handle, found.temporary.c_str());
  return found;
}

// A file gets the label of its place: that of an ordinary neighbour, else that of
// the directory, which the policy gives to new files too.
void GuestFiles::label(const Place& place) {
  if (!labels_) return;
  guestfs_h* handle = appliance_.raw();
  for (const std::string& sibling :
       {place.directory + "/env", place.directory + "/ls", place.directory}) {
    std::size_t size = 0;
    const std::unique_ptr<char, decltype(&std::free)> value(
        guestfs_lgetxattr(handle, sibling.c_str(), kLabel, &size), &std::free);
    if (!value || size == 0) continue;
    guestfs_lsetxattr(handle, kLabel, value.get(), static_cast<int>(size), place.temporary.c_str());
    return;
  }
}

Status GuestFiles::finish(const Place& place) {
  label(place);
  if (guestfs_rename(appliance_.raw(), place.temporary.c_str(), place.path.c_str()) != 0)
    return appliance_.error(quote(place.path) + " cannot be put into its place");
  return {};
}

Status GuestFiles::write(const std::string& path, std::string_view content, unsigned mode) {
  OVAPORT_TRY(const Place target, place(path));
  guestfs_h* handle = appliance_.raw();
  if (guestfs_write(handle, target.temporary.c_str(), content.data(), content.size()) != 0)
    return appliance_.error(quote(path) + " cannot be written in the guest");
  if (guestfs_chmod(handle, static_cast<int>(mode), target.temporary.c_str()) != 0)
    return appliance_.error("the mode of " + quote(path) + " cannot be set");
  return finish(target);
}

Status GuestFiles::link(const std::string& path, const std::string& to) {
  OVAPORT_TRY(const Place target, place(path));
  if (guestfs_ln_s(appliance_.raw(), to.c_str(), target.temporary.c_str()) != 0)
    return appliance_.error("the link " + quote(path) + " cannot be made in the guest");
  return finish(target);
}

Status GuestFiles::set_aside(const std::string& path, std::string_view suffix) {
  const auto real = appliance_.real_path(directory_of(path));
  if (!real) return {};
  const std::string entry = (*real == "/" ? "" : *real) + path.substr(path.rfind('/'));
  if (!appliance_.mode(entry)) return {};
  const std::string aside = entry + std::string(suffix);
  guestfs_h* handle = appliance_.raw();
  const int done = appliance_.mode(aside) ? guestfs_rm(handle, entry.c_str())
                                          : guestfs_rename(handle, entry.c_str(), aside.c_str());
  if (done != 0) return appliance_.error(quote(path) + " cannot be set aside");
  return {};
}

}  // namespace ovaport::guest
