#include <array>

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

// VirtualBox repeats the whole machine in its own format; only there does it tell
// the firmware.
void read_vbox_machine(const Element& machine, Content& content) {
  const Element firmware = machine.child("Hardware").child("Firmware");
  const std::string type = firmware ? firmware.attribute_or("type", "") : "";
  if (content.hardware.empty() || type.empty()) return;
  const bool efi = to_lower(type).starts_with("efi");
  content.hardware.front().extra_config.push_back({"firmware", efi ? "efi" : "bios", false});
}

/// Foreign sections that every reader of OVF meets and that ask nothing of the
/// machine; their missing ovf:required is not meant.
bool is_known_foreign(std::string_view kind, Family family) {
  static constexpr std::array kKnown{"IpAssignmentSection",
                                     "StorageGroupSection",
                                     "StorageSection",
                                     "StoragePolicyGroupSection",
                                     "CpuCompatibilitySection",
                                     "PlacementGroupSection",
                                     "MigrationUpgradeRequisitesSection",
                                     "GuestCustomizationSection",
                                     "NetworkConfigSection",
                                     "NetworkConnectionSection",
                                     "LeaseSettingsSection",
                                     "CustomizationSection",
                                     "DefaultStorageProfileSection",
                                     "StartupSection",
                                     "EthernetPortProfileSection",
                                     "ResourceAllocationSection",
                                     "Machine",
                                     "AnnotationSection",
                                     "SnapshotSection",
                                     "ComputePolicy",
                                     "NetworkPortProfileSection",
                                     "BootDeviceSection",
                                     "EnvironmentFilesSection",
                                     "ScaleOutSection",
                                     "PlacementSection",
                                     "SharedDiskSection",
                                     "EncryptionSection"};
  if (family == Family::vbox) return true;
  for (const std::string_view name : kKnown)
    if (name == kind) return true;
  return false;
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
  } else {
    OtherSection other{kind, element.uri(), is_true(element.attribute_or("required", "true")),
                       element.line()};
    if (is_known_foreign(kind, element.family())) other.required = false;
    content.other_sections.push_back(std::move(other));
  }
}

bool is_content(const Element& element) {
  const std::string_view name = element.local();
  return name == "VirtualSystem" || name == "VirtualSystemCollection" || name == "Content";
}

bool is_plain_child(std::string_view name) {
  return name == "Info" || name == "Name" || name == "Description";
}

}  // namespace

Content read_content(const Element& element, const ReadContext& context) {
  Content content;
  content.line = element.line();
  content.id = element.attribute_or("id", "");
  const bool collection = element.local() == "VirtualSystemCollection" ||
                          element.type().starts_with("VirtualSystemCollection");
  content.kind = collection ? ContentKind::collection : ContentKind::virtual_system;
  content.info = read_message(element.child("Info"));
  content.name = read_message(element.child("Name"));
  for (const Element& child : element.children()) {
    if (is_content(child))
      content.children.push_back(read_content(child, context));
    else if (!is_plain_child(child.local()))
      read_section(child, section_kind(child), content, context);
  }
  for (const Element& machine : element.children("Machine"))
    if (machine.family() == Family::vbox) read_vbox_machine(machine, content);
  return content;
}

}  // namespace ovaport::ovf
