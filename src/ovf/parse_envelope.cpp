#include <algorithm>

#include "dialects.h"
#include "known_elements.h"
#include "ovaport/base/text.h"
#include "ovaport/ovf/envelope.h"
#include "reader.h"
#include "unbound_prefixes.h"
#include "xml_guard.h"

namespace ovaport::ovf {

void ReadContext::warn(std::string_view code, std::string message, const Element& where,
                       Severity severity) const {
  // A hostile descriptor can earn a finding for each of a million elements; the first
  // thousand tell enough, and of the critical ones even the first.
  constexpr std::size_t kMost = 1000;
  constexpr std::size_t kMostWithCritical = 1100;
  if (concerns->size() >= (severity == Severity::critical ? kMostWithCritical : kMost)) return;
  Concern concern;
  concern.code = code;
  concern.severity = severity;
  concern.message = std::move(message);
  concern.file = file;
  concern.element = where.path();
  concern.line = where.line();
  concerns->push_back(std::move(concern));
}

std::string section_kind(const Element& element) {
  std::string name(element.local());
  if (name != "Section") return name;
  std::string type = element.type();
  constexpr std::string_view kSuffix = "_Type";
  if (type.ends_with(kSuffix)) type.resize(type.size() - kSuffix.size());
  return type;
}

Message read_message(const Element& element) {
  if (!element) return {};
  return {element.text(), element.attribute_or("msgid", "")};
}

namespace {

std::optional<std::uint64_t> size_attribute(const Element& element, std::string_view name,
                                            const ReadContext& context) {
  const auto text = element.attribute(name);
  if (!text || trimmed(*text).empty()) return std::nullopt;
  const auto value = parse_unsigned(trimmed(*text));
  if (!value)
    context.warn("ovf.size",
                 "the " + std::string(name) + " " + quote(*text) + " is no size; ignored", element);
  return value;
}

void read_references(const Element& references, Envelope& envelope, const ReadContext& context) {
  check_section_children(references, "References", context);
  for (const Element& element : references.children("File")) {
    File file;
    file.line = element.line();
    file.id = element.attribute_or("id", "");
    file.href = element.attribute_or("href", "");
    file.size = size_attribute(element, "size", context);
    file.compression = to_lower(element.attribute_or("compression", ""));
    file.chunk_size = size_attribute(element, "chunkSize", context);
    envelope.files.push_back(std::move(file));
  }
}

void read_disks(const Element& section, std::string_view kind, Envelope& envelope,
                const ReadContext& context) {
  const bool shared = kind == "SharedDiskSection";
  for (const Element& element : section.children(shared ? "SharedDisk" : "Disk")) {
    if (shared)
      context.warn("ovf.shared-disk",
                   "the disk " + quote(element.attribute_or("diskId", "")) +
                       " is shared by several virtual systems; each gets a disk of its own",
                   element);
    Disk disk;
    disk.line = element.line();
    disk.disk_id = element.attribute_or("diskId", "");
    disk.file_ref = element.attribute_or("fileRef", "");
    disk.capacity = element.attribute_or("capacity", "");
    disk.capacity_units = element.attribute_or("capacityAllocationUnits", "");
    disk.populated_size = size_attribute(element, "populatedSize", context);
    disk.parent_ref = element.attribute_or("parentRef", "");
    disk.format = element.attribute_or("format", "");
    if (context.dialect == Dialect::ovirt) complete_ovirt_disk(element, disk);
    envelope.disks.push_back(std::move(disk));
  }
}

void read_networks(const Element& section, Envelope& envelope) {
  for (const Element& element : section.children("Network"))
    envelope.networks.push_back({element.attribute_or("name", ""),
                                 read_message(element.child("Description")), element.line()});
}

void read_options(const Element& section, Envelope& envelope) {
  for (const Element& element : section.children("Configuration"))
    envelope.deployment_options.push_back(
        {element.attribute_or("id", ""), read_message(element.child("Label")),
         read_message(element.child("Description")),
         is_true(element.attribute_or("default", "false")), element.line()});
}

/// Sections of a virtual system that some writers put beside it.
bool belongs_to_content(std::string_view kind) {
  return kind == "AnnotationSection" || kind == "EulaSection" || kind == "ProductSection";
}

void read_envelope_section(const Element& element, Envelope& envelope, const ReadContext& context) {
  const std::string kind = section_kind(element);
  if (kind == "References") {
    read_references(element, envelope, context);
    return;
  }
  if (kind != "Strings") {
    check_info(element, context);
    check_section_children(element, kind, context);
  }
  if (kind == "DiskSection" || kind == "SharedDiskSection") {
    read_disks(element, kind, envelope, context);
  } else if (kind == "NetworkSection") {
    read_networks(element, envelope);
  } else if (kind == "DeploymentOptionSection") {
    read_options(element, envelope);
  } else if (kind == "Strings") {
    envelope.strings.push_back(read_strings(element));
  } else if (kind == "IpAssignmentSection") {
    envelope.ip_assignment = read_ip_assignment(element);
  } else if (kind == "PlacementGroupSection") {
    envelope.placement_groups.push_back(read_placement_group(element));
  } else if (belongs_to_content(kind)) {
    context.warn("ovf.misplaced-section",
                 quote(kind) +
                     " is not meant to be a child of Envelope; it is read as the virtual "
                     "system's",
                 element);
  } else {
    take_other_section(element, kind, envelope.other_sections, context);
  }
}

Status read_body(const Element& root, Envelope& envelope, const ReadContext& context) {
  std::vector<Element> contents;
  for (const Element& element : root.children()) {
    const std::string_view name = element.local();
    if (name == "VirtualSystem" || name == "VirtualSystemCollection" || name == "Content")
      contents.push_back(element);
    else
      read_envelope_section(element, envelope, context);
  }
  if (contents.empty())
    return Error(ErrorKind::invalid, "ovf.no-content",
                 "the envelope holds no VirtualSystem or VirtualSystemCollection")
        .in_file(context.file)
        .in_element("Envelope");
  if (contents.size() > 1)
    context.warn("ovf.several-contents",
                 "the envelope holds several virtual systems side by side; only the first is used",
                 contents[1]);
  envelope.content = read_content(contents.front(), context);
  for (const Element& element : root.children())
    if (belongs_to_content(section_kind(element)))
      read_content_section(element, envelope.content, context);
  if (context.dialect == Dialect::ovirt) resolve_ovirt_references(envelope);
  return {};
}

}  // namespace

Result<Envelope> parse_envelope(std::string_view xml, std::string_view file, Concerns& concerns) {
  OVAPORT_TRY(const std::string text, guard_xml(xml, file, concerns));
  const LineIndex lines(text);
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) {
    Error error(
        ErrorKind::invalid, "ovf.not-well-formed",
        "the descriptor is not well-formed XML: " + to_lower(std::string(parsed.description())) +
            " in line " + std::to_string(lines.line_at(parsed.offset)));
    return std::move(error).in_file(std::string(file));
  }
  const Element root(document.document_element(), &lines);
  if (root.local() != "Envelope")
    return Error(ErrorKind::invalid, "ovf.not-an-envelope",
                 "the descriptor's root element is " + quote(root.local()) + ", not Envelope")
        .in_file(std::string(file));
  Envelope envelope;
  ReadContext context{std::string(file), &concerns};
  OVAPORT_TRY(envelope.dialect, dialect_of(root, context));
  context.dialect = envelope.dialect;
  check_prefixes(document.document_element(), lines, context);
  envelope.version = root.attribute_or("version", "");
  envelope.language = root.attribute_or("lang", "", Family::xml);
  OVAPORT_CHECK(read_body(root, envelope, context));
  envelope.producer = detect_producer(root, envelope, text);
  return envelope;
}

}  // namespace ovaport::ovf
