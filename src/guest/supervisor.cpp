#include "supervisor.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <thread>
#include <utility>

#include "conversion_rules.h"
#include "ovaport/base/file.h"
#include "ovaport/base/text.h"
#include "places.h"

namespace ovaport::guest {

namespace {

using Clock = std::chrono::steady_clock;

Error cancelled() {
  return {ErrorKind::cancelled, "guest.cancelled", "stopped on request"};
}

Result<UniqueFd> take_lock(const std::filesystem::path& cache, const WorkerOptions& options) {
  const std::filesystem::path path = cache / "appliance.lock";
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) return system_error("cannot open " + quote(path.string()), errno);
  bool told = false;
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return system_error("cannot lock " + quote(path.string()), errno);
    if (options.stop.stop_requested()) return cancelled();
    if (!told && options.on_step) options.on_step("Waiting for another guest's conversion", 0);
    told = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return lock;
}

Status check_disk(const std::filesystem::path& path) {
  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0)
    return system_error("cannot look at " + quote(path.string()), errno);
  if (!S_ISREG(about.st_mode) && !S_ISBLK(about.st_mode))
    return Error(ErrorKind::invalid, "guest.not-a-disk",
                 quote(path.string()) + " is not a disk image");
  return {};
}

// The worker owns the disks while it runs; whatever happens, they come back.
class Ownership {
 public:
  explicit Ownership(const std::vector<GuestDisk>& disks) {
    for (const GuestDisk& disk : disks) {
      struct stat about {};
      if (::lstat(disk.path.c_str(), &about) == 0)
        owners_.push_back({disk.path, about.st_uid, about.st_gid});
    }
  }
  Ownership(const Ownership&) = delete;
  Ownership& operator=(const Ownership&) = delete;
  ~Ownership() {
    if (::geteuid() != 0) return;
    for (const Owner& owner : owners_)
      if (::lchown(owner.path.c_str(), owner.user, owner.group) != 0) continue;
  }

 private:
  struct Owner {
    std::filesystem::path path;
    uid_t user;
    gid_t group;
  };
  std::vector<Owner> owners_;
};

