#include "probe.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "little_endian.h"
#include "ovaport/base/text.h"
#include "sparse_extent.h"
#include "split_disk.h"
#include "vmdk_descriptor.h"
#include "vmdk_header.h"

namespace ovaport::disk {

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kHead = std::size_t{128} << 10;  // holds any header and descriptor

Error refuse(std::string_view code, std::string message) {
  return {ErrorKind::invalid, code, std::move(message)};
}

Error needs_seeking(std::string_view what) {
  return Error(ErrorKind::unsupported, "disk.needs-seeking",
               std::string(what) + " can not be read from a compressed package")
      .advise("Unpack the package into a directory and import that");
}

bool has(Bytes bytes, std::size_t offset, std::string_view magic) {
  return bytes.size() >= offset + magic.size() &&
         std::memcmp(bytes.data() + offset, magic.data(), magic.size()) == 0;
}

Result<Layer> probe_vmdk(const DiskInput& input, Bytes head, Role role) {
  OVAPORT_TRY(const VmdkHeader header, parse_vmdk_header(head));
  OVAPORT_CHECK(check_descriptor_place(header));
  const std::uint64_t begin = header.descriptor_offset * kSector;
  const std::uint64_t size = header.descriptor_sectors * kSector;
  if (begin + size > head.size())
    return refuse("disk.vmdk-descriptor",
                  "the VMDK's descriptor lies outside its first " + format_bytes(head.size()));
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  OVAPORT_TRY(const VmdkDescriptor descriptor, parse_vmdk_descriptor(text.substr(begin, size)));
  OVAPORT_CHECK(check_embedded(descriptor, role == Role::delta));
  const bool stream = header.stream_optimized();
  // Grains in any order are found by their tables, at any place of the file.
  if (!stream || role == Role::delta) {
    if (!input.range) return needs_seeking(stream ? "delta disks" : "VMDKs of this type");
    OVAPORT_CHECK(SparseExtent::open(*input.range));
  }
  return Layer{Image{stream ? Format::vmdk_stream_optimized : Format::vmdk_sparse,
                     header.capacity * kSector},
               descriptor.content_id, descriptor.parent_content_id};
}

// QEMU's docs/interop/qcow2.txt. Everything that names another file, or that our
// qemu-img is not known to read on its own, is refused.
Result<Image> probe_qcow2(Bytes head) {
  if (head.size() < 104) return refuse("disk.truncated", "the qcow2 header is cut off");
  const auto version = read_be<std::uint32_t>(head, 4);
  if (version != 2 && version != 3)
    return refuse("disk.qcow2-version",
                  "qcow version " + std::to_string(version) + " is not supported");
  if (read_be<std::uint64_t>(head, 8) != 0)
    return refuse("disk.backing-file", "the qcow2 image names a backing file");
  if (read_be<std::uint32_t>(head, 32) != 0)
    return refuse("disk.encrypted", "the qcow2 image is encrypted");
  if (read_be<std::uint32_t>(head, 60) != 0)
    return refuse("disk.qcow2-snapshots", "the qcow2 image holds snapshots");
  constexpr std::uint64_t kDirty = 1;
  constexpr std::uint64_t kCompressionType = 1U << 3;
  constexpr std::uint64_t kExtendedL2 = 1U << 4;
  const std::uint64_t features = version == 3 ? read_be<std::uint64_t>(head, 72) : 0;
  if ((features & ~(kDirty | kCompressionType | kExtendedL2)) != 0)
    return refuse("disk.qcow2-features",
                  "the qcow2 image keeps its data in another file or has unknown features");
  return Image{Format::qcow2, read_be<std::uint64_t>(head, 24)};
}

// Microsoft's "[MS-VHDX]": the region table leads to the metadata table, which says
// whether the disk has a parent and how large it is.
constexpr std::size_t kVhdxTable = std::size_t{64} << 10;
constexpr std::uint64_t kVhdxRegions = 192ULL << 10;

using Guid = std::array<unsigned char, 16>;
constexpr Guid kMetadataRegion{0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b,
                               0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e};
constexpr Guid kFileParameters{0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d,
                               0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b};
constexpr Guid kVirtualDiskSize{0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48,
                                0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8};

Result<std::vector<std::byte>> read_table(const DiskInput& input, std::uint64_t offset) {
  std::vector<std::byte> table(kVhdxTable);
  OVAPORT_TRY(const std::size_t got, input.range->read_at(offset, table));
  if (got != table.size()) return refuse("disk.truncated", "a table of the VHDX is cut off");
  return table;
}

/// Offset of the entry with that GUID in a table of entries of 32 bytes.
std::optional<std::size_t> find_entry(Bytes table, std::size_t first, std::size_t count,
                                      const Guid& wanted) {
  constexpr std::size_t kEntry = 32;
  constexpr std::size_t kMostEntries = 2047;
  for (std::size_t i = 0; i < std::min(count, kMostEntries); ++i) {
    const std::size_t at = first + i * kEntry;
    if (at + kEntry > table.size()) break;
    if (std::memcmp(table.data() + at, wanted.data(), wanted.size()) == 0) return at;
  }
  return std::nullopt;
}

/// The eight bytes of the metadata item whose entry lies at `entry`.
Result<std::array<std::byte, 8>> read_item(const DiskInput& input, std::uint64_t begin,
                                           Bytes metadata, std::size_t entry) {
  std::array<std::byte, 8> value{};
  const std::uint64_t offset = begin + read_le<std::uint32_t>(metadata, entry + 16);
  OVAPORT_TRY(const std::size_t got, input.range->read_at(offset, value));
  if (got != value.size()) return refuse("disk.truncated", "the VHDX metadata is cut off");
  return value;
}

Result<Image> probe_vhdx(const DiskInput& input) {
  if (!input.range) return needs_seeking("VHDX images");
  OVAPORT_TRY(const auto regions, read_table(input, kVhdxRegions));
  const auto region = find_entry(regions, 16, read_le<std::uint32_t>(regions, 8), kMetadataRegion);
  if (!has(regions, 0, "regi") || !region)
    return refuse("disk.vhdx", "the VHDX has no valid region table");
  const auto begin = read_le<std::uint64_t>(regions, *region + 16);
  OVAPORT_TRY(const auto metadata, read_table(input, begin));
  const auto count = read_le<std::uint16_t>(metadata, 10);
  const auto parameters = find_entry(metadata, 32, count, kFileParameters);
  const auto size = find_entry(metadata, 32, count, kVirtualDiskSize);
  if (!has(metadata, 0, "metadata") || !parameters || !size)
    return refuse("disk.vhdx", "the VHDX has no valid metadata table");
  OVAPORT_TRY(const auto flags, read_item(input, begin, metadata, *parameters));
  constexpr std::uint32_t kHasParent = 2;
  if ((read_le<std::uint32_t>(flags, 4) & kHasParent) != 0)
    return refuse("disk.backing-file", "the VHDX is a differencing disk");
  OVAPORT_TRY(const auto capacity, read_item(input, begin, metadata, *size));
  return Image{Format::vhdx, read_le<std::uint64_t>(capacity, 0)};
}

constexpr std::size_t kVhdFooter = 512;
constexpr std::uint32_t kFixedVhd = 2;

// Microsoft's "Virtual Hard Disk Image Format Specification". A fixed VHD is a raw
// disk with a footer behind it.
Result<Image> probe_vhd(Bytes footer, const DiskInput& input) {
  constexpr std::uint32_t kDynamic = 3;
  const auto type = read_be<std::uint32_t>(footer, 60);
  if (type != kFixedVhd && type != kDynamic)
    return refuse("disk.backing-file", type == 4
                                           ? "the VHD is a differencing disk"
                                           : "the VHD is of unknown type " + std::to_string(type));
  const auto size = read_be<std::uint64_t>(footer, 48);
  if (type == kFixedVhd) {
    if (size + kVhdFooter != input.size)
      return refuse("disk.vhd-size", "the fixed VHD says a size of " + std::to_string(size) +
                                         " bytes, which its file does not have");
    return Image{Format::raw, size};
  }
  return Image{Format::vhd, size};
}

Result<Image> probe_vdi(Bytes head) {
  if (head.size() < 0x1d8) return refuse("disk.truncated", "the VDI header is cut off");
  const auto type = read_le<std::uint32_t>(head, 0x4c);
  if (type != 1 && type != 2)
    return refuse("disk.backing-file", "the VDI is a differencing or undo image");
  return Image{Format::vdi, read_le<std::uint64_t>(head, 0x170)};
}

// What begins like none of ours but is no disk either.
Status refuse_foreign(Bytes head) {
  if (has(head, 0, "COWD") || has(head, 0, "\xbe\xba\xfe\xca"))
    return refuse("disk.esx-sparse", "is a snapshot disk of ESX, which needs its parent");
  if (has(head, 0, "\x1f\x8b")) return refuse("disk.compressed", "is gzip-compressed");
  if (has(head, 0, "QED")) return refuse("disk.qed", "is a QED image, which is not supported");
  return {};
}

Result<Image> probe_other(const DiskInput& input, Bytes head) {
  if (has(head, 0, "QFI\xfb")) return probe_qcow2(head);
  if (has(head, 0, "vhdxfile")) return probe_vhdx(input);
  if (has(head, 0x40, "\x7f\x10\xda\xbe")) return probe_vdi(head);
  if (has(head, 0, "conectix") && head.size() >= kVhdFooter)
    return probe_vhd(head.first(kVhdFooter), input);
  OVAPORT_CHECK(refuse_foreign(head));
  if (input.range && input.size > kVhdFooter) {
    std::array<std::byte, kVhdFooter> footer{};
    OVAPORT_TRY(const std::size_t got, input.range->read_at(input.size - kVhdFooter, footer));
    if (got == footer.size() && has(footer, 0, "conectix")) return probe_vhd(footer, input);
  }
  return Image{Format::raw, input.size};
}

Result<Layer> probe_bytes(const DiskInput& input, Bytes head, Role role) {
  // A guest can write any header into the first sector of its raw disk.
  if (input.stated_raw && role == Role::base)
    return Layer{Image{Format::raw, input.size}, std::nullopt, std::nullopt};
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (is_vmdk_descriptor(text) && role == Role::base) return probe_split(input);
  if (head.size() < kSector)
    return refuse("disk.too-small",
                  "has only " + std::to_string(head.size()) + " bytes, which is no disk");
  if (is_vmdk(head)) return probe_vmdk(input, head, role);
  OVAPORT_TRY(const Image image, probe_other(input, head));
  if (role == Role::delta)
    return Error(ErrorKind::unsupported, "disk.delta-format",
                 "is to be a delta disk, but it is no sparse or streamOptimized VMDK" +
                     (image.format == Format::raw ? std::string()
                                                  : " but " + std::string(to_string(image.format))))
        .advise("Export the appliance again with consolidated disks");
  return Layer{image, std::nullopt, std::nullopt};
}

}  // namespace

