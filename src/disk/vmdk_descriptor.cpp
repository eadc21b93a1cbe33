#include "vmdk_descriptor.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <set>

#include "ovaport/base/text.h"

namespace ovaport::disk {

namespace {

constexpr std::size_t kMostExtents = 1024;  // 2 TiB of the usual 2 GiB pieces
constexpr std::uint32_t kNoParent = 0xFFFFFFFF;

Error refuse(std::string_view code, std::string message) {
  return {ErrorKind::invalid, code, std::move(message)};
}

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

ExtentKind kind_of(std::string_view type) {
  if (equal_ignoring_case(type, "SPARSE")) return ExtentKind::sparse;
  if (equal_ignoring_case(type, "FLAT") || equal_ignoring_case(type, "VMFS"))
    return ExtentKind::flat;
  if (equal_ignoring_case(type, "ZERO")) return ExtentKind::zero;
  return ExtentKind::other;
}

Result<VmdkExtent> parse_extent(std::string_view line) {
  const auto wrong = [&] {
    return refuse("disk.vmdk-extent", "the VMDK's descriptor has a malformed extent " +
                                          quote(line) +
                                          "; it must be like RW 2048 SPARSE \"name\"");
  };
  const auto begin = line.find('"');
  const auto end = line.rfind('"');
  const std::string front(line.substr(0, begin));
  const auto words = split(front, " \t");
  if (words.size() != 3 || (begin != std::string_view::npos && begin == end)) return wrong();
  const auto sectors = parse_unsigned(words[1]);
  if (!sectors) return wrong();
  VmdkExtent extent;
  extent.readable = !equal_ignoring_case(words[0], "NOACCESS");
  extent.sectors = *sectors;
  extent.type = words[2];
  extent.kind = kind_of(words[2]);
  if (begin == std::string_view::npos) return extent;
  extent.file = line.substr(begin + 1, end - begin - 1);
  // Raw device mappings have more behind the name, but nobody reads those here.
  const std::string_view offset = trimmed(line.substr(end + 1));
  if (offset.empty() || extent.kind == ExtentKind::other) return extent;
  const auto number = parse_unsigned(offset);
  if (!number) return wrong();
  extent.offset = *number;
  return extent;
}

std::optional<std::uint32_t> parse_content_id(std::string_view value) {
  std::uint32_t id = 0;
  const char* end = value.data() + value.size();
  const auto [at, failure] = std::from_chars(value.data(), end, id, 16);
  return failure == std::errc() && at == end ? std::optional(id) : std::nullopt;
}

Status parse_key(std::string_view line, VmdkDescriptor& descriptor) {
  if (const auto type = value_of(line, "createType"); !type.empty()) descriptor.create_type = type;
  if (!value_of(line, "parentFileNameHint").empty()) descriptor.hints_at_parent = true;
  if (const auto id = value_of(line, "CID"); !id.empty())
    descriptor.content_id = parse_content_id(id);
  if (const auto id = value_of(line, "parentCID"); !id.empty()) {
    const auto parent = parse_content_id(id);
    if (!parent)
      return refuse("disk.vmdk-descriptor",
                    "the VMDK's descriptor has the parentCID " + quote(id) + ", which is no id");
    if (*parent != kNoParent) descriptor.parent_content_id = parent;
  }
  return {};
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of("/\\:") == std::string_view::npos;
}

Status refuse_parent(const VmdkDescriptor& descriptor) {
  if (!descriptor.parent_content_id && !descriptor.hints_at_parent) return {};
  return refuse("disk.vmdk-parent",
                "the VMDK is a delta of another disk, but the descriptor of the package says "
                "nothing of a parent")
      .advise("Export the appliance again with consolidated disks");
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> known) {
  return std::any_of(known.begin(), known.end(),
                     [&](std::string_view other) { return equal_ignoring_case(word, other); });
}

Error unknown_type(const VmdkDescriptor& descriptor) {
  return refuse("disk.vmdk-type",
                descriptor.create_type.empty()
                    ? "the VMDK's descriptor has no createType"
                    : "VMDKs of type " + quote(descriptor.create_type) + " are not supported here")
      .advise("Export the appliance again as OVA with streamOptimized disks");
}

Status check_split_extent(const VmdkExtent& extent) {
  if (extent.kind == ExtentKind::other || !extent.readable)
    return refuse("disk.vmdk-extent",
                  "the VMDK's descriptor has an extent " +
                      (extent.readable ? "of type " + quote(extent.type) : "without access") +
                      ", which is not supported")
        .advise("Export the appliance again as OVA with streamOptimized disks");
  if (extent.kind != ExtentKind::zero && !is_plain_name(extent.file))
    return refuse("disk.vmdk-extent", "the VMDK's descriptor names the extent " +
                                          quote(extent.file) +
                                          "; only files of the package beside it are read");
  return {};
}

}  // namespace

bool is_vmdk_descriptor(std::string_view head) {
  return head.starts_with("# Disk DescriptorFile");
}

Result<VmdkDescriptor> parse_vmdk_descriptor(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  VmdkDescriptor descriptor;
  for (std::string_view line : split(text, "\r\n")) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    if (!is_extent_line(line)) {
      OVAPORT_CHECK(parse_key(line, descriptor));
      continue;
    }
    if (descriptor.extents.size() == kMostExtents)
      return refuse("disk.vmdk-extent",
                    "the VMDK has more than " + std::to_string(kMostExtents) + " extents");
    OVAPORT_TRY(VmdkExtent extent, parse_extent(line));
    descriptor.extents.push_back(std::move(extent));
  }
  return descriptor;
}

