#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ovaport/base/result.h"
#include "vmdk_header.h"

namespace ovaport::disk {

/// A deflated grain inside the bytes given to GrainStream::take().
struct PackedGrain {
  std::uint64_t lba = 0;  ///< First sector on the disk.
  std::span<const std::byte> bytes;
};

/// Finds the grains of a streamOptimized VMDK in its bytes, front to back, without
/// ever looking back. Pure: the bytes come in through take(), the grains go out.
class GrainStream {
 public:
  /// Largest piece that must be whole in one take(): a grain with its marker.
  static constexpr std::size_t kLargestPiece = kLargestGrain * kSector + 8192;

  /// Takes bytes that follow on those consumed before; appends the grains that are
  /// whole in them and returns how many bytes were consumed. The rest (less than
  /// kLargestPiece) must be given again with more behind it.
  Result<std::size_t> take(std::span<const std::byte> bytes, std::vector<PackedGrain>& grains);

  /// To be called after the last byte: an Error of kind integrity if the stream
  /// ended too early.
  Status finish(std::size_t unconsumed) const;

  [[nodiscard]] bool header_known() const { return phase_ != Phase::header; }
  [[nodiscard]] const VmdkHeader& header() const { return header_; }

 private:
  enum class Phase { header, overhead, markers, skip, after_end };

  Result<std::size_t> take_header(std::span<const std::byte> bytes);
  std::size_t take_overhead(std::span<const std::byte> bytes);
  Result<std::size_t> take_marker(std::span<const std::byte> bytes,
                                  std::vector<PackedGrain>& grains);
  Result<std::size_t> take_grain(std::span<const std::byte> bytes, std::uint64_t lba,
                                 std::uint32_t size, std::vector<PackedGrain>& grains);
  Result<std::size_t> take_metadata(std::span<const std::byte> bytes, std::uint64_t sectors);
  void count_entries(std::span<const std::byte> bytes);

  Phase phase_ = Phase::header;
  VmdkHeader header_;
  std::uint64_t position_ = 0;  ///< bytes consumed
  std::uint64_t skip_ = 0;      ///< bytes of metadata left
  std::uint64_t next_lba_ = 0;  ///< Grains come in rising order.
  std::uint64_t grains_ = 0;
  std::uint64_t promised_ = 0;      ///< Grains that front tables list.
  std::uint64_t tables_begin_ = 0;  ///< bytes; front tables, if any
  std::uint64_t tables_end_ = 0;
  bool footer_ = false;
};

}  // namespace ovaport::disk
