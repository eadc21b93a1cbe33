#pragma once

#include <cstdint>
#include <vector>

#include "file_pass.h"
#include "ovaport/disk/decode.h"
#include "probe.h"
#include "sink.h"
#include "vmdk_descriptor.h"

namespace ovaport::disk {

/// Checks the text descriptor of a VMDK in several files, and that each of them is in
/// the package and holds what its line says. Only files that the package itself lists
/// are looked at, by their plain names.
Result<Layer> probe_split(const DiskInput& input);

/// Writes the extents one behind the other. Appends what was read: the descriptor
/// first. Returns the bytes written.
Result<std::uint64_t> decode_split(const DiskInput& input, const DecodeOptions& options, Sink& sink,
                                   std::vector<FileDigests>& read);

}  // namespace ovaport::disk
