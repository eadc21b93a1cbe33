#include <algorithm>
#include <array>
#include <cstring>

#include "little_endian.h"
#include "ovaport/base/text.h"
#include "ovaport/disk/decode.h"
#include "vmdk_header.h"

namespace ovaport::disk {

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kHead = std::size_t{128} << 10;  // holds any header and descriptor

Error refuse(std::string_view code, std::string message) {
  return {ErrorKind::invalid, code, std::move(message)};
}

bool has(Bytes bytes, std::size_t offset, std::string_view magic) {
  return bytes.size() >= offset + magic.size() &&
         std::memcmp(bytes.data() + offset, magic.data(), magic.size()) == 0;
}

Result<Image> probe_vmdk(Bytes head) {
  OVAPORT_TRY(const VmdkHeader header, parse_vmdk_header(head));
  const std::uint64_t begin = header.descriptor_offset * kSector;
  const std::uint64_t size = header.descriptor_sectors * kSector;
  if (begin + size > head.size())
    return refuse("disk.vmdk-descriptor",
                  "the VMDK's descriptor lies outside its first " + format_bytes(head.size()));
  OVAPORT_CHECK(check_vmdk_descriptor(
      {reinterpret_cast<const char*>(head.data()) + begin, static_cast<std::size_t>(size)},
      header));
  return Image{header.stream_optimized() ? Format::vmdk_stream_optimized : Format::vmdk_sparse,
               header.capacity * kSector};
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

constexpr std::size_t kVhdFooter = 512;

// Microsoft's "Virtual Hard Disk Image Format Specification".
Result<Image> probe_vhd(Bytes footer) {
  constexpr std::uint32_t kFixed = 2;
  constexpr std::uint32_t kDynamic = 3;
  const auto type = read_be<std::uint32_t>(footer, 60);
  if (type != kFixed && type != kDynamic)
    return refuse("disk.backing-file", type == 4
                                           ? "the VHD is a differencing disk"
                                           : "the VHD is of unknown type " + std::to_string(type));
  return Image{Format::vhd, read_be<std::uint64_t>(footer, 48)};
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
  if (has(head, 0, "# Disk DescriptorFile"))
    return refuse("disk.vmdk-descriptor-file",
                  "is only the text descriptor of a VMDK whose data lies in other files")
        .advise("Export the appliance again as OVA with streamOptimized disks");
  if (has(head, 0, "COWD") || has(head, 0, "SESparse"))
    return refuse("disk.esx-sparse", "is a snapshot disk of ESX, which needs its parent");
  if (has(head, 0, "\x1f\x8b")) return refuse("disk.compressed", "is gzip-compressed");
  if (has(head, 0, "QED")) return refuse("disk.qed", "is a QED image, which is not supported");
  return {};
}

Result<std::vector<std::byte>> read_head(const DiskInput& input) {
  std::vector<std::byte> head(std::min<std::uint64_t>(kHead, input.size));
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

Result<Image> probe_bytes(const DiskInput& input, Bytes head) {
  if (is_vmdk(head)) return probe_vmdk(head);
  if (has(head, 0, "QFI\xfb")) return probe_qcow2(head);
  if (has(head, 0, "vhdxfile")) return Image{Format::vhdx, 0};
  if (has(head, 0x40, "\x7f\x10\xda\xbe")) return probe_vdi(head);
  if (has(head, 0, "conectix") && head.size() >= kVhdFooter)
    return probe_vhd(head.first(kVhdFooter));
  OVAPORT_CHECK(refuse_foreign(head));
  if (input.range && input.size > kVhdFooter) {
    std::array<std::byte, kVhdFooter> footer{};
    OVAPORT_TRY(const std::size_t got, input.range->read_at(input.size - kVhdFooter, footer));
    if (got == footer.size() && has(footer, 0, "conectix")) return probe_vhd(footer);
  }
  return Image{Format::raw, input.size};
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

Result<Image> probe(const DiskInput& input) {
  OVAPORT_TRY(const auto head, read_head(input));
  if (head.size() < kSector)
    return Error(ErrorKind::invalid, "disk.too-small",
                 "has only " + std::to_string(head.size()) + " bytes, which is no disk")
        .in_file(input.name);
  auto image = probe_bytes(input, head);
  if (!image.ok()) return std::move(image).error().in_file(input.name);
  return image;
}

}  // namespace ovaport::disk
