#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "injector.h"
#include "inspector.h"
#include "json.h"
#include "libvirt_xml.h"
#include "ovaport/base/file.h"
#include "ovaport/base/text.h"
#include "own_appliance.h"
#include "places.h"
#include "sandbox.h"
#include "service_runner.h"

namespace ovaport::guest {

namespace {

constexpr int kResultDescriptor = 3;
constexpr std::size_t kLargestRequest = 1 << 20;

void tell(std::string_view step) {
  std::cout << "step " << step << std::endl;
}

Result<std::string> read_request_text() {
  std::string text;
  std::array<char, 65536> buffer{};
  while (text.size() < kLargestRequest) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read the request", errno);
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

Appliance::Options appliance_options(const Workplace& place, bool writable) {
  return {place.disks, writable, place.temporary, place.cache, appliance_path(place)};
}

Result<WorkResult> do_inspect(const Workplace& place) {
  tell("Starting the appliance");
  OVAPORT_TRY(Appliance appliance, Appliance::launch(appliance_options(place, false)));
  tell("Inspecting the guest");
  // The drives are read-only with an overlay that is thrown away, so mounting
  // writable is safe and tells whether the guest's file system would allow it.
  OVAPORT_TRY(Inspection inspection, look_into(appliance, true));
  return WorkResult{std::move(inspection), std::nullopt};
}

// Less is not worth a half-made injection.
bool has_room(const Appliance& appliance) {
  constexpr std::int64_t kNeeded = 4 << 20;
  const std::unique_ptr<struct guestfs_statvfs, void (*)(struct guestfs_statvfs*)> room(
      guestfs_statvfs(appliance.raw(), "/"), guestfs_free_statvfs);
  return room && room->bavail * room->frsize >= kNeeded;
}

std::string reason_against(const Appliance& appliance, const Inspection& guest) {
  if (guest.kind == SystemKind::none) return "no operating system was found";
  if (guest.kind == SystemKind::other) return "its operating system is not known";
  if (guest.read_only) return "its file system can only be read";
  if (!has_room(appliance)) return "its file system is full";
  return {};
}

Status inject_into(Appliance& appliance, const WorkRequest& request, Injection& injection) {
  if (const std::string reason = reason_against(appliance, injection.after); !reason.empty()) {
    Concern concern;
    concern.code = "guest.not-injected";
    concern.message = "the tools stand-in was not put into the guest: " + reason;
    injection.concerns.push_back(std::move(concern));
    return {};
  }
  if (injection.after.kind == SystemKind::windows)
    return inject_windows(appliance, request, injection);
  return inject_linux(appliance, request, injection);
}

Result<WorkResult> do_inject(const WorkRequest& request, const Workplace& place) {
  tell("Starting the appliance");
  OVAPORT_TRY(Appliance appliance, Appliance::launch(appliance_options(place, true)));
  tell("Inspecting the guest");
  Injection injection;
  OVAPORT_TRY(injection.after, look_into(appliance, true));
  tell("Putting in the tools stand-in");
  OVAPORT_CHECK(inject_into(appliance, request, injection));
  injection.after.stand_in = injection.after.stand_in || injection.injected;
  OVAPORT_CHECK(appliance.shut_down());
  return WorkResult{std::nullopt, std::move(injection)};
}

std::vector<std::string> conversion_environment(const Workplace& place,
                                                const std::string& data_directory) {
  std::vector<std::string> environment = {"PATH=" + std::string(kHelperPath),
                                          "LC_ALL=C.UTF-8",
                                          "LIBGUESTFS_BACKEND=direct",
                                          "HOME=" + place.temporary.string(),
                                          "TMPDIR=" + place.temporary.string(),
                                          "LIBGUESTFS_CACHEDIR=" + place.cache.string(),
                                          "VIRT_TOOLS_DATA_DIR=" + data_directory};
  if (const auto own = appliance_path(place); !own.empty())
    environment.push_back("LIBGUESTFS_PATH=" + own.string());
  if (!place.virtio_win.empty()) environment.push_back("VIRTIO_WIN=" + place.virtio_win.string());
  return environment;
}

// Becomes virt-v2v-in-place, so that the supervisor watches and kills it directly.
Result<WorkResult> do_convert(const WorkRequest& request, const Workplace& place) {
  std::vector<GuestDisk> disks;
  for (std::size_t i = 0; i < place.disks.size(); ++i)
    disks.push_back({place.disks[i], request.disks[i].bus});
  const std::filesystem::path domain = place.temporary / "domain.xml";
  OVAPORT_CHECK(write_new_file(domain, render_libvirt_xml(disks, request.firmware)));
  OVAPORT_TRY(const std::string data_directory, place_service_runner(place.temporary));
  const std::vector<std::string> arguments = {
      "virt-v2v-in-place", "-i", "libvirtxml", "-if", "raw", "--root", "first", domain.string()};
  const std::vector<std::string> environment = conversion_environment(place, data_directory);
  const auto pointers = [](const std::vector<std::string>& strings) {
    std::vector<char*> list;
    list.reserve(strings.size() + 1);
    for (const std::string& text : strings)
      list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
  };
  ::fcntl(kResultDescriptor, F_SETFD, FD_CLOEXEC);
  ::execvpe(arguments[0].c_str(), pointers(arguments).data(), pointers(environment).data());
  return Error(ErrorKind::child, "guest.no-virt-v2v", "virt-v2v-in-place cannot be started")
      .advise("Install the package virt-v2v");
}

Result<WorkResult> work() {
  OVAPORT_TRY(const std::string text, read_request_text());
  OVAPORT_TRY(const WorkRequest request, decode_request(text));
  OVAPORT_TRY(const Workplace place, enter_sandbox(request));
  // Helpers of libguestfs look there; the sandbox has other paths than outside.
  ::setenv("TMPDIR", place.temporary.c_str(), 1);
  ::setenv("HOME", place.temporary.c_str(), 1);
  switch (request.action) {
    case Action::inspect:
      return do_inspect(place);
    case Action::convert:
      return do_convert(request, place);
    case Action::inject:
      return do_inject(request, place);
    case Action::prepare:
      OVAPORT_CHECK(build_own_appliance(place));
      return WorkResult{};
  }
  return Error(ErrorKind::internal, "guest.request", "unknown action");
}

}  // namespace

int run_worker() {
  const Result<WorkResult> result = work();
  std::string_view rest;
  const std::string text = encode(result);
  rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(kResultDescriptor, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return 1;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return result.ok() ? 0 : 1;
}

}  // namespace ovaport::guest
