#include "grain_stream.h"

#include <algorithm>

#include "little_endian.h"
#include "vmdk_descriptor.h"

namespace ovaport::disk {

namespace {

constexpr std::uint32_t kEndOfStream = 0;
constexpr std::uint32_t kGrainTable = 1;
constexpr std::uint32_t kGrainDirectory = 2;
constexpr std::uint32_t kFooter = 3;

Error broken(std::string_view code, std::string message, std::uint64_t position) {
  return Error(ErrorKind::integrity, code, std::move(message)).at(position);
}

}  // namespace

Result<std::size_t> GrainStream::take(std::span<const std::byte> bytes,
                                      std::vector<PackedGrain>& grains) {
  std::size_t consumed = 0;
  while (true) {
    const auto rest = bytes.subspan(consumed);
    Result<std::size_t> step = std::size_t{0};
    switch (phase_) {
      case Phase::header:
        step = take_header(rest);
        break;
      case Phase::overhead:
        step = take_overhead(rest);
        break;
      case Phase::markers:
        step = take_marker(rest, grains);
        break;
      case Phase::skip: {
        const auto taken = std::min<std::uint64_t>(rest.size(), skip_);
        skip_ -= taken;
        if (skip_ == 0) phase_ = Phase::markers;
        step = static_cast<std::size_t>(taken);
        break;
      }
      case Phase::after_end:
        step = rest.size();
        break;
    }
    if (!step.ok()) return std::move(step).error();
    if (*step == 0) return consumed;
    consumed += *step;
    position_ += *step;
  }
}

Result<std::size_t> GrainStream::take_header(std::span<const std::byte> bytes) {
  if (bytes.size() < kSector) return std::size_t{0};
  OVAPORT_TRY(header_, parse_vmdk_header(bytes.first(kSector)));
  if (!header_.stream_optimized())
    return Error(ErrorKind::invalid, "disk.vmdk-header", "is no streamOptimized VMDK");
  OVAPORT_CHECK(check_descriptor_place(header_));
  const std::uint64_t descriptor_end =
      (header_.descriptor_offset + header_.descriptor_sectors) * kSector;
  if (bytes.size() < descriptor_end) return std::size_t{0};
  const auto text =
      bytes.subspan(header_.descriptor_offset * kSector, header_.descriptor_sectors * kSector);
  OVAPORT_TRY(const VmdkDescriptor descriptor,
              parse_vmdk_descriptor({reinterpret_cast<const char*>(text.data()), text.size()}));
  OVAPORT_CHECK(check_embedded(descriptor, false));
  phase_ = Phase::overhead;
  const std::uint64_t grains =
      (header_.capacity + header_.grain_sectors - 1) / header_.grain_sectors;
  const std::uint64_t per_table = header_.entries_per_table;
  if (header_.directory_offset != kDirectoryAtEnd && per_table != 0 &&
      header_.directory_offset < header_.overhead) {
    // Tables in front (qemu-img writes them so, and no footer): how many grains they
    // list tells whether the stream was cut.
    const std::uint64_t tables = (grains + per_table - 1) / per_table;
    const std::uint64_t directory_bytes = (tables * 4 + kSector - 1) / kSector * kSector;
    tables_begin_ = header_.directory_offset * kSector + directory_bytes;
    tables_end_ = header_.overhead * kSector;
  }
  return std::size_t{kSector};
}

std::size_t GrainStream::take_overhead(std::span<const std::byte> bytes) {
  const std::uint64_t end = std::max<std::uint64_t>(header_.overhead, 1) * kSector;
  auto taken = std::min<std::uint64_t>(bytes.size(), end - position_);
  if (tables_end_ != 0) {
    taken = taken / 4 * 4;
    count_entries(bytes.first(taken));
  }
  if (position_ + taken == end) phase_ = Phase::markers;
  // Nothing is left of the overhead, and 0 would mean that more bytes are needed.
  if (taken == 0 && phase_ == Phase::markers) return 0;
  return static_cast<std::size_t>(taken);
}

void GrainStream::count_entries(std::span<const std::byte> bytes) {
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    const std::uint64_t at = position_ + i;
    // 0 is unallocated, 1 a grain of zeros that is not in the stream.
    if (at >= tables_begin_ && at < tables_end_ && read_le<std::uint32_t>(bytes, i) > 1)
      ++promised_;
  }
}

