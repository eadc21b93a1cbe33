#include <algorithm>
#include <set>

#include "ovaport/base/checked.h"
#include "ovaport/base/digest.h"
#include "ovaport/base/text.h"
#include "ovaport/kubevirt/machine_plan.h"
#include "ovaport/kubevirt/names.h"

namespace ovaport::kubevirt {

namespace {

constexpr std::uint64_t kMiB = 1ULL << 20;
constexpr int kFirstVmwareUnit = 7;  // VMware numbers a machine's adapters from 7.

std::uint64_t whole_mib(std::uint64_t bytes) {
  return std::max(kMiB, checked_round_up(bytes, kMiB).value_or(bytes));
}

Concern concern(std::string_view code, std::string message, std::string element,
                std::string advice = {}) {
  Concern made;
  made.code = code;
  made.message = std::move(message);
  made.element = std::move(element);
  made.advice = std::move(advice);
  return made;
}

/// A virtual-machine UUID that depends on the appliance only.
std::string stable_uuid(const std::string& seed) {
  std::string hex = digest_of(DigestAlgorithm::sha256, seed).hex.substr(0, 32);
  hex[12] = '5';  // RFC 9562: name-based
  hex[16] = "89ab"[static_cast<unsigned char>(hex[16]) & 3U];
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20);
}

bool is_windows(const ovf::OperatingSystem& system) {
  if (to_lower(system.vmw_os_type).starts_with("win")) return true;
  if (to_lower(system.vbox_os_type).starts_with("windows")) return true;
  return to_lower(system.description).find("windows") != std::string::npos;
}

struct Target {
  enum class Kind { pod, multus, none } kind;
  std::string multus;
};

Result<Target> parse_target(const std::string& network, const std::string& text) {
  if (text == "pod") return Target{Target::Kind::pod, {}};
  if (text == "none") return Target{Target::Kind::none, {}};
  constexpr std::string_view kMultus = "multus:";
  if (text.starts_with(kMultus)) {
    const std::string name = text.substr(kMultus.size());
    const auto slash = name.find('/');
    const bool good = slash == std::string::npos
                          ? is_label(name)
                          : is_label(name.substr(0, slash)) && is_label(name.substr(slash + 1));
    if (good) return Target{Target::Kind::multus, name};
  }
  return Error(ErrorKind::choice, "kubevirt.network-target",
               quote(text) + " is no target for the network " + quote(network))
      .advise("Targets are pod, multus:NAMESPACE/NAME and none");
}

class Planner {
 public:
  Planner(const ovf::Machine& machine, const Choices& choices, Concerns& concerns)
      : machine_(machine), choices_(choices), concerns_(concerns) {}

  Result<MachinePlan> run() {
    OVAPORT_CHECK(set_name());
    set_hardware();
    add_disks();
    add_cdroms();
    OVAPORT_CHECK(check_network_names());
    OVAPORT_CHECK(add_nics());
    plan_.config_secret = plan_.name.substr(0, kLabelLimit - 8) + "-ovf-env";
    return std::move(plan_);
  }

 private:
  Status set_name() {
    if (!choices_.name.empty() && !is_label(choices_.name))
      return Error(ErrorKind::choice, "kubevirt.name",
                   quote(choices_.name) +
                       " is no valid name: a name has at most 63 of a-z, 0-9 "
                       "and '-', and begins and ends with a letter or digit")
          .advise("For example " + label_for(choices_.name));
    if (!is_label(choices_.name_space))
      return Error(ErrorKind::choice, "kubevirt.namespace",
                   quote(choices_.name_space) + " is no valid namespace");
    // Room for "-disk99" and "-ovf-env": those names are labels too.
    constexpr std::size_t kNameLimit = kLabelLimit - 8;
    plan_.name = choices_.name.empty() ? label_for(machine_.name, kNameLimit) : choices_.name;
    plan_.name_space = choices_.name_space;
    plan_.display_name = machine_.name;
    plan_.description = machine_.annotation;
    plan_.storage_class = choices_.storage_class;
    plan_.start = choices_.start;
    plan_.provenance = choices_.provenance;
    plan_.system_id = machine_.id;
    plan_.option = machine_.option;
    plan_.os_type = machine_.operating_system.vmw_os_type;
    return {};
  }

