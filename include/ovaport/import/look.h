#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "ovaport/base/result.h"
#include "ovaport/guest/inspection.h"
#include "ovaport/import/appliance.h"
#include "ovaport/import/import.h"

namespace ovaport::imports {

/// What was found on the disks of one virtual system.
struct GuestLook {
  std::string system_id;
  guest::Inspection inspection;
};

/// Decodes the disks of all `systems` into `scratch` (a directory with room for
/// them; they are deleted again) and looks into the guests. Verifies digests on the
/// way. `ovaport_program` as for run().
Result<std::vector<GuestLook>> look_into_guests(const Appliance& appliance,
                                                const std::vector<SystemView>& systems,
                                                const std::filesystem::path& scratch,
                                                const std::filesystem::path& ovaport_program,
                                                Observer& observer, const std::stop_token& stop);

}  // namespace ovaport::imports
