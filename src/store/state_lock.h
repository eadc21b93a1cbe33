#pragma once

#include <filesystem>

#include "ovaport/base/result.h"
#include "ovaport/base/unique_fd.h"

namespace ovaport::store {

/// Makes the state directory (mode 0700) when it is missing and takes its lock for the
/// life of the returned descriptor. The lock ends with its owner, however that dies; the
/// file stays, and says who took the lock last. Kind conflict, code "store.locked".
Result<UniqueFd> lock_state(const std::filesystem::path& directory);

}  // namespace ovaport::store
