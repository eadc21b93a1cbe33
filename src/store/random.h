#pragma once

#include <cstddef>
#include <string>

#include "ovaport/base/result.h"

namespace ovaport::store {

/// `bytes` random bytes of the kernel as lower-case hexadecimal digits.
Result<std::string> random_hex(std::size_t bytes);

}  // namespace ovaport::store
