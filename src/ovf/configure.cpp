#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"
#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {

namespace {

constexpr std::uint64_t kMostMemory = 1ULL << 46;    // 64 TiB
constexpr std::uint64_t kMostCapacity = 1ULL << 47;  // 128 TiB
constexpr std::uint32_t kMostCpus = 1024;

Error hardware_error(ErrorKind kind, std::string_view code, std::string message, const Item& item) {
  Error error(kind, code, std::move(message) + " (line " + std::to_string(item.line) + ")");
  return std::move(error).in_element(item.element_name.empty() ? "Item" : item.element_name);
}

/// Works on one virtual system with one option.
class Configurator {
 public:
  Configurator(const Envelope& envelope, const Content& system, const MachineChoices& choices,
               Concerns& concerns)
      : envelope_(envelope), system_(system), choices_(choices), concerns_(concerns) {}

  Result<Machine> run() {
    OVAPORT_CHECK(choose_option());
    if (system_.hardware.empty()) {
      warn("ovf.no-hardware",
           "the virtual system has no VirtualHardwareSection; one CPU and "
           "512 MiB are assumed",
           0);
      machine_.memory = 512ULL << 20;
      describe_system();
      return std::move(machine_);
    }
    choose_hardware();
    describe_system();
    select_items();
    OVAPORT_CHECK(set_processors());
    OVAPORT_CHECK(set_memory());
    index_controllers();
    OVAPORT_CHECK(set_devices());
    order_disks();
    set_firmware();
    note_nvram();
    collect_guest_info();
    return std::move(machine_);
  }

 private:
  void warn(std::string_view code, std::string message, int line,
            Severity severity = Severity::warning) {
    Concern concern;
    concern.code = code;
    concern.severity = severity;
    concern.message = std::move(message);
    concern.element = system_.id;
    concern.line = line;
    concerns_.push_back(std::move(concern));
  }

  Status choose_option() {
    const DeploymentOption* option = choices_.option.empty()
                                         ? envelope_.default_option()
                                         : envelope_.find_option(choices_.option);
    if (option != nullptr) {
      machine_.option = option->id;
      return {};
    }
    if (choices_.option.empty()) return {};
    std::string known;
    for (const DeploymentOption& other : envelope_.deployment_options)
      known += " " + quote(other.id);
    return Error(ErrorKind::choice, "ovf.unknown-option",
                 "there is no deployment option " + quote(choices_.option) +
                     (known.empty() ? "; the package has none" : "; the package has" + known));
  }

  // Several sections are alternatives for several hypervisors (§8.1): the first for
  // one that we know, else the first.
  void choose_hardware() {
    hardware_ = &system_.hardware.front();
    for (const VirtualHardware& candidate : system_.hardware) {
      const auto known = std::find_if(candidate.system_types.begin(), candidate.system_types.end(),
                                      [](const std::string& type) {
                                        return type.starts_with("vmx-") ||
                                               type.starts_with("virtualbox") ||
                                               type.starts_with("kvm") || type.starts_with("DMTF:");
                                      });
      if (known == candidate.system_types.end()) continue;
      hardware_ = &candidate;
      machine_.hardware_type = *known;
      return;
    }
    if (!hardware_->system_types.empty()) machine_.hardware_type = hardware_->system_types.front();
  }

  void describe_system() {
    machine_.id = system_.id;
    machine_.name = localized(envelope_, system_.name, choices_.language);
    if (machine_.name.empty() && hardware_ != nullptr) machine_.name = hardware_->system_identifier;
    if (machine_.name.empty()) machine_.name = system_.id;
    machine_.annotation = localized(envelope_, system_.annotation, choices_.language);
    if (system_.operating_system) machine_.operating_system = *system_.operating_system;
    if (hardware_ != nullptr) machine_.transports = hardware_->transports;
  }

  [[nodiscard]] bool applies(const Item& item) const {
    if (item.configurations.empty()) return true;
    return std::find(item.configurations.begin(), item.configurations.end(), machine_.option) !=
           item.configurations.end();
  }

  // An item of the chosen configuration replaces the one without configuration that
  // has the same instance id (§9.8), and one for fewer configurations that for more.
  // Of several bounds the normal one counts (§8.4).
  void select_items() {
    std::map<std::string, std::size_t> by_instance;
    for (const Item& item : hardware_->items) {
      if (!applies(item)) continue;
      const auto found =
          item.instance_id.empty() ? by_instance.end() : by_instance.find(item.instance_id);
      if (found == by_instance.end()) {
        if (!item.instance_id.empty()) by_instance.emplace(item.instance_id, items_.size());
        items_.push_back(&item);
      } else if (preferred(item, *items_[found->second])) {
        items_[found->second] = &item;
      }
    }
  }

