#pragma once

#include "appliance.h"
#include "ovaport/base/result.h"
#include "ovaport/guest/inspection.h"

namespace ovaport::guest {

/// Finds the guest's first operating system, mounts it (writable if asked and
/// possible) and describes it. Leaves it mounted. Errors only when the appliance
/// itself fails; what the guest does not give becomes a concern.
Result<Inspection> look_into(Appliance& appliance, bool writable);

/// Parts of look_into(): each adds what it knows to `guest`.
void describe_linux(const Appliance& appliance, Inspection& guest);
void describe_windows(Appliance& appliance, Inspection& guest);
void find_environment_users(const Appliance& appliance, Inspection& guest);
void describe_kernels(const Appliance& appliance, Inspection& guest);

}  // namespace ovaport::guest
