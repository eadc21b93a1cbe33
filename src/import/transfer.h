#pragma once

#include <filesystem>
#include <stop_token>
#include <vector>

#include "ovaport/base/digest.h"
#include "prepare.h"

namespace ovaport::imports {

/// A file of the package with the digest of its bytes as they lie there.
struct ReadFile {
  std::string name;
  Digest sha256;
};

/// DiskTransfer: decodes every disk and medium of `machine` into `directory`, one
/// pass over each, and checks its digest on the way. Appends what was read.
Result<std::vector<ImportedDisk>> transfer_disks(const Request& request, const Prepared& prepared,
                                                 const PreparedMachine& machine,
                                                 const std::filesystem::path& directory,
                                                 Observer& observer, const std::stop_token& stop,
                                                 std::vector<ReadFile>& read, Concerns& concerns);

/// Checks the manifest's digests of the files that no disk needed (media that are
/// left out, NVRAM, message bundles): a package is either whole or refused.
Status verify_rest(const Prepared& prepared, Observer& observer, const std::stop_token& stop,
                   std::vector<ReadFile>& read);

/// One digest over names and digests of all that was read: the same package gives
/// the same value, whatever wraps it.
Digest content_digest(const Appliance& appliance, std::vector<ReadFile> read);

}  // namespace ovaport::imports
