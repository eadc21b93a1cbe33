#pragma once

#include <string_view>

#include "ovaport/base/concern.h"
#include "ovaport/ovf/envelope.h"

namespace ovaport::ovf {

/// Checks a descriptor that parse_envelope() accepted against the XML Schema of its
/// version (schemas/envelope-1.xsd, envelope-2.xsd), for strict mode: every deviation is
/// a concern "ovf.schema" with its line, at most 50 of them. OVF 0.9 and oVirt's dialect
/// have no schema: one concern "ovf.no-schema"
/// says so. Takes milliseconds and loads nothing but `xml`.
Concerns check_schema(std::string_view xml, std::string_view file, Dialect dialect);

}  // namespace ovaport::ovf
