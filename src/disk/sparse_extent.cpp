#include "sparse_extent.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "little_endian.h"
#include "write_sparsely.h"

namespace ovaport::disk {

namespace {

constexpr std::size_t kRun = std::size_t{2} << 20;  // most bytes read and written at a time
constexpr std::size_t kDirectoryPiece = 16384;      // entries read at a time
constexpr std::size_t kGrainMarker = 12;
constexpr std::uint32_t kAbsent = 0;
constexpr std::uint32_t kZeros = 1;

Error broken(std::string_view code, std::string message) {
  return {ErrorKind::integrity, code, std::move(message)};
}

Status read_exactly(const FileRange& range, std::uint64_t position, std::span<std::byte> out) {
  Result<std::size_t> got = std::size_t{0};
  if (position <= range.size) got = range.read_at(position, out);
  if (!got.ok()) return std::move(got).error();
  if (*got == out.size()) return {};
  return broken("disk.truncated", "the VMDK is truncated: it refers to data behind its end")
      .at(position);
}

/// Of a stream whose directory lies at its end: footer marker, footer, end marker.
Result<VmdkHeader> read_footer(const FileRange& range, const VmdkHeader& header) {
  constexpr std::uint64_t kFooterMarker = 3;
  std::array<std::byte, 3 * kSector> tail{};
  const std::uint64_t size = range.size / kSector * kSector;
  if (size < tail.size() + kSector)
    return broken("disk.truncated", "the VMDK is truncated: it has no footer");
  OVAPORT_CHECK(read_exactly(range, size - tail.size(), tail));
  const auto sector = std::span<const std::byte>(tail).subspan(kSector, kSector);
  if (read_le<std::uint32_t>(tail, 12) != kFooterMarker || !is_vmdk(sector))
    return broken("disk.truncated", "the VMDK is truncated: it has no footer");
  OVAPORT_TRY(const VmdkHeader footer, parse_vmdk_header(sector));
  if (footer.capacity != header.capacity || footer.grain_sectors != header.grain_sectors ||
      footer.entries_per_table != header.entries_per_table ||
      footer.compressed != header.compressed || footer.directory_offset == kDirectoryAtEnd)
    return broken("disk.vmdk-footer", "the VMDK's footer contradicts its header");
  return footer;
}

struct DecompressorDeleter {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

/// Walks the tables of one extent and writes what they list.
class Walk {
 public:
  Walk(const FileRange& range, const VmdkHeader& header, Sink& sink, const SparseCopy& copy)
      : range_(range),
        header_(header),
        sink_(sink),
        copy_(copy),
        grain_(header.grain_sectors * kSector),
        size_(std::min(copy.size, header.capacity * kSector)),
        run_(std::max<std::size_t>(kRun, grain_)) {
    if (header.compressed) {
      inflater_.reset(libdeflate_alloc_decompressor());
      packed_.resize(grain_ + 4096 + kGrainMarker);
    }
  }

  Result<std::uint64_t> run() {
    const std::uint64_t covered = grain_ * header_.entries_per_table;
    const std::uint64_t tables = (size_ + covered - 1) / covered;
    std::vector<std::byte> piece;
    for (std::uint64_t first = 0; first < tables; first += kDirectoryPiece) {
      const auto count = std::min<std::uint64_t>(kDirectoryPiece, tables - first);
      piece.resize(count * 4);
      OVAPORT_CHECK(read_exactly(range_, header_.directory_offset * kSector + first * 4, piece));
      for (std::uint64_t i = 0; i < count; ++i) {
        if (copy_.stop.stop_requested())
          return Error(ErrorKind::cancelled, "disk.cancelled", "stopped on request");
        const auto sector = read_le<std::uint32_t>(piece, i * 4);
        if (sector != kAbsent) OVAPORT_CHECK(walk_table(sector, (first + i) * covered));
      }
    }
    OVAPORT_CHECK(flush());
    return written_;
  }

 private:
  // What the file can hold bounds the work: without this, tables that share their
  // grains could make a small file write for ever.
  Status account(std::uint64_t bytes, std::uint64_t& sum, std::string_view what) {
    sum += bytes;
    if (sum <= range_.size) return {};
    return broken("disk.vmdk-overlap",
                  "the VMDK's " + std::string(what) + " overlap: there are more than fit its file");
  }

  Status walk_table(std::uint32_t sector, std::uint64_t position) {
    std::vector<std::byte>& table = table_;
    table.resize(std::size_t{header_.entries_per_table} * 4);
    OVAPORT_CHECK(account(table.size(), tables_, "grain tables"));
    OVAPORT_CHECK(read_exactly(range_, sector * kSector, table));
    for (std::size_t i = 0; i < header_.entries_per_table && position < size_;
         ++i, position += grain_)
      OVAPORT_CHECK(take_entry(read_le<std::uint32_t>(table, i * 4), position));
    return {};
  }

