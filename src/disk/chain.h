#pragma once

#include "ovaport/disk/decode.h"
#include "probe.h"
#include "sink.h"

namespace ovaport::disk {

/// Probes every file of a chain and checks that each delta is one of the image
/// before it. `image` is that of the disk as a whole.
struct ProbedChain {
  Image image;
  Concerns concerns;
};
Result<ProbedChain> probe_chain(const DiskChain& chain);

/// Lays a delta over what the sink holds, which is its parent's data. Returns the
/// file's digests, which are checked before its tables are read.
Result<FileDigests> apply_delta(const DiskInput& delta, const DecodeOptions& options, Sink& sink);

}  // namespace ovaport::disk
