#include "ovaport/guest/guest.h"

#include <unistd.h>

#include <utility>

#include "conversion_rules.h"
#include "ovaport/base/text.h"
#include "places.h"
#include "service_runner.h"
#include "supervisor.h"

namespace ovaport::guest {

namespace {

using Clock = std::chrono::steady_clock;

/// Where a worker's share of the whole begins and ends, in percent.
struct Share {
  int from;
  int to;
};

std::function<void(std::string_view)> follow_steps(const Supervisor& supervisor, Share share) {
  return [&supervisor, share, done = 0](std::string_view line) mutable {
    constexpr std::string_view kMark = "step ";
    if (line.substr(0, kMark.size()) != kMark) return;
    // A worker has three steps at most.
    const int percent = share.from + (share.to - share.from) * done++ / 3;
    supervisor.step(line.substr(kMark.size()), percent);
  };
}

// virt-v2v reads its disks through nbdkit, which Debian does not make it depend on.
std::string missing_program() {
  for (const char* program : {"virt-v2v-in-place", "nbdkit"}) {
    bool found = false;
    for (const std::string_view directory : split(kHelperPath, ":"))
      found = found || ::access((std::string(directory) + "/" + program).c_str(), X_OK) == 0;
    if (!found) return program;
  }
  return {};
}

class Conversion {
 public:
  Conversion(Supervisor& supervisor, Mode mode) : supervisor_(supervisor), mode_(mode) {}

  Result<ConversionReport> run() {
    OVAPORT_CHECK(look());
    if (mode_ == Mode::convert) OVAPORT_CHECK(convert());
    OVAPORT_CHECK(inject());
    supervisor_.step("Done", 100);
    return std::move(report_);
  }

 private:
  class Timer {
   public:
    Timer(ConversionReport& report, std::string phase)
        : report_(report), phase_(std::move(phase)) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() {
      report_.seconds.emplace_back(phase_,
                                   std::chrono::duration<double>(Clock::now() - start_).count());
    }

   private:
    ConversionReport& report_;
    std::string phase_;
    Clock::time_point start_ = Clock::now();
  };

  void concern(std::string code, Severity severity, std::string message, std::string advice = {}) {
    Concern made;
    made.code = std::move(code);
    made.severity = severity;
    made.message = std::move(message);
    made.advice = std::move(advice);
    report_.concerns.push_back(std::move(made));
  }

  Status look() {
    const Timer timer(report_, "inspect");
    OVAPORT_TRY(WorkResult result,
                supervisor_.run(Action::inspect, "", follow_steps(supervisor_, {0, 15})));
    if (!result.inspection)
      return Error(ErrorKind::child, "guest.worker", "the guest worker ended without a result");
    report_.before = *std::move(result.inspection);
    report_.found = describe_found(report_.before);
    report_.concerns = report_.before.concerns;
    return {};
  }

  Status convert() {
    const Means means{missing_program(), !supervisor_.options().virtio_win.empty(),
                      has_service_runner()};
    if (const auto refusal = reason_not_to_convert(report_.before, means)) {
      concern("guest.not-converted", Severity::warning,
              "the guest's drivers were left as they are: " + refusal->reason, refusal->advice);
      return {};
    }
    const Timer timer(report_, "convert");
    OVAPORT_CHECK(supervisor_.run(Action::convert, report_.before.firmware,
                                  [this](std::string_view line) { heard(line); }));
    report_.converted = true;
    return {};
  }

  void heard(std::string_view line) {
    const Message message = parse_message(line);
    constexpr Share kShare{15, 85};
    if (message.kind == Message::Kind::step)
      supervisor_.step(message.text,
                       kShare.from + (kShare.to - kShare.from) * message.percent / 100);
    if (message.kind == Message::Kind::warning)
      concern("guest.virt-v2v", Severity::information, "virt-v2v: " + message.text);
  }

  // Nothing to inject into is told by the inspection's own concerns.
  Status inject() {
    if (report_.before.kind == SystemKind::none || report_.before.roots.empty()) {
      report_.recommendation = recommend(report_.before);
      return {};
    }
    const Timer timer(report_, "inject");
    OVAPORT_TRY(WorkResult result,
                supervisor_.run(Action::inject, "", follow_steps(supervisor_, {85, 99})));
    if (!result.injection)
      return Error(ErrorKind::child, "guest.worker", "the guest worker ended without a result");
    Injection& injection = *result.injection;
    report_.injected = injection.injected;
    report_.removed = describe_removed(report_.before, injection.after);
    append(report_.removed, std::move(injection.removed));
    append(report_.added, std::move(injection.added));
    append(report_.concerns, std::move(injection.concerns));
    report_.recommendation = recommend(injection.after);
    judge_buses();
    return {};
  }

  template <typename T>
  static void append(std::vector<T>& all, std::vector<T> more) {
    for (T& item : more)
      all.push_back(std::move(item));
  }

  void judge_buses() {
    const Recommendation& advice = report_.recommendation;
    if (report_.before.kind == SystemKind::none) return;
    if (!advice.virtio_disk_proven)
      concern("guest.safe-disk-bus", Severity::warning,
              "the disk is to be attached by " + advice.disk_bus +
                  ", not VirtIO: " + advice.disk_reason,
              "Install VirtIO drivers in the guest, then change the bus");
    if (!advice.virtio_net_proven)
      concern("guest.safe-nic", Severity::information,
              "the network adapter is to be an " + advice.nic_model +
                  ", not VirtIO: " + advice.nic_reason);
  }

  Supervisor& supervisor_;
  Mode mode_;
  ConversionReport report_;
};

}  // namespace

Result<Inspection> inspect(const std::vector<GuestDisk>& disks, const WorkerOptions& options) {
  OVAPORT_TRY(Supervisor supervisor, Supervisor::start(disks, options));
  OVAPORT_TRY(WorkResult result,
              supervisor.run(Action::inspect, "", follow_steps(supervisor, {0, 99})));
  if (!result.inspection)
    return Error(ErrorKind::child, "guest.worker", "the guest worker ended without a result");
  return *std::move(result.inspection);
}

Result<ConversionReport> convert(const std::vector<GuestDisk>& disks, Mode mode,
                                 const WorkerOptions& options) {
  OVAPORT_TRY(Supervisor supervisor, Supervisor::start(disks, options));
  return Conversion(supervisor, mode).run();
}

}  // namespace ovaport::guest
