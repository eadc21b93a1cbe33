#include "ovaport/import/import.h"

#include <algorithm>
#include <chrono>

#include "ovaport/base/file.h"
#include "ovaport/base/text.h"
#include "ovaport/environment/document.h"
#include "ovaport/environment/iso.h"
#include "ovaport/guest/guest.h"
#include "ovaport/import/report.h"
#include "ovaport/kubevirt/manifests.h"
#include "prepare.h"
#include "remote_files.h"
#include "start_script.h"
#include "transfer.h"

namespace ovaport::imports {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kSecretMode = 0600;

/// Adds the time of its life to a step's.
class StepTimer {
 public:
  StepTimer(Outcome& outcome, std::string step)
      : outcome_(outcome), step_(std::move(step)), begin_(Clock::now()) {}
  StepTimer(const StepTimer&) = delete;
  StepTimer& operator=(const StepTimer&) = delete;
  ~StepTimer() {
    outcome_.seconds.emplace_back(std::move(step_),
                                  std::chrono::duration<double>(Clock::now() - begin_).count());
  }

 private:
  Outcome& outcome_;
  std::string step_;
  Clock::time_point begin_;
};

class Import {
 public:
  Import(const Request& request, const fs::path& program, Observer& observer, std::stop_token stop)
      : request_(request), program_(program), observer_(observer), stop_(std::move(stop)) {}

  Result<Outcome> run() {
    {
      const StepTimer timer(outcome_, "Initialize");
      observer_.step("Initialize", request_.package.filename().string());
      OVAPORT_TRY(remote_, fetch_remote_files(request_, observer_, stop_));
      OVAPORT_CHECK(prepare(request_, remote_.files, prepared_, stop_));
      OVAPORT_CHECK(check_target());
    }
    OVAPORT_TRY(const int removed, WorkDirectory::remove_stale(request_.out));
    if (removed > 0) observer_.note("removed what a killed import left behind");
    OVAPORT_TRY(WorkDirectory work, WorkDirectory::create(request_.out, "import"));
    directory_ = work.path();
    OVAPORT_CHECK(transfer());
    if (request_.guest != GuestMode::none) OVAPORT_CHECK(convert_guests());
    OVAPORT_CHECK(create_machines());
    OVAPORT_CHECK(write_start_script());
    outcome_.directory = request_.out / prepared_.name;
    collect_concerns();
    OVAPORT_CHECK(write_new_file(directory_ / "import.json", report_json(outcome_)));
    if (stop_.stop_requested())
      return Error(ErrorKind::cancelled, "import.cancelled", "stopped on request");
    if (auto published = std::move(work).publish(outcome_.directory, request_.replace);
        !published.ok())
      return std::move(published).error().advise("Give --replace or another --name");
    return std::move(outcome_);
  }

 private:
  // Before the disks are read, not after.
  Status check_target() {
    std::error_code ignored;
    const fs::path target = request_.out / prepared_.name;
    if (request_.replace || !fs::exists(target, ignored)) return {};
    return Error(ErrorKind::conflict, "import.exists", quote(target.string()) + " exists already")
        .advise("Give --replace or another --name");
  }

  Status transfer() {
    const StepTimer timer(outcome_, "DiskTransfer");
    for (PreparedMachine& machine : prepared_.machines) {
      ImportedMachine imported;
      imported.name = machine.plan.name;
      imported.system_id = machine.plan.system_id;
      OVAPORT_TRY(imported.disks, transfer_disks(request_, prepared_, machine, directory_,
                                                 observer_, stop_, read_, prepared_.concerns));
      for (std::size_t i = 0; i < machine.plan.disks.size(); ++i)
        machine.choices.disk_sizes.push_back(imported.disks[i].size);
      outcome_.machines.push_back(std::move(imported));
    }
    OVAPORT_CHECK(verify_rest(prepared_, observer_, stop_, read_));
    const Digest digest = content_digest(prepared_.appliance, read_);
    outcome_.content_digest = std::string(to_string(digest.algorithm)) + ":" + digest.hex;
    return {};
  }

