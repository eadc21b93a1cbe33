#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "ovaport/base/byte_source.h"
#include "ovaport/base/digest.h"
#include "ovaport/base/progress.h"
#include "ovaport/base/result.h"
#include "sink.h"

namespace ovaport::disk {

struct PipelineOptions {
  std::vector<DigestAlgorithm> digests;
  unsigned workers = 1;
  ProgressFunction progress;
  std::stop_token stop;
};

struct PipelineReport {
  std::uint64_t capacity = 0;   ///< bytes
  std::uint64_t written = 0;    ///< bytes
  std::vector<Digest> digests;  ///< In the order of the options.
};

/// Decodes a streamOptimized VMDK in one pass: one thread reads and finds grains,
/// one digests the packed bytes, the workers inflate and write. All of it over a
/// fixed set of blocks, so that memory does not depend on the disk and the slowest
/// part holds the others back. `total`: packed bytes, for progress.
Result<PipelineReport> decode_stream(ByteSource& source, std::uint64_t total,
                                     const PipelineOptions& options, Sink& sink);

}  // namespace ovaport::disk
