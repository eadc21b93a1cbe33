#pragma once

#include "appliance.h"
#include "json.h"
#include "ovaport/base/result.h"

namespace ovaport::guest {

/// Puts the tools stand-in and its helpers into the guest that look_into() has
/// mounted writable and described in injection.after. What cannot be done for
/// reasons of the guest becomes a concern; an Error means that the guest is in an
/// unknown state.
Status inject_linux(Appliance& appliance, const WorkRequest& request, Injection& injection);
Status inject_windows(Appliance& appliance, const WorkRequest& request, Injection& injection);

/// The stand-in's program for the guest; empty when this build carries none.
std::string linux_stand_in();
std::string windows_stand_in();

/// Lines of /var/lib/dpkg/diversions that keep dpkg from overwriting `path`.
std::string render_diversion(const std::string& path);

/// The batch file that Windows runs once after VMware Tools have been uninstalled.
std::string render_windows_first_boot();

}  // namespace ovaport::guest
