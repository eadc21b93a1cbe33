#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/disk/decode.h"
#include "ovaport/import/appliance.h"
#include "ovaport/ovf/machine.h"
#include "stored_file.h"

namespace ovaport::imports {

/// How the disk module reads a file of the package, and what the manifest promises.
/// A file in chunks or packed by gzip is a stream without promises: its parts are
/// verified by themselves, and of a packed one the size is not known yet (0). The
/// appliance must outlive it.
Result<disk::DiskInput> disk_input(const Appliance& appliance, const std::string& href);

/// How the package stores the file of that href.
Result<StoredFile> stored_file(const Appliance& appliance, const std::string& href);

/// How the file behind an input is stored, if that is in chunks or packed.
Result<std::optional<StoredFile>> packed_file(const Appliance& appliance,
                                              const disk::DiskInput& input);

/// The files that make up a disk, base first: one, or with parentRef several; none
/// for a blank disk. A delta without a file of its own changes nothing. The appliance
/// must outlive them.
Result<disk::DiskChain> disk_chain(const Appliance& appliance, const ovf::MachineDisk& disk);

/// A finding for each disk of the package that neither these machines nor a delta of
/// theirs use: it is not imported.
Concerns unused_disks(const Appliance& appliance, const std::vector<const ovf::Machine*>& machines);

}  // namespace ovaport::imports
