#include "vmdk_header.h"

#include <string>

#include "little_endian.h"
#include "vmdk_descriptor.h"

namespace ovaport::disk {

namespace {

constexpr std::uint32_t kMagic = 0x564d444b;  // "KDMV"
constexpr std::uint32_t kFlagZeroGrains = 1U << 2;
constexpr std::uint32_t kFlagCompressed = 1U << 16;
constexpr std::uint32_t kFlagMarkers = 1U << 17;
constexpr std::uint64_t kLargestCapacity = 1ULL << 38;  // 128 TiB
constexpr std::uint64_t kLargestDescriptor = 128;       // 64 KiB

Error refuse(std::string_view code, std::string message) {
  return {ErrorKind::invalid, code, std::move(message)};
}

}  // namespace

bool is_vmdk(std::span<const std::byte> head) {
  return head.size() >= 4 && read_le<std::uint32_t>(head, 0) == kMagic;
}

Result<VmdkHeader> parse_vmdk_header(std::span<const std::byte> sector) {
  if (sector.size() < kSector || !is_vmdk(sector))
    return refuse("disk.vmdk-header", "is no sparse VMDK");
  VmdkHeader header;
  header.version = read_le<std::uint32_t>(sector, 4);
  const auto flags = read_le<std::uint32_t>(sector, 8);
  header.compressed = (flags & kFlagCompressed) != 0;
  header.markers = (flags & kFlagMarkers) != 0;
  header.zero_grains = (flags & kFlagZeroGrains) != 0;
  header.capacity = read_le<std::uint64_t>(sector, 12);
  header.grain_sectors = read_le<std::uint64_t>(sector, 20);
  header.descriptor_offset = read_le<std::uint64_t>(sector, 28);
  header.descriptor_sectors = read_le<std::uint64_t>(sector, 36);
  header.entries_per_table = read_le<std::uint32_t>(sector, 44);
  header.directory_offset = read_le<std::uint64_t>(sector, 56);
  header.overhead = read_le<std::uint64_t>(sector, 64);
  if (header.version < 1 || header.version > 3)
    return refuse("disk.vmdk-version",
                  "VMDK version " + std::to_string(header.version) + " is not known");
  if (header.capacity == 0 || header.capacity > kLargestCapacity)
    return refuse("disk.vmdk-capacity", "the VMDK header states a capacity of " +
                                            std::to_string(header.capacity) + " sectors");
  const bool power_of_two = (header.grain_sectors & (header.grain_sectors - 1)) == 0;
  if (header.grain_sectors < 8 || header.grain_sectors > kLargestGrain || !power_of_two)
    return refuse("disk.vmdk-grain", "the VMDK header states grains of " +
                                         std::to_string(header.grain_sectors) + " sectors");
  constexpr std::uint32_t kMostEntries = 4096;
  if (header.entries_per_table > kMostEntries)
    return refuse("disk.vmdk-header", "the VMDK header states grain tables of " +
                                          std::to_string(header.entries_per_table) + " entries");
  return header;
}

Status check_descriptor_place(const VmdkHeader& header) {
  if (header.descriptor_sectors == 0) return refuse_lone_piece();
  if (header.descriptor_offset != 1 || header.descriptor_sectors > kLargestDescriptor)
    return refuse("disk.vmdk-descriptor", "the VMDK has no embedded descriptor of usual size");
  return {};
}

}  // namespace ovaport::disk
