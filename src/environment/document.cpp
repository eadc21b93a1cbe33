#include "ovaport/environment/document.h"

#include <string_view>

#include "characters.h"

namespace ovaport::environment {

namespace {

// VMware escapes all five; a raw tab or line break would be normalised to a blank
// by every XML parser (XML 1.0 §3.3.3).
std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&apos;";
    case '\t':
      return "&#9;";
    case '\n':
      return "&#10;";
    case '\r':
      return "&#13;";
    default:
      return {};
  }
}

void append_escaped(std::string& out, std::string_view text) {
  std::string repaired;
  if (!is_xml_text(text)) {
    repaired = repair_xml_text(text);
    text = repaired;
  }
  for (const char c : text) {
    const std::string_view named = entity(c);
    if (named.empty()) {
      out += c;
    } else {
      out += named;
    }
  }
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "=\"";
  append_escaped(out, value);
  out += '"';
}

void append_element(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out.append("      <").append(name).append(">");
  append_escaped(out, text);
  out.append("</").append(name).append(">\n");
}

void append_platform(std::string& out, const Platform& platform) {
  out += "   <PlatformSection>\n";
  append_element(out, "Kind", platform.kind);
  append_element(out, "Version", platform.version);
  append_element(out, "Vendor", platform.vendor);
  append_element(out, "Locale", platform.locale);
  if (platform.timezone) append_element(out, "Timezone", std::to_string(*platform.timezone));
  out += "   </PlatformSection>\n";
}

void append_property(std::string& out, std::string_view indent, std::string_view key,
                     std::string_view value) {
  out.append(indent).append("<Property");
  append_attribute(out, "oe:key", key);
  append_attribute(out, "oe:value", value);
  out += "/>\n";
}

void append_properties(std::string& out, const Document& document) {
  out += "   <PropertySection>\n";
  if (!document.instance_id.empty() && find_value(document.properties, "instance-id") == nullptr) {
    append_property(out, "         ", "instance-id", document.instance_id);
  }
  for (const PropertyValue& property : document.properties)
    append_property(out, "         ", property.key, property.value.reveal());
  out += "   </PropertySection>\n";
}

void append_entity(std::string& out, const Entity& entity) {
  out += "   <Entity";
  append_attribute(out, "oe:id", entity.id);
  out += ">\n      <PropertySection>\n";
  for (const PropertyValue& property : entity.properties)
    append_property(out, "            ", property.key, property.value.reveal());
  out += "      </PropertySection>\n   </Entity>\n";
}

void append_adapters(std::string& out, const std::vector<Adapter>& adapters) {
  if (adapters.empty()) return;
  out += "   <ve:EthernetAdapterSection>\n";
  for (const Adapter& adapter : adapters) {
    out += "      <ve:Adapter";
    append_attribute(out, "ve:mac", adapter.mac);
    append_attribute(out, "ve:network", adapter.network);
    append_attribute(out, "ve:unitNumber", std::to_string(adapter.unit));
    out += "/>\n";
  }
  out += "   </ve:EthernetAdapterSection>\n";
}

void append_guest_info(std::string& out, const std::vector<Assignment>& entries) {
  if (entries.empty()) return;
  out += "   <ovaport:GuestInfoSection";
  append_attribute(out, "xmlns:ovaport", kGuestInfoNamespace);
  out += ">\n";
  for (const Assignment& entry : entries) {
    out += "      <ovaport:Entry";
    append_attribute(out, "ovaport:key", entry.key);
    append_attribute(out, "ovaport:value", entry.value.reveal());
    out += "/>\n";
  }
  out += "   </ovaport:GuestInfoSection>\n";
}

}  // namespace

std::string render(const Document& document) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<Environment\n"
      "     xmlns=\"http://schemas.dmtf.org/ovf/environment/1\"\n"
      "     xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"\n"
      "     xmlns:oe=\"http://schemas.dmtf.org/ovf/environment/1\"\n"
      "     xmlns:ve=\"http://www.vmware.com/schema/ovfenv\"\n"
      "    ";
  append_attribute(out, "oe:id", document.id);
  out += ">\n";
  append_platform(out, document.platform);
  append_properties(out, document);
  for (const Entity& entity : document.entities)
    append_entity(out, entity);
  append_adapters(out, document.adapters);
  append_guest_info(out, document.guest_info);
  out += "</Environment>\n";
  return out;
}

}  // namespace ovaport::environment
