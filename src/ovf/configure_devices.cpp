#include "configure_devices.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"

namespace ovaport::ovf {

namespace {

constexpr std::uint64_t kMostCapacity = 1ULL << 47;  // 128 TiB

/// Works on the items of one virtual system.
class Devices {
 public:
  Devices(const DeviceSources& sources, Machine& machine)
      : envelope_(sources.envelope),
        system_(sources.system),
        choices_(sources.choices),
        items_(sources.items),
        findings_(sources.findings),
        machine_(machine) {}

  Status add() {
    index_controllers();
    OVAPORT_CHECK(set_devices());
    order_disks();
    return {};
  }

 private:
  static Bus bus_of(const Item& controller) {
    switch (controller.resource_type.value_or(0)) {
      case resource_type::kIdeController:
        return Bus::ide;
      case resource_type::kScsiController:
      case resource_type::kFibreChannel:
      case resource_type::kIscsi:
        return Bus::scsi;
      case resource_type::kOtherStorage: {
        const std::string subtype = to_lower(controller.resource_subtype);
        return subtype.find("nvme") != std::string::npos ? Bus::nvme : Bus::sata;
      }
      default:
        return Bus::unspecified;
    }
  }

  struct Controller {
    const Item* item;
    Bus bus;
    int index;
    std::size_t order;
  };

  void index_controllers() {
    std::map<Bus, int> counts;
    for (const Item* item : items_) {
      const Bus bus = bus_of(*item);
      if (bus == Bus::unspecified) continue;
      const std::size_t order = controllers_.size();
      controllers_[item->instance_id] = {item, bus, counts[bus]++, order};
    }
  }

  Status set_devices() {
    for (const Item* item : items_) {
      if (!item->resource_type) continue;
      switch (*item->resource_type) {
        case resource_type::kDisk:
        case resource_type::kStorageExtent:
        case resource_type::kLogicalDisk:
        case resource_type::kStorageVolume:
          OVAPORT_CHECK(add_disk(*item));
          break;
        case resource_type::kCdDrive:
        case resource_type::kDvdDrive:
          OVAPORT_CHECK(add_cdrom(*item));
          break;
        case resource_type::kEthernet:
        case resource_type::kEthernetConnection:
          add_nic(*item);
          break;
        default:
          OVAPORT_CHECK(consider_other(*item));
      }
    }
    return {};
  }

  static int number_or(std::string_view text, int fallback) {
    const auto value = parse_signed(trimmed(text));
    return value && *value >= 0 && *value < 65536 ? static_cast<int>(*value) : fallback;
  }

  static std::optional<int> unit_of(const Item& item) {
    const int unit = number_or(item.address_on_parent, -1);
    return unit < 0 ? std::nullopt : std::optional(unit);
  }

  // "ovf:/disk/id", "/disk/id", "ovf://disk/id", the same with file.
  static std::optional<std::string> resource(const Item& item, std::string_view kind) {
    for (const std::string& text : item.host_resource) {
      std::string_view rest = text;
      if (rest.starts_with("ovf:")) rest.remove_prefix(4);
      while (rest.starts_with("/"))
        rest.remove_prefix(1);
      if (rest.starts_with(kind) && rest.size() > kind.size() && rest[kind.size()] == '/')
        return std::string(rest.substr(kind.size() + 1));
    }
    return std::nullopt;
  }

  Status add_disk(const Item& item) {
    MachineDisk disk;
    disk.name = item.element_name;
    disk.unit = unit_of(item);
    disk.instance_id = number_or(item.instance_id, 0);
    if (const auto at = controllers_.find(item.parent); at != controllers_.end()) {
      disk.bus = at->second.bus;
      disk.controller_index = at->second.index;
      disk.controller_subtype = at->second.item->resource_subtype;
      controller_order_.push_back(at->second.order);
    } else {
      // oVirt's dialect knows no controllers.
      if (envelope_.dialect != Dialect::ovirt)
        findings_.warn("ovf.no-controller",
                       "the disk " + quote(item.element_name) + " is on no known controller",
                       item.line);
      controller_order_.push_back(controllers_.size());
    }
    if (const auto id = resource(item, "disk")) {
      OVAPORT_CHECK(fill_from_disk(*id, item, disk));
    } else if (const auto file = resource(item, "file")) {
      OVAPORT_CHECK(fill_from_file(*file, item, disk));
    } else {
      OVAPORT_CHECK(make_blank(item, disk));
    }
    machine_.disks.push_back(std::move(disk));
    return {};
  }

