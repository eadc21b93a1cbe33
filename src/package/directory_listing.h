#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ovaport/base/unique_fd.h"
#include "ovaport/package/package.h"

namespace ovaport::package {

Result<UniqueFd> open_directory(const std::filesystem::path& path);

/// The regular files that lie directly in a folder below `root`: a share holds other
/// things as well. `folder` is "" or a checked name that ends in '/'. Links are neither
/// listed nor followed on the way; a folder that is not there has no files.
Result<std::vector<Entry>> list_folder(const UniqueFd& root, const std::string& folder);

}  // namespace ovaport::package
