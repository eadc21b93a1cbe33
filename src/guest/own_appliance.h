#pragma once

#include <filesystem>

#include "ovaport/base/result.h"
#include "sandbox.h"

namespace ovaport::guest {

/// Makes the appliance for callers that are not root, or brings it up to date, in
/// Workplace::own_appliance. Needs the caller's user namespace: in one of their own,
/// which is how such callers leave the network, root's files seem to be nobody's, and
/// an appliance with a mount(8) that is set to nobody's user id cannot start.
Status build_own_appliance(const Workplace& place);

/// Where libguestfs is to look for the appliance; empty: where it always does.
std::filesystem::path appliance_path(const Workplace& place);

}  // namespace ovaport::guest