  static bool preferred(const Item& candidate, const Item& present) {
    const auto rank = [](const Item& item) {
      const std::size_t options = item.configurations.size();
      const int bound = item.bound == Bound::normal ? 0 : 1;
      return std::tuple(bound, options == 0 ? SIZE_MAX : options);
    };
    return rank(candidate) < rank(present);
  }

  const Item* first_of(int type) const {
    const auto is_one = [&](const Item* item) { return item->resource_type == type; };
    const auto found = std::find_if(items_.begin(), items_.end(), is_one);
    return found == items_.end() ? nullptr : *found;
  }

  void warn_of_second(int type, std::string_view what) {
    const Item* seen = nullptr;
    for (const Item* item : items_) {
      if (item->resource_type != type) continue;
      if (seen != nullptr)
        warn("ovf.several-items",
             "several items describe the " + std::string(what) + "; the first counts", item->line);
      if (seen != nullptr) return;
      seen = item;
    }
  }

  Status set_processors() {
    warn_of_second(resource_type::kProcessor, "processors");
    const Item* item = first_of(resource_type::kProcessor);
    if (item == nullptr) {
      warn("ovf.no-cpu", "no processor is described; one is assumed", hardware_->line);
      return {};
    }
    const auto count = parse_unsigned(trimmed(item->virtual_quantity));
    if (item->virtual_quantity.empty() || (count && *count == 0)) {
      warn("ovf.no-cpu", "the processor item has no count; one is assumed", item->line);
      return {};
    }
    if (!count || *count > kMostCpus)
      return hardware_error(
          ErrorKind::invalid, "ovf.cpu",
          "the processor count " + quote(item->virtual_quantity) + " is not usable", *item);
    machine_.cpus = static_cast<std::uint32_t>(*count);
    const auto cores = parse_unsigned(trimmed(item->cores_per_socket));
    if (!cores || *cores == 0) return {};
    if (*cores <= machine_.cpus && machine_.cpus % *cores == 0) {
      machine_.cores_per_socket = static_cast<std::uint32_t>(*cores);
      return {};
    }
    // Some guests are licensed for so many sockets, none for so many cores of one.
    machine_.cores_per_socket = machine_.cpus;
    warn("ovf.cores",
         std::to_string(*cores) + " cores a socket do not divide " + std::to_string(machine_.cpus) +
             " processors; one socket is used",
         item->line);
    return {};
  }

  Status set_memory() {
    warn_of_second(resource_type::kMemory, "memory");
    const Item* item = first_of(resource_type::kMemory);
    if (item == nullptr) {
      warn("ovf.no-memory", "no memory is described; 512 MiB are assumed", hardware_->line);
      machine_.memory = 512ULL << 20;
      return {};
    }
    const auto quantity = parse_unsigned(trimmed(item->virtual_quantity));
    if (trimmed(item->virtual_quantity).empty() || (quantity && *quantity == 0)) {
      warn("ovf.no-memory", "the memory item has no size; 512 MiB are assumed", item->line);
      machine_.memory = 512ULL << 20;
      return {};
    }
    if (!quantity)
      return hardware_error(ErrorKind::invalid, "ovf.memory",
                            "the memory size " + quote(item->virtual_quantity) + " is no number",
                            *item);
    OVAPORT_TRY(std::uint64_t unit, memory_unit(*item, *quantity));
    const auto bytes = checked_multiply(*quantity, unit);
    if (!bytes || *bytes > kMostMemory)
      return hardware_error(ErrorKind::invalid, "ovf.memory",
                            "the memory size " + quote(item->virtual_quantity) + " " +
                                quote(item->allocation_units) + " is too large",
                            *item);
    machine_.memory = *bytes;
    return {};
  }