Result<std::size_t> GrainStream::take_marker(std::span<const std::byte> bytes,
                                             std::vector<PackedGrain>& grains) {
  if (bytes.size() < kSector) return std::size_t{0};
  const auto value = read_le<std::uint64_t>(bytes, 0);
  const auto size = read_le<std::uint32_t>(bytes, 8);
  if (size != 0) return take_grain(bytes, value, size, grains);
  const auto type = read_le<std::uint32_t>(bytes, 12);
  switch (type) {
    case kEndOfStream:
      phase_ = Phase::after_end;
      return std::size_t{kSector};
    case kFooter:
      footer_ = true;
      [[fallthrough]];
    case kGrainTable:
    case kGrainDirectory:
      return take_metadata(bytes, value);
    default:
      return broken("disk.vmdk-marker", "a marker of unknown type " + std::to_string(type),
                    position_);
  }
}

Result<std::size_t> GrainStream::take_metadata(std::span<const std::byte> /*bytes*/,
                                               std::uint64_t sectors) {
  constexpr std::uint64_t kLargestMetadata = 1ULL << 24;  // 8 GiB of tables
  if (sectors > kLargestMetadata)
    return broken("disk.vmdk-marker", "a marker announces " + std::to_string(sectors) + " sectors",
                  position_);
  skip_ = sectors * kSector;
  if (skip_ != 0) phase_ = Phase::skip;
  return std::size_t{kSector};
}

Result<std::size_t> GrainStream::take_grain(std::span<const std::byte> bytes, std::uint64_t lba,
                                            std::uint32_t size, std::vector<PackedGrain>& grains) {
  constexpr std::size_t kMarker = 12;
  // deflate never grows data by more than a few bytes a block.
  const std::uint64_t largest = header_.grain_sectors * kSector + 4096;
  if (size > largest)
    return broken("disk.vmdk-grain", "a grain claims " + std::to_string(size) + " packed bytes",
                  position_);
  if (lba >= header_.capacity || lba % header_.grain_sectors != 0)
    return broken(
        "disk.vmdk-grain",
        "a grain lies at sector " + std::to_string(lba) + " of " + std::to_string(header_.capacity),
        position_);
  if (lba < next_lba_)
    return broken("disk.vmdk-grain",
                  "a grain at sector " + std::to_string(lba) + " is repeated or out of order",
                  position_);
  const std::size_t padded = (kMarker + size + kSector - 1) / kSector * kSector;
  if (bytes.size() < padded) return std::size_t{0};
  grains.push_back({lba, bytes.subspan(kMarker, size)});
  next_lba_ = lba + header_.grain_sectors;
  ++grains_;
  return padded;
}

Status GrainStream::finish(std::size_t unconsumed) const {
  const bool front_tables = tables_end_ != 0;
  // An end marker is a sector of zeros, which a cut file that was padded with zeros
  // has as well: the footer, or the tables in front, must agree that this is the end.
  const bool ended = phase_ == Phase::after_end || (phase_ == Phase::markers && unconsumed == 0);
  if (ended && front_tables && grains_ == promised_) return {};
  if (phase_ == Phase::after_end && !front_tables && footer_) return {};
  return broken("disk.truncated",
                "the VMDK is truncated: it ends after " + std::to_string(grains_) + " grains" +
                    (front_tables ? " of " + std::to_string(promised_) : ", without an end marker"),
                position_);
}

}  // namespace ovaport::disk
