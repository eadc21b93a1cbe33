#pragma once

#include <string>
#include <string_view>

#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"

namespace ovaport::ovf {

/// The descriptor as UTF-8, ready to be parsed: byte order marks and UTF-16 are
/// converted, and what could hurt a parser is refused before it runs: DOCTYPE and
/// entities, NUL, invalid UTF-8 (with its offset), nesting deeper than 256, more
/// than a million tags.
Result<std::string> guard_xml(std::string_view bytes, std::string_view file, Concerns& concerns);

}  // namespace ovaport::ovf
