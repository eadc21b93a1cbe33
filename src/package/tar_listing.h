#pragma once

#include <memory>
#include <vector>

#include "ovaport/package/package.h"

namespace ovaport::package {

/// Lists a plain tar by its headers. Refuses members that are no regular files or
/// directories and those that the file does not hold whole.
Result<std::vector<Entry>> list_tar(const std::shared_ptr<const UniqueFd>& file,
                                    std::uint64_t file_size, Concerns& concerns);

/// What the first bytes look like when they are no tar: "a PNG image", …
std::string describe_magic(std::string_view head);

}  // namespace ovaport::package
