#include "split_disk.h"

#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"
#include "sparse_extent.h"
#include "vmdk_header.h"

namespace ovaport::disk {

namespace {

constexpr std::uint64_t kMostSectors = 1ULL << 38;  // 128 TiB

/// An extent with its place on the disk and the file that holds it.
struct Piece {
  VmdkExtent extent;
  std::uint64_t position = 0;     ///< bytes
  std::uint64_t size = 0;         ///< bytes
  std::optional<DiskInput> file;  ///< Absent for zeros.
};

Result<DiskInput> find_file(const DiskInput& input, const VmdkExtent& extent) {
  const auto missing = [&] {
    return Error(ErrorKind::invalid, "disk.vmdk-extent-missing",
                 "is only the descriptor of a VMDK: the package does not hold " +
                     quote(extent.file) + ", where its data is")
        .in_file(input.name)
        .advise("Export the appliance again as OVA with streamOptimized disks");
  };
  if (!input.sibling || equal_ignoring_case(extent.file, input.name)) return missing();
  auto file = input.sibling(extent.file);
  if (!file.ok()) return missing();
  return file;
}

Status check_flat(const Piece& piece) {
  const auto begin = checked_multiply(piece.extent.offset, kSector);
  const auto end = begin ? checked_add(*begin, piece.size) : std::nullopt;
  if (end && *end <= piece.file->size) return {};
  return Error(ErrorKind::integrity, "disk.truncated",
               "has " + std::to_string(piece.file->size) +
                   " bytes, but the VMDK's descriptor says " +
                   std::to_string(piece.extent.sectors) + " sectors from sector " +
                   std::to_string(piece.extent.offset));
}

Status check_sparse(const Piece& piece) {
  if (!piece.file->range)
    return Error(ErrorKind::unsupported, "disk.needs-seeking",
                 "sparse extents can not be read from a compressed package")
        .advise("Unpack the package into a directory and import that");
  OVAPORT_TRY(const SparseExtent extent, SparseExtent::open(*piece.file->range));
  if (extent.header().compressed)
    return Error(ErrorKind::unsupported, "disk.vmdk-extent", "is a compressed extent of a VMDK");
  if (extent.header().capacity < piece.extent.sectors)
    return Error(ErrorKind::invalid, "disk.vmdk-extent",
                 "has " + std::to_string(extent.header().capacity) +
                     " sectors, but the VMDK's descriptor says " +
                     std::to_string(piece.extent.sectors));
  return {};
}

Status check_piece(const Piece& piece) {
  if (!piece.file) return {};
  auto checked = piece.extent.kind == ExtentKind::sparse ? check_sparse(piece) : check_flat(piece);
  if (!checked.ok()) return std::move(checked).error().in_file(piece.file->name);
  return {};
}

Result<VmdkDescriptor> read_descriptor(const DiskInput& input) {
  if (input.size > kDescriptorLimit)
    return Error(ErrorKind::invalid, "disk.vmdk-descriptor",
                 "the VMDK's descriptor has " + format_bytes(input.size) + "; at most " +
                     format_bytes(kDescriptorLimit) + " are read");
  OVAPORT_TRY(const auto bytes, read_head(input, kDescriptorLimit));
  OVAPORT_TRY(VmdkDescriptor descriptor,
              parse_vmdk_descriptor({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  OVAPORT_CHECK(check_split(descriptor));
  return descriptor;
}

Result<std::vector<Piece>> lay_out(const DiskInput& input, const VmdkDescriptor& descriptor) {
  std::vector<Piece> pieces;
  std::uint64_t sectors = 0;
  for (const VmdkExtent& extent : descriptor.extents) {
    if (extent.sectors > kMostSectors - sectors)
      return Error(ErrorKind::invalid, "disk.vmdk-capacity", "the VMDK's extents are too large");
    Piece piece{extent, sectors * kSector, extent.sectors * kSector, std::nullopt};
    if (extent.kind != ExtentKind::zero) {
      OVAPORT_TRY(piece.file, find_file(input, extent));
    }
    OVAPORT_CHECK(check_piece(piece));
    sectors += extent.sectors;
    pieces.push_back(std::move(piece));
  }
  if (sectors == 0)
    return Error(ErrorKind::invalid, "disk.vmdk-capacity", "the VMDK's extents are empty");
  return pieces;
}

Result<std::uint64_t> decode_flat(const Piece& piece, const DecodeOptions& options, Sink& sink,
                                  std::vector<FileDigests>& read) {
  const Window window{&sink, piece.extent.offset * kSector, piece.size, piece.position};
  OVAPORT_TRY(Passed passed, pass_over(*piece.file, options, window));
  read.push_back(std::move(passed.file));
  return passed.written;
}

Result<std::uint64_t> decode_sparse(const Piece& piece, const DecodeOptions& options, Sink& sink,
                                    std::vector<FileDigests>& read) {
  OVAPORT_TRY(const Stamp stamp, Stamp::of(*piece.file));
  OVAPORT_TRY(Passed passed, pass_over(*piece.file, options));
  read.push_back(std::move(passed.file));
  OVAPORT_TRY(const SparseExtent extent, SparseExtent::open(*piece.file->range));
  OVAPORT_TRY(const std::uint64_t written,
              extent.copy_to(sink, {piece.position, piece.size, Ground::empty, options.stop}));
  OVAPORT_CHECK(stamp.check(*piece.file));
  return written;
}

}  // namespace

Result<Layer> probe_split(const DiskInput& input) {
  OVAPORT_TRY(const VmdkDescriptor descriptor, read_descriptor(input));
  OVAPORT_TRY(const std::vector<Piece> pieces, lay_out(input, descriptor));
  const Piece& last = pieces.back();
  return Layer{Image{Format::vmdk_split, last.position + last.size}, descriptor.content_id,
               std::nullopt};
}

Result<std::uint64_t> decode_split(const DiskInput& input, const DecodeOptions& options, Sink& sink,
                                   std::vector<FileDigests>& read) {
  // The descriptor's digest first: nothing of one that was changed is followed.
  OVAPORT_TRY(Passed passed, pass_over(input, options));
  read.push_back(std::move(passed.file));
  OVAPORT_TRY(const VmdkDescriptor descriptor, read_descriptor(input));
  OVAPORT_TRY(const std::vector<Piece> pieces, lay_out(input, descriptor));
  std::uint64_t written = 0;
  for (const Piece& piece : pieces) {
    if (!piece.file) continue;
    auto done = piece.extent.kind == ExtentKind::sparse ? decode_sparse(piece, options, sink, read)
                                                        : decode_flat(piece, options, sink, read);
    if (!done.ok()) return std::move(done).error().in_file(piece.file->name);
    written += *done;
  }
  return written;
}

}  // namespace ovaport::disk