Error refuse_lone_piece() {
  return refuse("disk.vmdk-descriptor",
                "is one piece of a VMDK in several files, without the descriptor")
      .advise("The package must reference the VMDK's descriptor file instead");
}

Status check_embedded(const VmdkDescriptor& descriptor, bool delta) {
  if (!delta) OVAPORT_CHECK(refuse_parent(descriptor));
  if (descriptor.extents.empty() && descriptor.create_type.empty()) return refuse_lone_piece();
  if (descriptor.extents.size() != 1)
    return refuse("disk.vmdk-extent", "the VMDK's descriptor has " +
                                          std::to_string(descriptor.extents.size()) +
                                          " extents; one SPARSE extent is allowed");
  const VmdkExtent& extent = descriptor.extents.front();
  // The name is what the file was called when it was made, so it is not compared,
  // but it must be a plain name.
  if (extent.kind != ExtentKind::sparse || extent.file.find_first_of("/\\") != std::string::npos)
    return refuse("disk.vmdk-extent", "the VMDK's descriptor names the extent " +
                                          quote(extent.file) + " of type " + quote(extent.type) +
                                          "; only one SPARSE extent, the file itself, is allowed");
  if (!one_of(descriptor.create_type, {"streamOptimized", "monolithicSparse"}))
    return unknown_type(descriptor);
  return {};
}

Status check_split(const VmdkDescriptor& descriptor) {
  OVAPORT_CHECK(refuse_parent(descriptor));
  if (!one_of(descriptor.create_type, {"monolithicFlat", "vmfs", "vmfsThin", "twoGbMaxExtentFlat",
                                       "twoGbMaxExtentSparse", "custom"}))
    return unknown_type(descriptor);
  if (descriptor.extents.empty())
    return refuse("disk.vmdk-extent", "the VMDK's descriptor has no extents");
  std::set<std::string> files;
  for (const VmdkExtent& extent : descriptor.extents) {
    OVAPORT_CHECK(check_split_extent(extent));
    if (extent.kind != ExtentKind::zero && !files.insert(to_lower(extent.file)).second)
      return refuse("disk.vmdk-extent",
                    "the VMDK's descriptor names the extent " + quote(extent.file) + " twice");
  }
  return {};
}

}  // namespace ovaport::disk
