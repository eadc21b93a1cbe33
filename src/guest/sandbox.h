#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "json.h"
#include "ovaport/base/result.h"

namespace ovaport::guest {

/// Where the worker finds things once it is confined.
struct Workplace {
  std::vector<std::filesystem::path> disks;
  std::filesystem::path temporary;
  std::filesystem::path cache;
  std::filesystem::path virtio_win;
  /// Where a caller that is not root keeps the appliance; see own_appliance.h.
  std::filesystem::path own_appliance;
};

/// Confines the calling process, which must have one thread. As root with a user
/// named in the request: a mount namespace in which /tmp holds only what the work
/// needs, then that user without privileges. Otherwise nothing but checking. The
/// network and the limits are the supervisor's part.
Result<Workplace> enter_sandbox(const WorkRequest& request);

}  // namespace ovaport::guest
