#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>

#include "ovaport/base/byte_source.h"
#include "ovaport/base/result.h"

namespace ovaport::imports {

/// Gives all that a source has to `take`, piece by piece, until that is an error. A stop is
/// an error of kind cancelled, code "import.cancelled".
Status read_through(ByteSource& source, const std::stop_token& stop,
                    const std::function<Status(std::span<const std::byte>)>& take);

}  // namespace ovaport::imports
