#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ovaport::guest {

/// The datasource_list of a cloud-init configuration file, in flow ([A, B]) or
/// block (- A) form; nothing when the file sets none. Of a list beyond all reason the
/// first 64.
std::optional<std::vector<std::string>> datasource_list(std::string_view yaml);

/// A configuration file that adds OVF to `sources`; nothing when it is there
/// already, when the list is empty (cloud-init's default has it), or when it may have
/// been cut.
std::optional<std::string> render_datasource_drop_in(const std::vector<std::string>& sources);

}  // namespace ovaport::guest