  Status take_entry(std::uint32_t entry, std::uint64_t position) {
    if (entry == kAbsent) return {};
    if (entry == kZeros) {
      if (!header_.zero_grains)
        return broken("disk.vmdk-grain",
                      "a grain table has an entry of 1, which the header rules out");
      return zero(position);
    }
    if (header_.compressed) return inflate(entry * kSector, position);
    OVAPORT_CHECK(account(std::min(grain_, size_ - position), grains_, "grains"));
    return gather(entry * kSector, position);
  }

  Status zero(std::uint64_t position) {
    if (copy_.ground == Ground::empty) return {};
    OVAPORT_CHECK(flush());
    return sink_.zero(copy_.position + position, std::min(grain_, size_ - position));
  }

  // Grains that follow on each other, both in the file and on the disk, are copied
  // together.
  Status gather(std::uint64_t source, std::uint64_t position) {
    const std::uint64_t bytes = std::min(grain_, size_ - position);
    const bool follows = source == source_ + gathered_ && position == target_ + gathered_;
    if (!follows || gathered_ + bytes > run_.size()) {
      OVAPORT_CHECK(flush());
      source_ = source;
      target_ = position;
    }
    gathered_ += bytes;
    return {};
  }

  Status flush() {
    if (gathered_ == 0) return {};
    const auto bytes = std::span(run_).first(gathered_);
    OVAPORT_CHECK(read_exactly(range_, source_, bytes));
    gathered_ = 0;
    return put(target_, bytes);
  }

  Status inflate(std::uint64_t source, std::uint64_t position) {
    OVAPORT_CHECK(account(kSector, grains_, "grains"));
    std::array<std::byte, kGrainMarker> marker{};
    OVAPORT_CHECK(read_exactly(range_, source, marker));
    const auto size = read_le<std::uint32_t>(marker, 8);
    if (read_le<std::uint64_t>(marker, 0) * kSector != position || size == 0 ||
        size > packed_.size())
      return broken("disk.vmdk-grain", "the grain at sector " + std::to_string(position / kSector) +
                                           " is not where the tables say")
          .at(source);
    const auto packed = std::span(packed_).first(size);
    OVAPORT_CHECK(read_exactly(range_, source + kGrainMarker, packed));
    const auto room = std::span(run_).first(grain_);
    std::size_t inflated = 0;
    const std::uint64_t kept = std::min(grain_, size_ - position);
    if (libdeflate_zlib_decompress(inflater_.get(), packed.data(), packed.size(), room.data(),
                                   room.size(), &inflated) != LIBDEFLATE_SUCCESS ||
        inflated < kept)
      return broken("disk.vmdk-grain", "the grain at sector " + std::to_string(position / kSector) +
                                           " cannot be inflated: the data is damaged")
          .at(source);
    return put(position, room.first(kept));
  }

  Status put(std::uint64_t position, std::span<const std::byte> bytes) {
    const Gaps gaps = copy_.ground == Ground::parent ? Gaps::zeroed : Gaps::left;
    OVAPORT_TRY(const std::uint64_t written,
                write_sparsely(sink_, copy_.position + position, bytes, gaps));
    written_ += written;
    return {};
  }

  const FileRange& range_;
  const VmdkHeader& header_;
  Sink& sink_;
  const SparseCopy& copy_;
  std::uint64_t grain_;  ///< bytes
  std::uint64_t size_;   ///< bytes of the disk
  std::vector<std::byte> run_;
  std::vector<std::byte> table_;
  std::vector<std::byte> packed_;
  std::unique_ptr<libdeflate_decompressor, DecompressorDeleter> inflater_;
  std::uint64_t source_ = 0;
  std::uint64_t target_ = 0;
  std::size_t gathered_ = 0;
  std::uint64_t tables_ = 0;
  std::uint64_t grains_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace

Result<SparseExtent> SparseExtent::open(FileRange range) {
  std::array<std::byte, kSector> sector{};
  OVAPORT_CHECK(read_exactly(range, 0, sector));
  OVAPORT_TRY(VmdkHeader header, parse_vmdk_header(sector));
  if (header.compressed != header.markers)
    return Error(ErrorKind::unsupported, "disk.vmdk-header",
                 "the VMDK has compressed grains without markers, or markers without compression");
  if (header.entries_per_table == 0)
    return Error(ErrorKind::invalid, "disk.vmdk-header", "the VMDK header states empty tables");
  if (header.directory_offset == kDirectoryAtEnd) {
    OVAPORT_TRY(const VmdkHeader footer, read_footer(range, header));
    header.directory_offset = footer.directory_offset;
    header.zero_grains = header.zero_grains || footer.zero_grains;
  }
  if (header.directory_offset == 0 || header.directory_offset > range.size / kSector)
    return broken("disk.truncated", "the VMDK is truncated: its grain directory is missing");
  return SparseExtent(std::move(range), header);
}

Result<std::uint64_t> SparseExtent::copy_to(Sink& sink, const SparseCopy& copy) const {
  return Walk(range_, header_, sink, copy).run();
}

}  // namespace ovaport::disk
