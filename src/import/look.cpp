#include "ovaport/import/look.h"

#include "disk_inputs.h"
#include "ovaport/base/file.h"
#include "ovaport/guest/guest.h"

namespace ovaport::imports {

namespace fs = std::filesystem;

namespace {

Result<fs::path> decode_disk(const disk::DiskChain& chain, std::uint64_t capacity,
                             const fs::path& target, Observer& observer,
                             const std::stop_token& stop) {
  observer.step("DiskTransfer", chain.back().name);
  disk::DecodeOptions options;
  options.capacity = capacity;
  options.stop = stop;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    observer.advance(done, total);
  };
  OVAPORT_CHECK(disk::decode(chain, target, options));
  return target;
}

Result<GuestLook> look_into(const Appliance& appliance, const SystemView& system,
                            const fs::path& directory, guest::WorkerOptions& options,
                            Observer& observer) {
  std::vector<guest::GuestDisk> disks;
  for (const ovf::MachineDisk& disk : system.machine.disks) {
    OVAPORT_TRY(disk::DiskChain chain, disk_chain(appliance, disk));
    if (chain.empty()) continue;
    for (disk::DiskInput& input : chain) {
      OVAPORT_TRY(const auto packed, packed_file(appliance, input));
      if (!packed || !packed->gzip) continue;
      OVAPORT_TRY(input.size,
                  unpacked_size(*appliance.package, *packed, disk.capacity, options.stop));
    }
    const fs::path target = directory / ("disk" + std::to_string(disks.size()) + ".raw");
    OVAPORT_TRY(fs::path path, decode_disk(chain, disk.capacity, target, observer, options.stop));
    disks.push_back({std::move(path), disk.bus});
  }
  GuestLook look;
  look.system_id = system.machine.id;
  if (disks.empty()) return look;
  observer.step("Inspection", system.machine.name);
  OVAPORT_TRY(look.inspection, guest::inspect(disks, options));
  return look;
}

}  // namespace

Result<std::vector<GuestLook>> look_into_guests(const Appliance& appliance,
                                                const std::vector<SystemView>& systems,
                                                const fs::path& scratch, const fs::path& program,
                                                Observer& observer, const std::stop_token& stop) {
  guest::WorkerOptions options;
  options.program = program;
  options.stop = stop;
  options.on_step = [&](std::string_view step, int) { observer.note(step); };
  std::vector<GuestLook> looks;
  for (const SystemView& system : systems) {
    OVAPORT_CHECK(WorkDirectory::remove_stale(scratch));
    OVAPORT_TRY(const WorkDirectory work, WorkDirectory::create(scratch, "inspect"));
    OVAPORT_TRY(GuestLook look, look_into(appliance, system, work.path(), options, observer));
    looks.push_back(std::move(look));
  }
  return looks;
}

}  // namespace ovaport::imports
