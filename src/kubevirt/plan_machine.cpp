#include <algorithm>
#include <array>
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

/// A virtual-machine UUID that depends on its seed only.
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
  // CIM_OperatingSystem.OsType, from Windows 2000 on.
  constexpr std::array kWindows{58,  67,  69,  70,  71,  72,  73,  74,  75,  76,  77, 103,
                                105, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120};
  if (system.id && std::find(kWindows.begin(), kWindows.end(), *system.id) != kWindows.end())
    return true;
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
                          ? is_subdomain(name)
                          : is_label(name.substr(0, slash)) && is_subdomain(name.substr(slash + 1));
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
    plan_.config_secret = child_label(plan_.name, "-ovf-env");
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
    plan_.placement = choices_.placement;
    plan_.annotations = choices_.annotations;
    plan_.system_id = machine_.id;
    plan_.option = machine_.option;
    plan_.os_type = machine_.operating_system.vmw_os_type;
    return {};
  }

  // What tells this deployment from others, those of the same package included.
  [[nodiscard]] std::string identity() const {
    return choices_.provenance.descriptor_digest + " " + plan_.name_space + "/" + plan_.name + " ";
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
    if (plan_.tpm)
      concerns_.push_back(concern("kubevirt.tpm",
                                  "the TPM is new and empty: what the source's TPM sealed, such "
                                  "as disk keys, cannot be opened by it",
                                  machine_.id,
                                  "Have recovery keys at hand; the cluster needs a default or a "
                                  "VM state storage class to keep the TPM's content"));
    plan_.firmware_uuid = stable_uuid(identity() + machine_.id);
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
      planned.claim = child_label(plan_.name, "-" + planned.volume);
      planned.bus = disk_bus();
      planned.serial = planned.volume;
      const std::uint64_t decoded =
          i < choices_.disk_sizes.size() ? choices_.disk_sizes[i] : disk.capacity;
      planned.size = whole_mib(decoded);
      planned.blank = !disk.file && disk.parent_disk_id.empty();
      // All have one: the firmware passes over disks that cannot be booted, such as a
      // blank one before an installation medium.
      planned.boot_order = static_cast<int>(i) + 1;
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
      planned.claim = child_label(plan_.name, "-" + planned.volume);
      planned.boot_order = static_cast<int>(plan_.disks.size() + plan_.cdroms.size()) + 1;
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
    // Several subtypes are alternatives, such as "PCNet32 E1000" (DSP0243 2.1.1 §8.3).
    const auto offered = split(subtype, " ,");
    const auto offers = [&](std::string_view name) {
      return std::find(offered.begin(), offered.end(), name) != offered.end();
    };
    if (subtype.find("virtio") != std::string::npos) return "virtio";
    if (offers("e1000e")) return "e1000e";
    if (offers("e1000")) return "e1000";
    if (subtype.find("pcnet") != std::string::npos) return "pcnet";
    return "e1000e";
  }

  Result<std::string> mac_of(const ovf::MachineNic& nic, std::size_t index) {
    if (choices_.macs == MacPolicy::keep && !nic.mac.empty()) {
      auto mac = canonical_mac(nic.mac);
      const bool fresh = mac.ok() && macs_.insert(*mac).second;
      if (fresh) return mac;
      const std::string why =
          mac.ok() ? quote(nic.mac) + " belongs to another adapter too" : mac.error().message;
      concerns_.push_back(concern("kubevirt.mac", why + "; one is generated", machine_.id));
    }
    return stable_mac(identity(), machine_.id, index);
  }

  const ovf::Machine& machine_;
  const Choices& choices_;
  Concerns& concerns_;
  MachinePlan plan_;
  std::set<std::string> macs_;  // Kept ones.
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
