#include "dialects.h"

#include <algorithm>

#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"
#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {

namespace {

constexpr std::string_view kOvirtNamespace = "http://www.ovirt.org/ovf";

std::optional<Dialect> dialect_of(Family family) {
  switch (family) {
    case Family::ovf_0_9:
      return Dialect::ovf_0_9;
    case Family::ovf_1:
      return Dialect::ovf_1;
    case Family::ovf_2:
      return Dialect::ovf_2;
    case Family::ovirt:
      return Dialect::ovirt;
    default:
      return std::nullopt;
  }
}

std::string multiplied(const std::string& a, const std::string& b) {
  const auto left = parse_unsigned(a);
  const auto right = parse_unsigned(b);
  if (!left || !right) return a;
  const auto product = checked_multiply(*left, *right);
  return product ? std::to_string(*product) : a;
}

const Disk* disk_of_image(const Envelope& envelope, const std::string& image) {
  const std::string_view volume = std::string_view(image).substr(image.rfind('/') + 1);
  const auto found =
      std::find_if(envelope.disks.begin(), envelope.disks.end(), [&](const Disk& disk) {
        return disk.disk_id == image || disk.disk_id == volume || disk.file_ref == image;
      });
  return found == envelope.disks.end() ? nullptr : &*found;
}

bool has_item(const VirtualHardware& hardware, int type) {
  return std::any_of(hardware.items.begin(), hardware.items.end(),
                     [&](const Item& item) { return item.resource_type == type; });
}

void add_item(VirtualHardware& hardware, int type, const std::string& quantity,
              const std::string& units, int line) {
  if (quantity.empty() || has_item(hardware, type)) return;
  Item item;
  item.instance_id = "vbox-" + std::to_string(type);
  item.resource_type = type;
  item.virtual_quantity = quantity;
  item.allocation_units = units;
  item.line = line;
  hardware.items.push_back(std::move(item));
}

/// "080027aabbcc", as VirtualBox writes addresses, with colons.
std::string with_colons(const std::string& digits) {
  constexpr std::size_t kDigits = 12;
  if (digits.size() != kDigits) return digits;
  std::string mac = digits.substr(0, 2);
  for (std::size_t i = 2; i < kDigits; i += 2) {
    mac += ':';
    mac.append(digits, i, 2);
  }
  return mac;
}

// An export has an item for each adapter that is enabled, in the same order.
void take_addresses(VirtualHardware& hardware, const Element& network) {
  std::vector<Item*> items;
  for (Item& item : hardware.items)
    if (item.resource_type == resource_type::kEthernet) items.push_back(&item);
  std::vector<std::string> addresses;
  for (const Element& adapter : network.children("Adapter"))
    if (is_true(adapter.attribute_or("enabled", "false")))
      addresses.push_back(with_colons(adapter.attribute_or("MACAddress", "")));
  if (items.size() != addresses.size()) return;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (items[i]->address.empty()) items[i]->address = addresses[i];
}

}  // namespace

Result<Dialect> dialect_of(const Element& root, const ReadContext& context) {
  const std::vector<std::string> declared = root.declared_namespaces();
  const auto declares = [&](auto&& matches) {
    return std::find_if(declared.begin(), declared.end(), matches);
  };
  // oVirt 4 writes the standard's namespace, with its own way of using it.
  if (declares([](const std::string& uri) { return uri.starts_with(kOvirtNamespace); }) !=
      declared.end())
    return Dialect::ovirt;
  if (const auto dialect = dialect_of(root.family())) return *dialect;
  const std::string uri = root.uri();
  if (uri.empty() || root.family() == Family::unbound) {
    // Some writers bind the prefix and then forget to use it.
    const auto known =
        declares([](const std::string& each) { return dialect_of(family_of(each)).has_value(); });
    if (known != declared.end()) {
      context.warn("ovf.no-namespace",
                   "the envelope is in no namespace; it is read as one of " + quote(*known), root);
      return *dialect_of(family_of(*known));
    }
  }
  return Error(ErrorKind::unsupported, "ovf.namespace",
               uri.empty() ? "the envelope has no namespace"
                           : "unsupported OVF namespace " + quote(uri))
      .in_file(context.file)
      .in_element("Envelope");
}

void complete_ovirt_item(const Element& element, Item& item) {
  const std::string sockets = element.child_text("num_of_sockets");
  if (!sockets.empty()) {
    item.cores_per_socket = element.child_text("cpu_per_socket");
    item.virtual_quantity = multiplied(multiplied(sockets, item.cores_per_socket),
                                       element.child_text("threads_per_cpu"));
  }
  if (const std::string mac = element.child_text("MACAddress"); !mac.empty()) item.address = mac;
  if (const std::string linked = element.child_text("Linked"); !linked.empty())
    item.automatic_allocation = is_true(linked);
}

void complete_ovirt_disk(const Element& element, Disk& disk) {
  if (!disk.capacity.empty()) return;
  disk.capacity = element.attribute_or("size", "");
  disk.capacity_units = "byte * 2^30";
}

void resolve_ovirt_references(Envelope& envelope) {
  for (Disk& disk : envelope.disks)
    if (envelope.find_file(disk.file_ref) == nullptr)
      for (const File& file : envelope.files)
        if (file.href == disk.file_ref) {
          disk.file_ref = file.id;
          break;
        }
  for (VirtualHardware& hardware : envelope.content.hardware)
    for (Item& item : hardware.items) {
      if (item.resource_type != resource_type::kDisk || item.host_resource.empty()) continue;
      if (const Disk* disk = disk_of_image(envelope, item.host_resource.front()))
        item.host_resource = {"ovf:/disk/" + disk->disk_id};
    }
}

void complete_from_vbox_machine(const Element& machine, Content& content) {
  if (content.hardware.empty()) content.hardware.emplace_back();
  VirtualHardware& described = content.hardware.front();
  const Element hardware = machine.child("Hardware");
  const std::string firmware = hardware.child("Firmware").attribute_or("type", "");
  if (!firmware.empty()) {
    const bool efi = to_lower(firmware).starts_with("efi");
    described.extra_config.push_back({"firmware", efi ? "efi" : "bios", false});
  }
  add_item(described, resource_type::kProcessor, hardware.child("CPU").attribute_or("count", ""),
           "", machine.line());
  add_item(described, resource_type::kMemory, hardware.child("Memory").attribute_or("RAMSize", ""),
           "byte * 2^20", machine.line());
  take_addresses(described, hardware.child("Network"));
}

}  // namespace ovaport::ovf
