#include "dialects.h"
#include "known_elements.h"
#include "ovaport/base/text.h"
#include "reader.h"

namespace ovaport::ovf {

namespace {

int number_or(std::string_view text, int fallback) {
  const auto value = parse_signed(trimmed(text));
  if (!value || *value < 0 || *value > 1'000'000) return fallback;
  return static_cast<int>(*value);
}

OperatingSystem read_operating_system(const Element& section) {
  OperatingSystem system;
  if (const auto id = parse_signed(section.attribute_or("id", "")); id && *id >= 0 && *id < 65536)
    system.id = static_cast<int>(*id);
  system.version = section.attribute_or("version", "");
  system.description = section.child_text("Description");
  if (const auto type = section.attribute("osType", Family::vmw)) system.vmw_os_type = *type;
  for (const Element& element : section.children("OSType"))
    if (element.family() == Family::vbox) system.vbox_os_type = element.text();
  return system;
}

std::vector<StartupItem> read_startup(const Element& section) {
  std::vector<StartupItem> items;
  for (const Element& element : section.children("Item")) {
    StartupItem item;
    item.id = element.attribute_or("id", "");
    item.order = number_or(element.attribute_or("order", "0"), 0);
    item.start_delay = number_or(element.attribute_or("startDelay", "0"), 0);
    item.waiting_for_guest = is_true(element.attribute_or("waitingForGuest", "false"));
    item.start_action = element.attribute_or("startAction", "powerOn");
    item.stop_delay = number_or(element.attribute_or("stopDelay", "0"), 0);
    item.stop_action = element.attribute_or("stopAction", "powerOff");
    items.push_back(std::move(item));
  }
  return items;
}

std::vector<int> read_boot_order(const Element& section) {
  std::vector<int> order;
  // vmw:instanceId="4", or a list of them.
  const std::string ids = section.attribute_or("instanceId", "", Family::vmw);
  for (const std::string_view id : split(ids, " ,\t"))
    if (const auto number = parse_signed(id)) order.push_back(static_cast<int>(*number));
  return order;
}

// DSP0243 2.1.1 §9.14: the sources of the first configuration, each by the instance id of
// the item that it is.
std::vector<int> read_boot_devices(const Element& section) {
  std::vector<int> order;
  for (const Element& source :
       section.child("CIM_BootConfigSetting").children("CIM_BootSourceSetting"))
    if (const auto number = parse_signed(trimmed(source.child_text("InstanceID"))))
      order.push_back(static_cast<int>(*number));
  return order;
}

// A section of a collection inside a virtual system and the other way round.
bool is_misplaced(std::string_view kind, ContentKind where) {
  if (where == ContentKind::virtual_system)
    return kind == "StartupSection" || kind == "ResourceAllocationSection";
  return kind == "VirtualHardwareSection" || kind == "OperatingSystemSection" ||
         kind == "InstallSection";
}

void read_section(const Element& element, const std::string& kind, Content& content,
                  const ReadContext& context) {
  if (kind == "VirtualHardwareSection") {
    content.hardware.push_back(read_hardware(element, context));
  } else if (kind == "ProductSection" || kind == "PropertySection") {
    content.products.push_back(read_product(element, context));
  } else if (kind == "EulaSection") {
    for (const Element& license : element.children("License"))
      content.eulas.push_back(read_message(license));
  } else if (kind == "AnnotationSection") {
    content.annotation = read_message(element.child("Annotation"));
  } else if (kind == "OperatingSystemSection") {
    content.operating_system = read_operating_system(element);
  } else if (kind == "StartupSection") {
    content.startup = read_startup(element);
  } else if (kind == "InstallSection") {
    content.install_boot_stop_delay =
        number_or(element.attribute_or("initialBootStopDelay", "0"), 0);
  } else if (kind == "BootOrderSection") {
    content.boot_order = read_boot_order(element);
  } else if (kind == "BootDeviceSection") {
    content.boot_order = read_boot_devices(element);
  } else if (kind == "IpAssignmentSection") {
    content.ip_assignment = read_ip_assignment(element);
  } else if (kind == "ScaleOutSection") {
    content.scale_outs.push_back(read_scale_out(element, context));
  } else if (kind == "PlacementGroupSection") {
    content.placement_groups.push_back(read_placement_group(element));
  } else if (kind == "PlacementSection") {
    content.placement_group = element.attribute_or("group", "");
  } else {
    take_other_section(element, kind, content.other_sections, context);
  }
}

bool is_content(const Element& element) {
  const std::string_view name = element.local();
  return name == "VirtualSystem" || name == "VirtualSystemCollection" || name == "Content";
}

bool is_plain_child(std::string_view name) {
  return name == "Info" || name == "Name" || name == "Description";
}

ContentKind kind_of(const Element& element, const ReadContext& context) {
  if (element.local() != "Content")
    return element.local() == "VirtualSystemCollection" ? ContentKind::collection
                                                        : ContentKind::virtual_system;
  const std::string type = element.type();
  if (type.starts_with("VirtualSystemCollection")) return ContentKind::collection;
  if (!type.starts_with("VirtualSystem"))
    context.warn("ovf.unknown-content",
                 "the content's type " + quote(type) +
                     " is neither VirtualSystem_Type nor VirtualSystemCollection_Type",
                 element, Severity::critical);
  return ContentKind::virtual_system;
}

}  // namespace

void read_content_section(const Element& section, Content& content, const ReadContext& context) {
  const std::string kind = section_kind(section);
  // oVirt puts plain values between the sections.
  if (context.dialect == Dialect::ovirt && !kind.ends_with("Section")) return;
  if (section.family() != Family::vbox) check_info(section, context);
  check_section_children(section, kind, context);
  if (is_misplaced(kind, content.kind))
    context.warn("ovf.misplaced-section",
                 quote(kind) + " is not meant to be a child of " + quote(content.id), section);
  read_section(section, kind, content, context);
}

Content read_content(const Element& element, const ReadContext& context) {
  Content content;
  content.line = element.line();
  content.id = element.attribute_or("id", "");
  content.kind = kind_of(element, context);
  check_info(element, context);
  content.info = read_message(element.child("Info"));
  content.name = read_message(element.child("Name"));
  for (const Element& child : element.children()) {
    if (is_content(child))
      content.children.push_back(read_content(child, context));
    else if (!is_plain_child(child.local()))
      read_content_section(child, content, context);
  }
  for (const Element& machine : element.children("Machine"))
    if (machine.family() == Family::vbox) complete_from_vbox_machine(machine, content);
  return content;
}

}  // namespace ovaport::ovf
