#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ovaport/guest/guest.h"

namespace ovaport::guest {

/// Whether the unit starts only on VMware: ConditionVirtualization=vmware, also
/// with the | prefix and in a list of lines.
bool demands_vmware(std::string_view unit_text);

/// A drop-in that lets such a unit start on any hypervisor. An empty condition
/// clears conditions of every kind (systemd.unit(5)), so all the others of the unit
/// are set again. Nothing when the unit does not demand VMware.
std::optional<std::string> render_condition_drop_in(std::string_view unit_text);

/// Whether a unit's name belongs to VMware Tools themselves, which must stay off.
bool belongs_to_vmware_tools(std::string_view unit_name);

/// ovaport-environment.service: makes the environment available before ordinary
/// services, and never fails the boot.
std::string render_environment_unit(EnvironmentAccess access);

}  // namespace ovaport::guest