  [[nodiscard]] guest::WorkerOptions worker_options(const PreparedMachine& machine) {
    guest::WorkerOptions options;
    options.program = program_;
    options.virtio_win = request_.virtio_win;
    for (const kubevirt::PlannedNic& nic : machine.plan.nics)
      options.nics.push_back({nic.mac, nic.pci_slot});
    if (request_.guest_environment_root_only) options.access = guest::EnvironmentAccess::root;
    options.on_step = [this](std::string_view step, int) { observer_.note(step); };
    options.stop = stop_;
    return options;
  }

  Status convert_guests() {
    const StepTimer timer(outcome_, "ImageConversion");
    for (std::size_t i = 0; i < prepared_.machines.size(); ++i) {
      PreparedMachine& machine = prepared_.machines[i];
      if (machine.plan.disks.empty()) continue;
      observer_.step("ImageConversion", machine.plan.name);
      OVAPORT_TRY(auto report, convert_guest(machine, i));
      kubevirt::GuestFindings findings;
      findings.disk_bus = report.recommendation.disk_bus;
      findings.nic_model = report.recommendation.nic_model;
      findings.firmware = report.recommendation.firmware;
      machine.choices.guest = findings;
      outcome_.machines[i].guest_summary = guest::summary(report);
      outcome_.machines[i].guest_report = guest::to_json(report);
      prepared_.concerns.insert(prepared_.concerns.end(), report.concerns.begin(),
                                report.concerns.end());
    }
    return {};
  }

  Result<guest::ConversionReport> convert_guest(const PreparedMachine& machine, std::size_t index) {
    std::vector<guest::GuestDisk> disks;
    for (std::size_t i = 0; i < machine.plan.disks.size(); ++i)
      disks.push_back(
          {directory_ / outcome_.machines[index].disks[i].file, machine.view.machine.disks[i].bus});
    const auto mode =
        request_.guest == GuestMode::convert ? guest::Mode::convert : guest::Mode::inject;
    const guest::WorkerOptions options = worker_options(machine);
    auto report = guest::convert(disks, mode, options);
    if (report.ok() || report.error().code != "guest.conversion-failed" ||
        mode == guest::Mode::inject)
      return report;
    // The disks are half-converted: make them again and only inject.
    observer_.note("the conversion failed; starting again from the package without it");
    const Error failure = report.error();
    OVAPORT_CHECK(restore_disks(machine, index));
    observer_.step("ImageConversion", machine.plan.name);
    report = guest::convert(disks, guest::Mode::inject, options);
    if (!report.ok()) return report;
    Concern concern;
    concern.code = failure.code;
    concern.message = failure.message + "; the guest was not converted and stays on its old buses";
    concern.advice = failure.advice;
    report->concerns.push_back(std::move(concern));
    return report;
  }

  Status restore_disks(const PreparedMachine& machine, std::size_t index) {
    std::error_code failure;
    for (const ImportedDisk& disk : outcome_.machines[index].disks)
      fs::remove(directory_ / disk.file, failure);
    std::vector<ReadFile> again;
    Concerns repeated;
    OVAPORT_TRY(outcome_.machines[index].disks,
                transfer_disks(request_, prepared_, machine, directory_, observer_, stop_, again,
                               repeated));
    return {};
  }

  Status create_machines() {
    const StepTimer timer(outcome_, "VirtualMachineCreation");
    observer_.step("VirtualMachineCreation", prepared_.name);
    std::vector<kubevirt::Manifest> manifests;
    for (PreparedMachine& machine : prepared_.machines) {
      Concerns concerns;
      machine.choices.name = machine.plan.name;
      machine.choices.provenance.content_digest = outcome_.content_digest;
      OVAPORT_TRY(machine.plan,
                  kubevirt::plan_machine(machine.view.machine, machine.choices, concerns));
      final_concerns_.insert(final_concerns_.end(), concerns.begin(), concerns.end());
      const std::string environment = environment::render(document_of(machine));
      OVAPORT_CHECK(
          environment::write_iso(directory_ / (machine.plan.config_secret + ".iso"), environment));
      for (kubevirt::Manifest& manifest : kubevirt::render(machine.plan, environment))
        manifests.push_back(std::move(manifest));
    }
    for (const Concern& concern : kubevirt::check_admission(manifests)) {
      if (concern.severity != Severity::critical) continue;
      return Error(ErrorKind::unsupported, concern.code, concern.message)
          .in_element(concern.element);
    }
    OVAPORT_CHECK(
        write_new_file(directory_ / "manifests.yaml", kubevirt::to_yaml(manifests), kSecretMode));
    return write_new_file(directory_ / "manifests.json", kubevirt::to_json(manifests), kSecretMode);
  }