  // A disk without HostResource is a new one of a stated size: a StorageItem by its
  // reservation in allocation units (§8.6), vCloud by an attribute.
  Status make_blank(const Item& item, MachineDisk& disk) {
    const bool named = std::any_of(item.host_resource.begin(), item.host_resource.end(),
                                   [](const std::string& text) { return !text.empty(); });
    const std::string& size = !item.host_capacity.empty() ? item.host_capacity
                              : !item.reservation.empty() ? item.reservation
                                                          : item.virtual_quantity;
    const auto number = parse_unsigned(trimmed(size));
    const auto unit =
        parse_unit(item.host_capacity.empty() ? item.allocation_units : "byte * 2^20");
    const auto bytes = number && unit.ok() ? checked_multiply(*number, *unit) : std::nullopt;
    constexpr std::uint64_t kLeast = 1ULL << 20;
    if (named || !bytes || *bytes < kLeast || *bytes > kMostCapacity)
      return hardware_error(ErrorKind::unsupported, "ovf.no-backing",
                            "the disk names neither ovf:/disk/… nor ovf:/file/…, nor a size", item);
    disk.capacity = *bytes;
    findings_.warn("ovf.blank-disk",
                   "the disk " + quote(item.element_name) +
                       " has no image in the package; it is created empty",
                   item.line);
    return {};
  }

  Status fill_from_disk(const std::string& id, const Item& item, MachineDisk& disk) {
    const Disk* described = envelope_.find_disk(id);
    if (described == nullptr)
      return hardware_error(ErrorKind::invalid, "ovf.unknown-disk",
                            "the disk " + quote(id) + " is not in the DiskSection", item);
    disk.disk_id = id;
    disk.parent_disk_id = described->parent_ref;
    if (!described->file_ref.empty())
      OVAPORT_CHECK(fill_from_file(described->file_ref, item, disk));
    OVAPORT_TRY(disk.capacity, capacity_of(*described));
    if (disk.capacity == 0 && !disk.file)
      return hardware_error(ErrorKind::invalid, "ovf.capacity",
                            "the blank disk " + quote(id) + " has no capacity", item);
    return {};
  }

  Status fill_from_file(const std::string& id, const Item& item, MachineDisk& disk) {
    const File* file = envelope_.find_file(id);
    if (file == nullptr)
      return hardware_error(ErrorKind::invalid, "ovf.unknown-file",
                            "the file " + quote(id) + " is not in the References", item);
    disk.file = *file;
    return {};
  }

  Result<std::uint64_t> capacity_of(const Disk& disk) {
    std::string text(trimmed(disk.capacity));
    const auto wrong = [&](const std::string& why) {
      return Error(ErrorKind::invalid, "ovf.capacity",
                   "the capacity of disk " + quote(disk.disk_id) + " " + why + " (line " +
                       std::to_string(disk.line) + ")")
          .in_element("Disk");
    };
    if (text.starts_with("${") && text.ends_with("}")) {
      const std::string key = text.substr(2, text.size() - 3);
      const auto value = choices_.property ? choices_.property(key) : std::nullopt;
      if (!value || trimmed(*value).empty())
        return Error(ErrorKind::choice, "ovf.capacity-property",
                     "the capacity of disk " + quote(disk.disk_id) + " is the property " +
                         quote(key) + ", which has no value")
            .advise("Give it with --prop");
      text = std::string(trimmed(*value));
    }
    if (text.empty()) return std::uint64_t{0};
    const auto number = parse_unsigned(text);
    if (!number) return wrong("is no whole number");
    const auto unit = parse_unit(disk.capacity_units);
    if (!unit.ok()) return wrong("has an unknown unit " + quote(disk.capacity_units));
    const auto bytes = checked_multiply(*number, *unit);
    if (!bytes || *bytes > kMostCapacity) return wrong("is too large");
    return *bytes;
  }

