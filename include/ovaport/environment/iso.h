#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "ovaport/base/result.h"

namespace ovaport::environment {

/// Volume label of the config disk, as VMware writes it; cloudbase-init compares it.
inline constexpr const char* kVolumeLabel = "OVF ENV";
/// Name of the document in the root of the config disk (DSP0243 2.1.1 §11.2).
inline constexpr const char* kDocumentName = "ovf-env.xml";

/// An ISO 9660 image (Joliet, Rock Ridge) with `xml` as /ovf-env.xml. The same
/// document gives the same bytes. It holds what the document holds: secrets.
Result<std::string> make_iso(std::string_view xml);

/// make_iso() into a new file, readable by its owner only; it must not exist.
Status write_iso(const std::filesystem::path& path, std::string_view xml);

}  // namespace ovaport::environment