  // Beside the manifests, when the package gives the machines an order.
  Status write_start_script() {
    if (!prepared_.start.ordered) return {};
    for (const ovf::StartStep& step : prepared_.start.steps)
      for (const PreparedMachine& machine : prepared_.machines)
        if (machine.view.system == step.system)
          outcome_.start_sequence.push_back({machine.plan.name, step.system->id, step.stage,
                                             step.start, step.start_delay, step.wait_for_guest,
                                             std::string(to_string(step.stop_action)),
                                             step.stop_delay, step.install_boot});
    constexpr unsigned kProgramMode = 0755;
    return write_new_file(directory_ / "start.sh",
                          start_script(outcome_.start_sequence, request_.name_space), kProgramMode);
  }

  // The members of the same collection that are there (DSP0243 2.1.1 §11.1): machines of
  // this import, and collections.
  [[nodiscard]] std::vector<environment::Entity> siblings_of(const ovf::Content& system) const {
    std::vector<environment::Entity> entities;
    const auto path = prepared_.appliance.envelope.path_to(system);
    if (path.size() < 2) return entities;
    for (const ovf::Content& sibling : path[path.size() - 2]->children) {
      if (&sibling == &system) continue;
      for (const PreparedMachine& other : prepared_.machines)
        if (other.view.system == &sibling) entities.push_back({sibling.id, other.values});
      if (const auto found = prepared_.collections.find(&sibling);
          found != prepared_.collections.end())
        entities.push_back({sibling.id, found->second});
    }
    return entities;
  }

  [[nodiscard]] environment::Document document_of(const PreparedMachine& machine) const {
    environment::Document document;
    // VMware leaves the id of a lone machine empty.
    const bool lone = prepared_.appliance.envelope.content.kind == ovf::ContentKind::virtual_system;
    document.id = lone ? "" : machine.view.machine.id;
    document.properties = machine.values;
    for (const kubevirt::PlannedNic& nic : machine.plan.nics)
      document.adapters.push_back({nic.mac, nic.network, nic.unit});
    if (!lone) document.entities = siblings_of(*machine.view.system);
    // The same for the same machine: cloud-init starts over when it changes.
    document.instance_id = machine.plan.firmware_uuid;
    for (const auto& [key, value] : machine.view.machine.guest_info)
      document.guest_info.push_back({key, environment::Secret(value)});
    return document;
  }

  // The plan is made twice, before and after the disks are known: what the first
  // one said of buses counts only as the last one says it.
  void collect_concerns() {
    for (Concerns* list : {&prepared_.concerns, &final_concerns_})
      for (Concern& concern : *list) {
        const bool preliminary =
            list == &prepared_.concerns && concern.code.starts_with("kubevirt.");
        const auto& known = outcome_.concerns;
        if (!preliminary && std::find(known.begin(), known.end(), concern) == known.end())
          outcome_.concerns.push_back(std::move(concern));
      }
  }

  const Request& request_;
  const fs::path& program_;
  Observer& observer_;
  std::stop_token stop_;
  RemoteFiles remote_;
  Prepared prepared_;
  Outcome outcome_;
  fs::path directory_;
  std::vector<ReadFile> read_;
  Concerns final_concerns_;
};

}  // namespace

Result<Outcome> run(const Request& request, const fs::path& ovaport_program, Observer& observer,
                    std::stop_token stop) {
  OVAPORT_TRY(const LocalPackage package, fetch_package(request, observer, stop));
  Request local = request;
  local.package = package.path;
  return Import(local, ovaport_program, observer, std::move(stop)).run();
}

}  // namespace ovaport::imports
