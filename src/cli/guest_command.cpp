#include <unistd.h>

#include <filesystem>

#include "commands.h"
#include "inspect_view.h"
#include "ovaport/cli/cli.h"
#include "ovaport/guest/guest.h"
#include "progress_display.h"

namespace ovaport::cli {

namespace {

ovf::Bus bus_of(const std::string& name) {
  if (name == "sata") return ovf::Bus::sata;
  if (name == "ide") return ovf::Bus::ide;
  return name == "nvme" ? ovf::Bus::nvme : ovf::Bus::scsi;
}

guest::WorkerOptions worker_options(const GuestArguments& arguments, const std::stop_token& stop,
                                    ProgressDisplay& display) {
  guest::WorkerOptions options;
  std::error_code failure;
  options.program = std::filesystem::read_symlink("/proc/self/exe", failure);
  options.virtio_win = arguments.virtio_win;
  for (const std::string& mac : arguments.macs)
    options.nics.push_back({mac, std::nullopt});
  if (arguments.guest_env_mode == "root") options.access = guest::EnvironmentAccess::root;
  options.stop = stop;
  options.on_step = [&display](std::string_view step, int) { display.note(step); };
  return options;
}

int inspect_guest(const std::vector<guest::GuestDisk>& disks, const GuestArguments& arguments,
                  const guest::WorkerOptions& options, ProgressDisplay& display) {
  const auto inspection = guest::inspect(disks, options);
  display.finish();
  if (!inspection.ok()) return fail(inspection.error());
  for (const Concern& concern : inspection->concerns)
    print_error(to_text(concern) + "\n");
  print(arguments.json ? guest::to_json(*inspection) + "\n" : guest::summary(*inspection));
  return kSuccess;
}

int change_guest(const std::vector<guest::GuestDisk>& disks, const GuestArguments& arguments,
                 const guest::WorkerOptions& options, ProgressDisplay& display) {
  const auto mode = arguments.action == "convert" ? guest::Mode::convert : guest::Mode::inject;
  const auto report = guest::convert(disks, mode, options);
  display.finish();
  if (!report.ok()) {
    const int code = fail(report.error());
    print_error("The disks may be half-changed: make them again from the package.\n");
    return code;
  }
  for (const Concern& concern : report->concerns)
    print_error(to_text(concern) + "\n");
  print(arguments.json ? guest::to_json(*report) + "\n" : guest::summary(*report));
  return kSuccess;
}

}  // namespace

int guest(const GuestArguments& arguments, const std::stop_token& stop) {
  std::vector<guest::GuestDisk> disks;
  for (const std::string& disk : arguments.disks)
    disks.push_back({disk, bus_of(arguments.bus)});
  ProgressDisplay display(ProgressDisplay::detect());
  display.begin("Guest " + arguments.action, arguments.disks.front());
  const guest::WorkerOptions options = worker_options(arguments, stop, display);
  if (arguments.action == "inspect") return inspect_guest(disks, arguments, options, display);
  return change_guest(disks, arguments, options, display);
}

int guest_worker() {
  return guest::run_worker();
}

}  // namespace ovaport::cli