  void set_hardware() {
    plan_.cores = machine_.cores_per_socket;
    plan_.sockets = machine_.cpus / machine_.cores_per_socket;
    plan_.memory = machine_.memory;
    plan_.windows = is_windows(machine_.operating_system);
    plan_.efi = machine_.firmware == ovf::Firmware::efi;
    if (machine_.firmware == ovf::Firmware::unspecified && choices_.guest)
      plan_.efi = choices_.guest->firmware == "efi";
    plan_.secure_boot = plan_.efi && machine_.secure_boot;
    plan_.tpm = machine_.tpm;
    plan_.firmware_uuid = stable_uuid(choices_.provenance.descriptor_digest + machine_.id);
    if (machine_.nested_virtualization)
      concerns_.push_back(concern("kubevirt.nested",
                                  "the appliance wants nested virtualisation, which the cluster's "
                                  "CPU model decides",
                                  machine_.id));
    if (plan_.memory % kMiB != 0) plan_.memory = whole_mib(plan_.memory);
  }

  // Without a look into the guest nothing says that it can find a VirtIO disk, but
  // every system since the 2000s can find a SATA one, if its initramfs has AHCI.
  [[nodiscard]] std::string disk_bus() const {
    return choices_.guest ? choices_.guest->disk_bus : "sata";
  }

  void add_disks() {
    std::set<std::string> used;
    for (std::size_t i = 0; i < machine_.disks.size(); ++i) {
      const ovf::MachineDisk& disk = machine_.disks[i];
      PlannedDisk planned;
      planned.volume = "disk" + std::to_string(i);
      planned.claim = plan_.name.substr(0, kLabelLimit - 8) + "-" + planned.volume;
      planned.bus = disk_bus();
      planned.serial = planned.volume;
      const std::uint64_t decoded =
          i < choices_.disk_sizes.size() ? choices_.disk_sizes[i] : disk.capacity;
      planned.size = whole_mib(decoded);
      planned.blank = !disk.file.has_value();
      planned.boot = i == 0;
      planned.source = disk.file ? disk.file->href : "";
      planned.disk_id = disk.disk_id;
      plan_.disks.push_back(std::move(planned));
    }
    if (!choices_.guest && !plan_.disks.empty())
      concerns_.push_back(concern(
          "kubevirt.safe-bus",
          "nobody looked into the guest, so its disks are attached by SATA and its adapters keep "
          "their emulated kind, which is slower than VirtIO",
          machine_.id, "Import with --guest=convert"));
  }

  void add_cdroms() {
    for (const ovf::MachineCdrom& cdrom : machine_.cdroms) {
      if (!cdrom.file) continue;
      PlannedCdrom planned;
      planned.volume = "cdrom" + std::to_string(plan_.cdroms.size());
      planned.claim = plan_.name.substr(0, kLabelLimit - 8) + "-" + planned.volume;
      planned.size = whole_mib(cdrom.file->size.value_or(0));
      planned.source = cdrom.file->href;
      plan_.cdroms.push_back(std::move(planned));
    }
  }

  // A typing error in --network must not silently lead to the pod network.
  Status check_network_names() {
    std::vector<std::string> known;
    for (const ovf::MachineNic& nic : machine_.nics)
      known.push_back(nic.network);
    for (const auto& [name, target] : choices_.networks) {
      OVAPORT_CHECK(parse_target(name, target));
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const auto meant = nearest(name, known);
      concerns_.push_back(
          concern("kubevirt.unused-network",
                  "no adapter is on the network " + quote(name) + ", which --network names",
                  machine_.id, meant ? "Did you mean " + quote(*meant) + "?" : ""));
    }
    return {};
  }

