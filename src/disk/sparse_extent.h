#pragma once

#include <cstdint>
#include <stop_token>
#include <string_view>

#include "ovaport/base/byte_source.h"
#include "ovaport/base/result.h"
#include "sink.h"
#include "vmdk_header.h"

namespace ovaport::disk {

/// What lies under the grains that are written.
enum class Ground {
  empty,   ///< Holes: grains of zeros need not be written.
  parent,  ///< The parent's data: zeros count, and what is absent keeps it.
};

struct SparseCopy {
  std::uint64_t position = 0;  ///< Of the extent on the disk, bytes.
  std::uint64_t size = 0;      ///< Bytes of it that belong to the disk.
  Ground ground = Ground::empty;
  std::stop_token stop;
};

/// A sparse extent in a plain file, read by its grain directory and tables in any
/// order: monolithicSparse, a piece of twoGbMaxExtentSparse, or a streamOptimized
/// delta, whose tables tell the zeros that its stream does not.
class SparseExtent {
 public:
  /// Checks header and, if the directory lies at the end, footer.
  static Result<SparseExtent> open(FileRange range);

  [[nodiscard]] const VmdkHeader& header() const { return header_; }

  /// Writes its grains into the sink; returns the bytes written. Refuses tables and
  /// grains that overlap or lie outside the file, so that the work is bounded by it.
  Result<std::uint64_t> copy_to(Sink& sink, const SparseCopy& copy) const;

 private:
  SparseExtent(FileRange range, VmdkHeader header) : range_(std::move(range)), header_(header) {}

  FileRange range_;
  VmdkHeader header_;
};

}  // namespace ovaport::disk
