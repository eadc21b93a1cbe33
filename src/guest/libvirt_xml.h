#pragma once

#include <string>
#include <vector>

#include "ovaport/guest/guest.h"

namespace ovaport::guest {

/// The libvirt domain that virt-v2v-in-place reads: only so it learns the source's
/// buses, which decide how /dev/sdX in the guest's files is renamed. `firmware` is
/// "efi" or anything else for BIOS.
std::string render_libvirt_xml(const std::vector<GuestDisk>& disks, const std::string& firmware);

}  // namespace ovaport::guest