Result<std::string> read_back(const UniqueFd& file) {
  constexpr std::size_t kLargest = 8 << 20;
  std::string text;
  std::array<char, 65536> buffer{};
  while (text.size() < kLargest) {
    const ssize_t got =
        ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (got < 0) return system_error("cannot read the worker's result", errno);
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

// Large enough for the biggest disk and for the appliance's own root disk.
std::uint64_t file_size_limit(const std::vector<GuestDisk>& disks) {
  std::uint64_t largest = 16ULL << 30;
  for (const GuestDisk& disk : disks) {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(disk.path, ignored);
    if (!ignored) largest = std::max<std::uint64_t>(largest, size);
  }
  return largest;
}

Error timed_out() {
  return Error(ErrorKind::child, "guest.timed-out",
               "the guest's disks kept the worker busy until its deadline, so it was ended")
      .advise("Allow more time, or check the file systems on the source");
}

// Why a child that was not killed by us failed, in its own last words.
Error failed(Action action, const ChildOutcome& outcome) {
  std::string reason;
  for (const std::string_view line : split(outcome.standard_error, "\r\n")) {
    const Message message = parse_message(line);
    if (message.kind == Message::Kind::error || reason.empty()) reason = message.text;
  }
  if (reason.empty())
    reason = outcome.signal != 0 ? "ended by signal " + std::to_string(outcome.signal)
                                 : "ended with code " + std::to_string(outcome.exit_code);
  if (action == Action::convert)
    return Error(ErrorKind::child, "guest.conversion-failed",
                 "virt-v2v could not convert the guest: " + reason)
        .advise("Import it with --guest=inject to leave its drivers as they are");
  return {ErrorKind::child, "guest.worker", "the guest worker failed: " + reason};
}

}  // namespace

std::filesystem::path default_cache_directory() {
  if (::geteuid() == 0) return "/var/cache/ovaport";
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return std::filesystem::path(cache) / "ovaport";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::filesystem::path(home) / ".cache" / "ovaport";
  return "/var/tmp/ovaport-" + std::to_string(::geteuid());
}

Supervisor::Supervisor(const std::vector<GuestDisk>& disks, const WorkerOptions& options,
                       std::filesystem::path cache, UniqueFd lock)
    : disks_(disks),
      options_(options),
      cache_(std::move(cache)),
      lock_(std::move(lock)),
      end_(Clock::now() + options.deadline) {}

Result<Supervisor> Supervisor::start(const std::vector<GuestDisk>& disks,
                                     const WorkerOptions& options) {
  if (disks.empty())
    return Error(ErrorKind::invalid, "guest.no-disk", "a guest without a disk cannot be looked at");
  std::vector<GuestDisk> absolute = disks;
  for (GuestDisk& disk : absolute) {
    OVAPORT_CHECK(check_disk(disk.path));
    disk.path = std::filesystem::absolute(disk.path);
  }
  std::filesystem::path cache =
      options.cache_directory.empty() ? default_cache_directory() : options.cache_directory;
  std::error_code failure;
  cache = std::filesystem::absolute(cache, failure);
  std::filesystem::create_directories(cache, failure);
  if (failure)
    return system_error("cannot create the cache " + quote(cache.string()), failure.value());
  OVAPORT_TRY(UniqueFd lock, take_lock(cache, options));
  // Only now: the lock says that no other run is alive here.
  OVAPORT_CHECK(WorkDirectory::remove_stale(cache));
  Supervisor supervisor(absolute, options, std::move(cache), std::move(lock));
  if (::geteuid() != 0) {
    supervisor.step("Preparing the appliance", 0);
    OVAPORT_CHECK(supervisor.run(Action::prepare, "", {}));
  }
  return supervisor;
}

WorkRequest Supervisor::request(Action action) const {
  WorkRequest request;
  request.action = action;
  request.disks = disks_;
  if (::geteuid() == 0) request.user = options_.user;
  const std::string owner = std::to_string(request.user.value_or(::geteuid()));
  request.cache = (cache_ / ("appliance-" + owner)).string();
  request.virtio_win = options_.virtio_win.string();
  request.nics = options_.nics;
  request.access = options_.access;
  return request;
}

ChildOptions Supervisor::child(const WorkRequest& request, int result) const {
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(end_ - Clock::now());
  ChildOptions child;
  child.arguments = {options_.program.string(), "guest-worker"};
  child.environment = {"PATH=" + std::string(kHelperPath), "LC_ALL=C.UTF-8"};
  child.deadline = std::max(left, std::chrono::seconds(1));
  // Address space: virt-v2v's appliance has 2.5 GB, beside TCG's translations.
  child.limits.address_space = 24ULL << 30;
  child.limits.cpu_seconds = static_cast<std::uint64_t>(child.deadline.count()) * 8;
  child.limits.file_size = file_size_limit(disks_);
  child.limits.open_files = 1024;
  child.standard_input = encode(request);
  child.descriptors = {{result, 3}};
  child.output_limit = 256 << 10;
  // It meets nothing of the guest's, and has to see root's files as root's.
  child.isolate_network = request.action != Action::prepare;
  return child;
}

Result<WorkResult> Supervisor::run(Action action, const std::string& firmware,
                                   const std::function<void(std::string_view)>& on_line) {
  OVAPORT_TRY(const WorkDirectory work, WorkDirectory::create(cache_, "guest"));
  WorkRequest asked = request(action);
  asked.temporary = (work.path() / "tmp").string();
  asked.firmware = firmware;
  std::error_code ignored;
  std::filesystem::create_directory(asked.cache, ignored);
  std::filesystem::create_directory(asked.temporary, ignored);
  const UniqueFd result(::memfd_create("ovaport-guest-result", MFD_CLOEXEC));
  if (!result.valid()) return system_error("cannot create a memory file", errno);
  ChildOptions options = child(asked, result.get());
  options.on_line = on_line;
  const Ownership ownership(disks_);
  auto outcome = run_child(options, options_.stop);
  if (!outcome && outcome.error().kind == ErrorKind::cancelled) return cancelled();
  if (!outcome) return std::move(outcome).error();
  if (outcome->timed_out) return timed_out();
  OVAPORT_TRY(const std::string text, read_back(result));
  if (!text.empty()) return decode_result(text);
  if (!outcome->ok() || action != Action::convert) return failed(action, *outcome);
  return WorkResult{};
}

}  // namespace ovaport::guest
