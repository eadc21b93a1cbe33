#pragma once

#include <pugixml.hpp>

#include "reader.h"

namespace ovaport::ovf {

/// Reports each prefix of an element or attribute that no xmlns binds, once, where it is
/// first used. Namespaces in XML §3 forbids it; producers that paste sections do it, and
/// the local name tells what they mean.
void check_prefixes(pugi::xml_node root, const LineIndex& lines, const ReadContext& context);

}  // namespace ovaport::ovf
