#include "vmdk_header.h"

#include <array>
#include <string>

#include "little_endian.h"
#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"

namespace ovaport::disk {

namespace {

constexpr std::uint32_t kMagic = 0x564d444b;  // "KDMV"
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
  // Where every writer puts it; elsewhere, another reader might find another one.
  if (header.descriptor_offset != 1 || header.descriptor_sectors == 0 ||
      header.descriptor_sectors > kLargestDescriptor)
    return refuse("disk.vmdk-descriptor", "the VMDK has no embedded descriptor of usual size");
  return header;
}

namespace {

std::string_view value_of(std::string_view line, std::string_view key) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos ||
      !equal_ignoring_case(trimmed(line.substr(0, equals)), key))
    return {};
  std::string_view value = trimmed(line.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  return value;
}

bool is_extent_line(std::string_view line) {
  for (const std::string_view access : {"RW ", "RDONLY ", "NOACCESS "})
    if (line.size() > access.size() && equal_ignoring_case(line.substr(0, access.size()), access))
      return true;
  return false;
}

// RW 20971520 SPARSE "name.vmdk": the name is what the file was called when it was
// made, so it is not compared, but it must be a plain name.
Status check_extent_line(std::string_view line) {
  const auto words = split(line.substr(0, line.find('"')), " \t");
  if (words.size() != 3 || !equal_ignoring_case(words[2], "SPARSE"))
    return refuse("disk.vmdk-extent", "the VMDK's descriptor names the extent " + quote(line) +
                                          "; only one SPARSE extent, the file itself, is allowed");
  const auto name = line.find('"') == std::string_view::npos ? std::string_view{}
                                                             : line.substr(line.find('"') + 1);
  if (name.find('/') != std::string_view::npos || name.find('\\') != std::string_view::npos)
    return refuse("disk.vmdk-extent", "the VMDK's descriptor names another file: " + quote(line));
  return {};
}

Status check_key_line(std::string_view line) {
  if (const auto type = value_of(line, "createType");
      !type.empty() && !equal_ignoring_case(type, "streamOptimized") &&
      !equal_ignoring_case(type, "monolithicSparse"))
    return refuse("disk.vmdk-type", "VMDKs of type " + quote(type) + " are not supported");
  if (const auto parent = value_of(line, "parentCID");
      !parent.empty() && !equal_ignoring_case(parent, "ffffffff"))
    return refuse("disk.vmdk-parent",
                  "the VMDK is a delta of another disk (parentCID " + quote(parent) + ")");
  if (!value_of(line, "parentFileNameHint").empty())
    return refuse("disk.vmdk-parent", "the VMDK names a parent file");
  return {};
}

}  // namespace

Status check_vmdk_descriptor(std::string_view text, const VmdkHeader& /*header*/) {
  text = text.substr(0, text.find('\0'));
  int extents = 0;
  bool typed = false;
  for (std::string_view line : split(text, "\r\n")) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    if (is_extent_line(line)) {
      ++extents;
      OVAPORT_CHECK(check_extent_line(line));
    } else {
      OVAPORT_CHECK(check_key_line(line));
      typed = typed || !value_of(line, "createType").empty();
    }
  }
  if (extents != 1 || !typed)
    return refuse("disk.vmdk-extent", "the VMDK's descriptor has " + std::to_string(extents) +
                                          " extents" + (typed ? "" : " and no createType") +
                                          "; one SPARSE extent is allowed");
  return {};
}

}  // namespace ovaport::disk