  Result<Target> target_of(const std::string& network) {
    for (const auto& [name, text] : choices_.networks)
      if (name == network) return parse_target(name, text);
    if (!pod_used_) return Target{Target::Kind::pod, {}};
    return Error(ErrorKind::choice, "kubevirt.unmapped-network",
                 "the network " + quote(network) +
                     " has no target: KubeVirt has one pod network, and another adapter uses it")
        .advise("Give --network '" + escaped(network) + "=multus:NAMESPACE/NAME' or '" +
                escaped(network) + "=none'");
  }

  Status add_nics() {
    // Networks that the user leads to the pod network have it before any default.
    for (const auto& [name, text] : choices_.networks)
      for (const ovf::MachineNic& nic : machine_.nics)
        if (nic.network == name && text == "pod" && !nic.network.empty()) pod_claimed_ = name;
    for (std::size_t i = 0; i < machine_.nics.size(); ++i)
      OVAPORT_CHECK(add_nic(machine_.nics[i], i));
    return {};
  }

  Status add_nic(const ovf::MachineNic& nic, std::size_t index) {
    if (nic.network.empty() || !nic.connected) {
      concerns_.push_back(concern(
          "kubevirt.adapter-skipped",
          "the adapter " + quote(nic.name) + " is not connected and is left out", machine_.id));
      return {};
    }
    if (!pod_claimed_.empty() && nic.network != pod_claimed_) pod_used_ = true;
    OVAPORT_TRY(const Target target, target_of(nic.network));
    if (target.kind == Target::Kind::none) return {};
    if (target.kind == Target::Kind::pod) {
      if (pod_taken_)
        return Error(ErrorKind::choice, "kubevirt.two-pod-networks",
                     "two adapters lead to the pod network, of which KubeVirt has one; the second "
                     "is " +
                         quote(nic.name) + " on " + quote(nic.network))
            .advise("Give one of them a Multus network by --network");
      pod_taken_ = pod_used_ = true;
    }
    PlannedNic planned;
    planned.name = "net" + std::to_string(plan_.nics.size());
    planned.multus = target.multus;
    planned.network = nic.network;
    planned.model = model_of(nic);
    planned.unit = nic.unit.value_or(kFirstVmwareUnit + static_cast<int>(index));
    planned.pci_slot = nic.pci_slot;
    OVAPORT_TRY(planned.mac, mac_of(nic, index));
    plan_.nics.push_back(std::move(planned));
    return {};
  }

  [[nodiscard]] std::string model_of(const ovf::MachineNic& nic) const {
    if (choices_.guest) return choices_.guest->nic_model;
    const std::string subtype = to_lower(nic.subtype);
    if (subtype.find("pcnet") != std::string::npos) return "pcnet";
    if (subtype == "e1000" || subtype.starts_with("e1000 ")) return "e1000";
    if (subtype.find("virtio") != std::string::npos) return "virtio";
    return "e1000e";
  }

  Result<std::string> mac_of(const ovf::MachineNic& nic, std::size_t index) {
    if (choices_.macs == MacPolicy::keep && !nic.mac.empty()) {
      auto mac = canonical_mac(nic.mac);
      if (mac.ok()) return mac;
      concerns_.push_back(
          concern("kubevirt.mac", mac.error().message + "; one is generated", machine_.id));
    }
    return stable_mac(choices_.provenance.descriptor_digest + plan_.name_space + plan_.name,
                      machine_.id, index);
  }

  const ovf::Machine& machine_;
  const Choices& choices_;
  Concerns& concerns_;
  MachinePlan plan_;
  std::string pod_claimed_;
  bool pod_used_ = false;
  bool pod_taken_ = false;
};

}  // namespace

Result<MachinePlan> plan_machine(const ovf::Machine& machine, const Choices& choices,
                                 Concerns& concerns) {
  return Planner(machine, choices, concerns).run();
}

}  // namespace ovaport::kubevirt