  Status add_cdrom(const Item& item) {
    MachineCdrom cdrom;
    cdrom.name = item.element_name;
    if (const auto at = controllers_.find(item.parent); at != controllers_.end())
      cdrom.bus = at->second.bus;
    if (const auto id = resource(item, "file")) {
      const File* file = envelope_.find_file(*id);
      if (file == nullptr)
        return hardware_error(ErrorKind::invalid, "ovf.unknown-file",
                              "the file " + quote(*id) + " is not in the References", item);
      cdrom.file = *file;
    }
    machine_.cdroms.push_back(std::move(cdrom));
    return {};
  }

  void add_nic(const Item& item) {
    MachineNic nic;
    nic.name = item.element_name;
    nic.subtype = item.resource_subtype;
    nic.mac = item.address;
    nic.unit = unit_of(item);
    nic.connected = item.automatic_allocation.value_or(true);
    if (!item.connection.empty()) nic.network = item.connection.front();
    for (const ConfigEntry& config : item.config)
      if (config.key == "slotInfo.pciSlotNumber")
        if (const int slot = number_or(config.value, -1); slot >= 0) nic.pci_slot = slot;
    if (equal_ignoring_case(nic.network, "none")) nic.network.clear();
    machine_.nics.push_back(std::move(nic));
  }

  Status consider_other(const Item& item) {
    const int type = *item.resource_type;
    const std::string subtype = to_lower(item.resource_subtype);
    static const std::set<int> kQuiet{resource_type::kProcessor,     resource_type::kMemory,
                                      resource_type::kIdeController, resource_type::kScsiController,
                                      resource_type::kFibreChannel,  resource_type::kIscsi,
                                      resource_type::kOtherStorage,  resource_type::kUsbController,
                                      resource_type::kGraphics};
    if (kQuiet.count(type) != 0) return {};
    if (subtype.find("vtpm") != std::string::npos || subtype.find("tpm") != std::string::npos) {
      machine_.tpm = true;
      return {};
    }
    const bool harmless = subtype == "vmware.vmci" || subtype == "vmware.keyboard" ||
                          subtype == "vmware.pointing" || type == resource_type::kFloppy ||
                          type == resource_type::kSerialPort ||
                          type == resource_type::kParallelPort || type == resource_type::kSound;
    const std::string what = quote(item.element_name.empty() ? subtype : item.element_name) +
                             " (resource type " + std::to_string(type) + ")";
    const bool passthrough = subtype.find("pci") != std::string::npos ||
                             subtype.find("vgpu") != std::string::npos ||
                             subtype.find("sriov") != std::string::npos;
    if (item.required && !harmless && !passthrough && type != resource_type::kOther)
      return hardware_error(ErrorKind::unsupported, "ovf.unknown-device",
                            "the required device " + what + " cannot be carried over", item);
    findings_.warn("ovf.device-skipped", "the device " + what + " is left out", item.line,
                   harmless ? Severity::information : Severity::warning);
    return {};
  }

  // First by controller, then by slot, then as written; a disk that the boot order
  // names goes first.
  void order_disks() {
    std::vector<std::size_t> order(machine_.disks.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = i;
    const auto rank = [&](std::size_t i) {
      const MachineDisk& disk = machine_.disks[i];
      const auto boot =
          std::find(system_.boot_order.begin(), system_.boot_order.end(), disk.instance_id);
      return std::tuple(boot - system_.boot_order.begin(), controller_order_[i],
                        disk.unit.value_or(65536));
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
    std::vector<MachineDisk> sorted;
    sorted.reserve(order.size());
    for (const std::size_t i : order)
      sorted.push_back(std::move(machine_.disks[i]));
    machine_.disks = std::move(sorted);
  }

  const Envelope& envelope_;
  const Content& system_;
  const MachineChoices& choices_;
  const std::vector<const Item*>& items_;
  HardwareFindings& findings_;
  Machine& machine_;
  std::map<std::string, Controller> controllers_;
  std::vector<std::size_t> controller_order_;  // of machine_.disks, same order
};

}  // namespace

Status add_devices(const DeviceSources& sources, Machine& machine) {
  return Devices(sources, machine).add();
}

}  // namespace ovaport::ovf
