#include "ovaport/base/child.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "ovaport/base/text.h"
#include "ovaport/base/unique_fd.h"

namespace ovaport {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return system_error("cannot create a pipe", errno);
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

std::vector<char*> c_strings(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& text : strings)
    pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Everything the child does between fork and exec. Only async-signal-safe calls
// and memory made before the fork: other threads' locks may be held.
class ChildSide {
 public:
  ChildSide(const ChildOptions& options, int in, int out, int err, int report)
      : options_(options),
        arguments_(c_strings(options.arguments)),
        environment_(c_strings(options.environment)),
        in_(in),
        out_(out),
        err_(err),
        report_(report),
        parent_(::getpid()) {}

  [[noreturn]] void run() {
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have died before prctl.
    if (::getppid() != parent_) ::_exit(127);
    reset_signals();
    if (options_.isolate_network) isolate_network();
    place_descriptors();
    apply_limits();
    if (options_.user) become(*options_.user);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    // A change of user clears the death signal (prctl(2)).
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::chdir(options_.working_directory.c_str()) != 0) fail();
    ::execvpe(arguments_[0], arguments_.data(), environment_.data());
    fail();
  }

 private:
  [[noreturn]] void fail() const {
    const int number = errno;
    [[maybe_unused]] const ssize_t ignored = ::write(report_number_, &number, sizeof number);
    ::_exit(127);
  }

  static void reset_signals() {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGCHLD})
      ::signal(number, SIG_DFL);
  }

  // Best effort: inside an unprivileged container neither way may be permitted.
  void isolate_network() const {
    if (::unshare(CLONE_NEWNET) == 0) return;
    if (::geteuid() == 0) return;
    // A user namespace without a mapping would show our files as nobody's, so map
    // ourselves to ourselves.
    const auto uid = ::geteuid();
    const auto gid = ::getegid();
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return;
    write_map("/proc/self/setgroups", "deny", 4);
    write_id_map("/proc/self/uid_map", uid);
    write_id_map("/proc/self/gid_map", gid);
  }

  static void write_map(const char* path, const char* text, std::size_t size) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    [[maybe_unused]] const ssize_t ignored = ::write(fd, text, size);
    ::close(fd);
  }

  static void write_id_map(const char* path, unsigned id) {
    std::array<char, 32> text{};
    std::size_t size = put_number(text.data(), id);
    text[size++] = ' ';
    size += put_number(text.data() + size, id);
    text[size++] = ' ';
    text[size++] = '1';
    write_map(path, text.data(), size);
  }

  static std::size_t put_number(char* out, unsigned value) {
    std::array<char, 12> digits{};
    std::size_t count = 0;
    do {
      digits[count++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    for (std::size_t i = 0; i < count; ++i)
      out[i] = digits[count - 1 - i];
    return count;
  }

  // Moves every descriptor out of the way first: targets may overlap sources.
  void place_descriptors() {
    constexpr int kFirstFree = 100;
    int next = kFirstFree;
    for (const auto& [from, to] : options_.descriptors)
      next = std::max(next, to + 1);
    const auto lift = [&](int fd) {
      const int lifted = ::fcntl(fd, F_DUPFD_CLOEXEC, next);
      if (lifted < 0) fail();
      return lifted;
    };
    report_number_ = lift(report_);
    const int in = lift(in_);
    const int out = lift(out_);
    const int err = lift(err_);
    std::array<std::pair<int, int>, 32> lifted{};
    std::size_t count = 0;
    for (const auto& [from, to] : options_.descriptors) {
      if (count == lifted.size()) break;
      lifted[count++] = {lift(from), to};
    }
    if (::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0) fail();
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (std::size_t i = 0; i < count; ++i)
      if (::dup2(lifted[i].first, lifted[i].second) < 0) fail();
  }

  static void limit(int resource, std::optional<std::uint64_t> value) {
    if (!value) return;
    const rlimit both{*value, *value};
    ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
  }

  void apply_limits() const {
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_AS, options_.limits.address_space);
    limit(RLIMIT_CPU, options_.limits.cpu_seconds);
    limit(RLIMIT_FSIZE, options_.limits.file_size);
    limit(RLIMIT_NOFILE, options_.limits.open_files);
  }

  void become(unsigned id) const {
    if (::geteuid() != 0) return;
    if (::setgroups(0, nullptr) != 0 || ::setresgid(id, id, id) != 0 ||
        ::setresuid(id, id, id) != 0)
      fail();
  }

  const ChildOptions& options_;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
  int in_;
  int out_;
  int err_;
  int report_;
  int report_number_ = report_;
  pid_t parent_;
};

// The parent's view: feeds input, collects output, watches the clock.
class Supervisor {
 public:
  Supervisor(const ChildOptions& options, pid_t pid, UniqueFd in, UniqueFd out, UniqueFd err)
      : options_(options),
        pid_(pid),
        in_(std::move(in)),
        streams_{Stream{std::move(out), {}, &outcome_.standard_output},
                 Stream{std::move(err), {}, &outcome_.standard_error}} {}

