#include <algorithm>
#include <map>
#include <tuple>

#include "configure_devices.h"
#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"
#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {

namespace {

constexpr std::uint64_t kMostMemory = 1ULL << 46;  // 64 TiB
constexpr std::uint32_t kMostCpus = 1024;

/// Works on one virtual system with one option.
class Configurator {
 public:
  Configurator(const Envelope& envelope, const Content& system, const MachineChoices& choices,
               Concerns& concerns)
      : envelope_(envelope), system_(system), choices_(choices), findings_(system.id, concerns) {}

  Result<Machine> run() {
    OVAPORT_CHECK(choose_option());
    if (system_.hardware.empty()) {
      findings_.warn("ovf.no-hardware",
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
    OVAPORT_CHECK(add_devices({envelope_, system_, choices_, items_, findings_}, machine_));
    set_firmware();
    note_nvram();
    collect_guest_info();
    return std::move(machine_);
  }

 private:
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
        findings_.warn("ovf.several-items",
                       "several items describe the " + std::string(what) + "; the first counts",
                       item->line);
      if (seen != nullptr) return;
      seen = item;
    }
  }

  Status set_processors() {
    warn_of_second(resource_type::kProcessor, "processors");
    const Item* item = first_of(resource_type::kProcessor);
    if (item == nullptr) {
      findings_.warn("ovf.no-cpu", "no processor is described; one is assumed", hardware_->line);
      return {};
    }
    const auto count = parse_unsigned(trimmed(item->virtual_quantity));
    if (item->virtual_quantity.empty() || (count && *count == 0)) {
      findings_.warn("ovf.no-cpu", "the processor item has no count; one is assumed", item->line);
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
    findings_.warn("ovf.cores",
                   std::to_string(*cores) + " cores a socket do not divide " +
                       std::to_string(machine_.cpus) + " processors; one socket is used",
                   item->line);
    return {};
  }

  Status set_memory() {
    warn_of_second(resource_type::kMemory, "memory");
    const Item* item = first_of(resource_type::kMemory);
    if (item == nullptr) {
      findings_.warn("ovf.no-memory", "no memory is described; 512 MiB are assumed",
                     hardware_->line);
      machine_.memory = 512ULL << 20;
      return {};
    }
    const auto quantity = parse_unsigned(trimmed(item->virtual_quantity));
    if (trimmed(item->virtual_quantity).empty() || (quantity && *quantity == 0)) {
      findings_.warn("ovf.no-memory", "the memory item has no size; 512 MiB are assumed",
                     item->line);
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
      findings_.warn("ovf.memory-unit", std::to_string(quantity) + " without unit is read as MiB",
                     item.line);
      return std::uint64_t{1} << 20;
    }
    return *unit;
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
      findings_.warn("ovf.firmware",
                     "Config says firmware " + quote(config) + ", ExtraConfig " + quote(extra) +
                         "; Config counts",
                     hardware_->line);
    if (chosen == "efi" || chosen == "uefi")
      machine_.firmware = Firmware::efi;
    else if (chosen == "bios")
      machine_.firmware = Firmware::bios;
    else if (!chosen.empty())
      findings_.warn("ovf.firmware", "the firmware " + quote(chosen) + " is not known; ignored",
                     hardware_->line);
    const bool secure = setting(hardware_->config, "bootOptions.efiSecureBootEnabled") == "true" ||
                        setting(hardware_->extra_config, "uefi.secureBoot.enabled") == "true";
    machine_.secure_boot = secure && machine_.firmware == Firmware::efi;
    if (secure && machine_.firmware != Firmware::efi)
      findings_.warn("ovf.secure-boot", "secure boot without EFI firmware is ignored",
                     hardware_->line);
    machine_.nested_virtualization = setting(hardware_->config, "nestedHVEnabled") == "true";
  }

  // VMware's own format, which no other firmware reads.
  void note_nvram() {
    if (setting(hardware_->extra_config, "nvram").empty()) return;
    const bool efi = machine_.firmware == Firmware::efi;
    findings_.warn(
        "ovf.nvram",
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
  HardwareFindings findings_;
  const VirtualHardware* hardware_ = nullptr;
  std::vector<const Item*> items_;
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