std::string_view to_string(Format format) {
  switch (format) {
    case Format::raw:
      return "raw";
    case Format::vmdk_stream_optimized:
      return "VMDK (streamOptimized)";
    case Format::vmdk_sparse:
      return "VMDK (monolithicSparse)";
    case Format::vmdk_split:
      return "VMDK (several files)";
    case Format::vhd:
      return "VHD";
    case Format::vhdx:
      return "VHDX";
    case Format::qcow2:
      return "qcow2";
    case Format::vdi:
      return "VDI";
  }
  return "raw";
}

Result<std::vector<std::byte>> read_head(const DiskInput& input, std::size_t limit) {
  std::vector<std::byte> head(std::min<std::uint64_t>(limit, input.size));
  Result<std::size_t> got = std::size_t{0};
  if (input.range) {
    got = input.range->read_at(0, head);
  } else {
    OVAPORT_TRY(const auto source, input.open());
    got = source->read(head);
  }
  if (!got.ok()) return std::move(got).error();
  head.resize(*got);
  return head;
}

std::optional<std::uint64_t> fixed_vhd_size(Bytes footer, std::uint64_t file_size) {
  if (footer.size() != kVhdFooter || !has(footer, 0, "conectix") ||
      read_be<std::uint32_t>(footer, 60) != kFixedVhd)
    return std::nullopt;
  const auto size = read_be<std::uint64_t>(footer, 48);
  if (file_size < kVhdFooter || size != file_size - kVhdFooter) return std::nullopt;
  return size;
}

Result<Layer> probe_layer(const DiskInput& input, Role role) {
  OVAPORT_TRY(const auto head, read_head(input, kHead));
  auto layer = probe_bytes(input, head, role);
  if (!layer.ok()) return std::move(layer).error().in_file(input.name);
  return layer;
}

Result<Image> probe(const DiskInput& input) {
  OVAPORT_TRY(const Layer layer, probe_layer(input, Role::base));
  return layer.image;
}

}  // namespace ovaport::disk