  Result<ChildOutcome> run(const std::stop_token& stop) {
    const auto end = Clock::now() + options_.deadline;
    bool stopped = false;
    while (!reaped_ || any_open()) {
      if (!killed_ && stop.stop_requested()) {
        stopped = true;
        kill_group();
      }
      if (!killed_ && Clock::now() >= end) {
        outcome_.timed_out = true;
        kill_group();
      }
      wait_for_events();
      reap();
      // A grandchild that left the group may hold the pipes open for ever.
      if (reaped_ && Clock::now() >= drain_end_) break;
    }
    for (Stream& stream : streams_)
      flush_line(stream);
    // Whatever the child left running in its group goes with it.
    ::kill(-pid_, SIGKILL);
    if (stopped) return Error(ErrorKind::cancelled, "base.cancelled", "stopped on request");
    return std::move(outcome_);
  }

 private:
  struct Stream {
    UniqueFd fd;
    std::string line;
    std::string* kept;
  };

  [[nodiscard]] bool any_open() const {
    return std::any_of(streams_.begin(), streams_.end(),
                       [](const Stream& stream) { return stream.fd.valid(); });
  }

  void kill_group() {
    killed_ = true;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
  }

  void wait_for_events() {
    std::array<pollfd, 3> polls{};
    for (std::size_t i = 0; i < streams_.size(); ++i)
      polls[i] = {streams_[i].fd.get(), POLLIN, 0};
    polls[2] = {in_.get(), POLLOUT, 0};
    constexpr int kTick = 50;  // milliseconds; bounds how late a stop is noticed
    ::poll(polls.data(), polls.size(), kTick);
    for (std::size_t i = 0; i < streams_.size(); ++i)
      if (streams_[i].fd.valid() && polls[i].revents != 0) take(streams_[i]);
    if (in_.valid()) feed(polls[2].revents);
  }

  void feed(short events) {
    if (fed_ == options_.standard_input.size()) {
      in_.reset();
      return;
    }
    if (events == 0) return;
    const ssize_t written = ::write(in_.get(), options_.standard_input.data() + fed_,
                                    options_.standard_input.size() - fed_);
    if (written > 0) fed_ += static_cast<std::size_t>(written);
    if (written < 0 && errno != EAGAIN && errno != EINTR) in_.reset();
  }

  void take(Stream& stream) {
    std::array<char, 16384> buffer{};
    const ssize_t got = ::read(stream.fd.get(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      stream.fd.reset();
      return;
    }
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t room =
        options_.output_limit - std::min(options_.output_limit, stream.kept->size());
    stream.kept->append(bytes.substr(0, room));
    for (const char c : bytes) {
      if (c == '\n' || c == '\r')
        flush_line(stream);
      else if (stream.line.size() < kLongestLine)
        stream.line += c;
    }
  }

  void flush_line(Stream& stream) {
    if (!stream.line.empty() && options_.on_line) options_.on_line(stream.line);
    stream.line.clear();
  }

  void reap() {
    if (reaped_) return;
    int status = 0;
    rusage usage{};
    if (::wait4(pid_, &status, WNOHANG, &usage) != pid_) return;
    reaped_ = true;
    drain_end_ = Clock::now() + std::chrono::seconds(2);
    outcome_.peak_resident = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    if (WIFEXITED(status)) outcome_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome_.signal = WTERMSIG(status);
  }

  static constexpr std::size_t kLongestLine = 4096;

  const ChildOptions& options_;
  pid_t pid_;
  UniqueFd in_;
  ChildOutcome outcome_;
  std::array<Stream, 2> streams_;
  std::size_t fed_ = 0;
  bool killed_ = false;
  bool reaped_ = false;
  Clock::time_point drain_end_ = Clock::time_point::max();
};

Error cannot_start(const ChildOptions& options, int number) {
  return Error(ErrorKind::child, "base.program-missing",
               "cannot start " + quote(options.arguments[0]) + ": " +
                   std::strerror(number))  // NOLINT
      .advise("Install it, or put it into PATH");
}

void set_nonblocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

}  // namespace

Result<ChildOutcome> run_child(const ChildOptions& options, const std::stop_token& stop) {
  if (options.arguments.empty())
    return Error(ErrorKind::internal, "base.no-program", "no program was named");
  OVAPORT_TRY(Pipe in, make_pipe());
  OVAPORT_TRY(Pipe out, make_pipe());
  OVAPORT_TRY(Pipe err, make_pipe());
  OVAPORT_TRY(Pipe report, make_pipe());
  ChildSide child(options, in.read.get(), out.write.get(), err.write.get(), report.write.get());
  const pid_t pid = ::fork();
  if (pid < 0) return system_error("cannot start a process", errno);
  if (pid == 0) child.run();

  in.read.reset();
  out.write.reset();
  err.write.reset();
  report.write.reset();
  int number = 0;
  ssize_t got = 0;
  do {
    got = ::read(report.read.get(), &number, sizeof number);
  } while (got < 0 && errno == EINTR);
  if (got == sizeof number) {
    ::waitpid(pid, nullptr, 0);
    return cannot_start(options, number);
  }
  for (const int fd : {in.write.get(), out.read.get(), err.read.get()})
    set_nonblocking(fd);
  return Supervisor(options, pid, std::move(in.write), std::move(out.read), std::move(err.read))
      .run(stop);
}

}  // namespace ovaport
