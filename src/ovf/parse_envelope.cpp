#include <algorithm>
#include <array>

#include "ovaport/base/text.h"
#include "ovaport/ovf/envelope.h"
#include "reader.h"
#include "xml_guard.h"

namespace ovaport::ovf {

void ReadContext::warn(std::string_view code, std::string message, const Element& where,
                       Severity severity) const {
  Concern concern;
  concern.code = code;
  concern.severity = severity;
  concern.message = std::move(message);
  concern.file = file;
  concern.element = std::string(where.local());
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

void read_disks(const Element& section, Envelope& envelope, const ReadContext& context) {
  for (const Element& element : section.children("Disk")) {
    Disk disk;
    disk.line = element.line();
    disk.disk_id = element.attribute_or("diskId", "");
    disk.file_ref = element.attribute_or("fileRef", "");
    disk.capacity = element.attribute_or("capacity", "");
    disk.capacity_units = element.attribute_or("capacityAllocationUnits", "");
    disk.populated_size = size_attribute(element, "populatedSize", context);
    disk.parent_ref = element.attribute_or("parentRef", "");
    disk.format = element.attribute_or("format", "");
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

void read_strings(const Element& element, Envelope& envelope) {
  StringBundle bundle;
  bundle.language = element.attribute_or("lang", "", Family::xml);
  bundle.file_ref = element.attribute_or("fileRef", "");
  for (const Element& message : element.children("Msg"))
    bundle.messages.emplace_back(message.attribute_or("msgid", ""), message.text());
  envelope.strings.push_back(std::move(bundle));
}

bool is_known_section(std::string_view kind) {
  static constexpr std::array kKnown{"StorageGroupSection",
                                     "StoragePolicyGroupSection",
                                     "StorageSection",
                                     "IpAssignmentSection",
                                     "NetworkPortProfileSection",
                                     "PlacementGroupSection",
                                     "SharedDiskSection",
                                     "ScaleOutSection",
                                     "EncryptionSection",
                                     "PlacementSection",
                                     "AnnotationSection",
                                     "EulaSection",
                                     "ResourceAllocationSection",
                                     "CustomizationSection",
                                     "LeaseSettingsSection",
                                     "NetworkConfigSection",
                                     "vServiceDependencySection",
                                     "ProductSection",
                                     "VirtualSystemDescriptionSection"};
  return std::find(kKnown.begin(), kKnown.end(), kind) != kKnown.end();
}

void read_envelope_section(const Element& element, Envelope& envelope, const ReadContext& context) {
  const std::string kind = section_kind(element);
  if (kind == "References") {
    read_references(element, envelope, context);
  } else if (kind == "DiskSection") {
    read_disks(element, envelope, context);
  } else if (kind == "NetworkSection") {
    read_networks(element, envelope);
  } else if (kind == "DeploymentOptionSection") {
    read_options(element, envelope);
  } else if (kind == "Strings") {
    read_strings(element, envelope);
  } else {
    bool required = is_true(element.attribute_or("required", "true"));
    if (is_known_section(kind) && kind != "vServiceDependencySection") required = false;
    envelope.other_sections.push_back({kind, element.uri(), required, element.line()});
  }
}

Result<Dialect> dialect_of(const Element& root, const std::string& file) {
  const std::string uri = root.uri();
  switch (root.family()) {
    case Family::ovf_0_9:
      return Dialect::ovf_0_9;
    case Family::ovf_1:
      return Dialect::ovf_1;
    case Family::ovf_2:
      return Dialect::ovf_2;
    case Family::ovirt:
      return Dialect::ovirt;
    default:
      return Error(ErrorKind::unsupported, "ovf.namespace",
                   uri.empty() ? "the envelope has no namespace"
                               : "unsupported OVF namespace " + quote(uri))
          .in_file(file)
          .in_element("Envelope");
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
  const ReadContext context{std::string(file), &concerns};
  OVAPORT_TRY(envelope.dialect, dialect_of(root, context.file));
  envelope.version = root.attribute_or("version", "");
  envelope.language = root.attribute_or("lang", "", Family::xml);
  OVAPORT_CHECK(read_body(root, envelope, context));
  envelope.producer = detect_producer(root, envelope, text);
  return envelope;
}

}  // namespace ovaport::ovf
