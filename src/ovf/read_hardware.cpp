#include "dialects.h"
#include "known_elements.h"
#include "ovaport/base/text.h"
#include "reader.h"

namespace ovaport::ovf {

namespace {

ConfigEntry read_config(const Element& element) {
  // vmw:key and vmw:value; some writers leave the prefix out or use ovf:.
  const auto get = [&](std::string_view name) {
    if (auto value = element.attribute(name, Family::vmw)) return *value;
    return element.attribute_or(name, "");
  };
  return {get("key"), get("value"), is_true(element.attribute_or("required", "false"))};
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> list;
  for (const std::string_view word : split(text, " ,\t\r\n"))
    list.emplace_back(word);
  return list;
}

Bound read_bound(const Element& element) {
  const std::string bound = element.attribute_or("bound", "normal");
  if (bound == "min") return Bound::minimum;
  return bound == "max" ? Bound::maximum : Bound::normal;
}

/// The setting of an Item by any of its names through the ages: 0.9 wrote
/// InstanceId for InstanceID and Caption for ElementName.
std::string setting(const Element& item, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const Element found = item.child(name)) return found.text();
  return {};
}

std::vector<std::string> settings(const Element& item, std::string_view name) {
  std::vector<std::string> texts;
  for (const Element& element : item.children(name))
    texts.push_back(element.text());
  return texts;
}

Item read_item(const Element& element, const ReadContext& context) {
  Item item;
  item.line = element.line();
  check_item_children(element, context);
  item.required = is_true(element.attribute_or("required", "true"));
  item.configurations = words(element.attribute_or("configuration", ""));
  item.bound = read_bound(element);
  item.instance_id = setting(element, {"InstanceID", "InstanceId"});
  const std::string type = setting(element, {"ResourceType"});
  if (const auto number = parse_signed(type); number && *number >= 0 && *number <= 65535)
    item.resource_type = static_cast<int>(*number);
  else if (!type.empty())
    context.warn("ovf.resource-type", "the resource type " + quote(type) + " is no number",
                 element);
  item.resource_subtype = setting(element, {"ResourceSubType"});
  item.element_name = setting(element, {"ElementName", "Caption"});
  item.description = setting(element, {"Description"});
  item.address = setting(element, {"Address", "BusNumber"});
  item.address_on_parent = setting(element, {"AddressOnParent"});
  item.parent = setting(element, {"Parent"});
  item.host_resource = settings(element, "HostResource");
  item.connection = settings(element, "Connection");
  item.virtual_quantity = setting(element, {"VirtualQuantity"});
  item.virtual_quantity_units = setting(element, {"VirtualQuantityUnits"});
  item.allocation_units = setting(element, {"AllocationUnits"});
  item.reservation = setting(element, {"Reservation"});
  item.limit = setting(element, {"Limit"});
  item.weight = setting(element, {"Weight"});
  const std::string automatic = setting(element, {"AutomaticAllocation"});
  if (!automatic.empty()) item.automatic_allocation = is_true(automatic);
  item.cores_per_socket = setting(element, {"CoresPerSocket"});
  for (const Element& config : element.children("Config"))
    item.config.push_back(read_config(config));
  // vCloud describes a disk that no file fills by an attribute, in MiB.
  if (const auto capacity = element.child("HostResource").attribute("capacity", Family::other))
    item.host_capacity = *capacity;
  if (context.dialect == Dialect::ovirt) complete_ovirt_item(element, item);
  return item;
}

}  // namespace

VirtualHardware read_hardware(const Element& section, const ReadContext& context) {
  VirtualHardware hardware;
  hardware.line = section.line();
  hardware.id = section.attribute_or("id", "");
  hardware.transports = words(section.attribute_or("transport", ""));
  const Element system = section.child("System");
  for (const std::string_view name : {"VirtualSystemType", "VirtualSystemTypes"})
    for (const Element& type : system.children(name))
      for (std::string& word : words(type.text()))
        hardware.system_types.push_back(std::move(word));
  hardware.system_identifier = system.child_text("VirtualSystemIdentifier");
  for (const Element& element : section.children()) {
    const std::string_view name = element.local();
    if (name == "Item" || name == "StorageItem" || name == "EthernetPortItem")
      hardware.items.push_back(read_item(element, context));
    else if (name == "Config")
      hardware.config.push_back(read_config(element));
    else if (name == "ExtraConfig")
      hardware.extra_config.push_back(read_config(element));
  }
  return hardware;
}

}  // namespace ovaport::ovf