  Result<std::uint64_t> memory_unit(const Item& item, std::uint64_t quantity) {
    const std::string& written =
        item.allocation_units.empty() ? item.virtual_quantity_units : item.allocation_units;
    auto unit = parse_unit(written);
    if (!unit.ok())
      return hardware_error(ErrorKind::invalid, "ovf.unit", unit.error().message, item);
    // Without a unit the number is bytes by the standard, but nobody's machine has
    // 1024 bytes: writers that leave the unit out mean MiB.
    constexpr std::uint64_t kLeastMemory = 16ULL << 20;
    if (*unit == 1 && quantity < kLeastMemory) {
      warn("ovf.memory-unit", std::to_string(quantity) + " without unit is read as MiB", item.line);
      return std::uint64_t{1} << 20;
    }
    return *unit;
  }

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
        warn("ovf.no-controller",
             "the disk " + quote(item.element_name) + " is on no known controller", item.line);
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
    warn("ovf.blank-disk",
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
    warn("ovf.device-skipped", "the device " + what + " is left out", item.line,
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

  [[nodiscard]] std::string setting(const std::vector<ConfigEntry>& entries,
                                    std::string_view key) const {
    for (const ConfigEntry& entry : entries)
      if (equal_ignoring_case(entry.key, key)) return to_lower(trimmed(entry.value));
    return {};
  }

  // vmw:Config is what ovftool honours; ExtraConfig repeats or replaces it.
  void set_firmware() {
    const std::string config = setting(hardware_->config, "firmware");
    const std::string extra = setting(hardware_->extra_config, "firmware");
    const std::string chosen = config.empty() ? extra : config;
    if (!config.empty() && !extra.empty() && config != extra)
      warn("ovf.firmware",
           "Config says firmware " + quote(config) + ", ExtraConfig " + quote(extra) +
               "; Config counts",
           hardware_->line);
    if (chosen == "efi" || chosen == "uefi")
      machine_.firmware = Firmware::efi;
    else if (chosen == "bios")
      machine_.firmware = Firmware::bios;
    else if (!chosen.empty())
      warn("ovf.firmware", "the firmware " + quote(chosen) + " is not known; ignored",
           hardware_->line);
    const bool secure = setting(hardware_->config, "bootOptions.efiSecureBootEnabled") == "true" ||
                        setting(hardware_->extra_config, "uefi.secureBoot.enabled") == "true";
    machine_.secure_boot = secure && machine_.firmware == Firmware::efi;
    if (secure && machine_.firmware != Firmware::efi)
      warn("ovf.secure-boot", "secure boot without EFI firmware is ignored", hardware_->line);
    machine_.nested_virtualization = setting(hardware_->config, "nestedHVEnabled") == "true";
  }

  // VMware's own format, which no other firmware reads.
  void note_nvram() {
    if (setting(hardware_->extra_config, "nvram").empty()) return;
    const bool efi = machine_.firmware == Firmware::efi;
    warn("ovf.nvram",
         std::string("what the old firmware remembered (NVRAM) is not carried over") +
             (efi ? "; without its boot entries the first disk's standard loader starts" : ""),
         hardware_->line, Severity::information);
  }

  void collect_guest_info() {
    constexpr std::string_view kPrefix = "guestinfo.";
    for (const ConfigEntry& entry : hardware_->extra_config)
      if (entry.key.starts_with(kPrefix)) machine_.guest_info.emplace_back(entry.key, entry.value);
  }

  const Envelope& envelope_;
  const Content& system_;
  const MachineChoices& choices_;
  Concerns& concerns_;
  const VirtualHardware* hardware_ = nullptr;
  std::vector<const Item*> items_;
  std::map<std::string, Controller> controllers_;
  std::vector<std::size_t> controller_order_;  // of machine_.disks, same order
  Machine machine_;
};

}  // namespace

std::string_view to_string(Bus bus) {
  switch (bus) {
    case Bus::unspecified:
      return "?";
    case Bus::ide:
      return "IDE";
    case Bus::scsi:
      return "SCSI";
    case Bus::sata:
      return "SATA";
    case Bus::nvme:
      return "NVMe";
  }
  return "?";
}

Result<Machine> configure(const Envelope& envelope, const Content& system,
                          const MachineChoices& choices, Concerns& concerns) {
  return Configurator(envelope, system, choices, concerns).run();
}

std::vector<const ProductSection*> products_in_scope(const Envelope& envelope,
                                                     const Content& system) {
  std::vector<const ProductSection*> sections;
  const auto path = envelope.path_to(system);
  for (auto content = path.rbegin(); content != path.rend(); ++content)
    for (const ProductSection& section : (*content)->products)
      sections.push_back(&section);
  return sections;
}

}  // namespace ovaport::ovf
