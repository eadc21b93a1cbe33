#pragma once

#include <string>
#include <string_view>

#include "ovaport/ovf/envelope.h"
#include "xml_view.h"

namespace ovaport::ovf {

/// What the section readers share: where concerns go and which file they are about.
struct ReadContext {
  std::string file;
  Concerns* concerns;
  Dialect dialect = Dialect::ovf_1;

  void warn(std::string_view code, std::string message, const Element& where,
            Severity severity = Severity::warning) const;
};

/// The kind of a section: its local name, or for OVF 0.9 and oVirt, where sections
/// are <Section xsi:type="ovf:DiskSection_Type">, that type without "_Type".
std::string section_kind(const Element& element);

Message read_message(const Element& element);
VirtualHardware read_hardware(const Element& section, const ReadContext& context);
ProductSection read_product(const Element& section, const ReadContext& context);
/// Adds a section of a VirtualSystem or VirtualSystemCollection to it.
void read_content_section(const Element& section, Content& content, const ReadContext& context);
/// VirtualSystem, VirtualSystemCollection or 0.9's Content.
Content read_content(const Element& element, const ReadContext& context);
/// One Strings element.
StringBundle read_strings(const Element& element);
IpAssignment read_ip_assignment(const Element& section);
ScaleOut read_scale_out(const Element& section, const ReadContext& context);
PlacementGroup read_placement_group(const Element& section);
/// "VMware vCenter", "VirtualBox", … by what only that producer writes.
std::string detect_producer(const Element& root, const Envelope& envelope, std::string_view text);

}  // namespace ovaport::ovf
