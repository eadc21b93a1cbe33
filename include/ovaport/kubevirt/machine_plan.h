#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"
#include "ovaport/ovf/machine.h"

/// From a machine of an OVF descriptor to KubeVirt: pure functions, no I/O.
namespace ovaport::kubevirt {

/// Where the appliance came from; becomes annotations.
struct Provenance {
  std::string source;             ///< File name of the package.
  std::string content_digest;     ///< "SHA256:…"; empty until known.
  std::string descriptor_digest;  ///< "SHA256:…"
  std::string producer;
  std::string product;
  std::string vendor;
  std::string version;
};

/// What is known about the guest's drivers, once somebody has looked.
struct GuestFindings {
  std::string disk_bus;   ///< "virtio", "scsi" or "sata"
  std::string nic_model;  ///< "virtio", "e1000e" or "e1000"
  std::string firmware;   ///< "efi", "bios" or "": follow the descriptor.
};

/// Which other machines one should run beside, or away from.
struct Placement {
  std::string group;     ///< DNS-1123 label, the same for all of them; "" means none.
  bool together = true;  ///< On one node; else on different ones. A wish, not a condition.
};

/// Whether addresses that the descriptor fixes are kept.
enum class MacPolicy { generate, keep };

/// All that decides about a virtual machine beside the descriptor.
struct Choices {
  std::string name;  ///< Wished name; "" means the machine's.
  std::string name_space = "default";
  std::string storage_class;  ///< "" means the cluster's default.
  /// Network name → "pod", "multus:<namespace>/<name>" or "none".
  std::vector<std::pair<std::string, std::string>> networks;
  MacPolicy macs = MacPolicy::generate;
  bool start = false;  ///< runStrategy Always instead of Halted.
  Placement placement;
  /// More annotations of the VirtualMachine, keys without "ovaport.io/".
  std::vector<std::pair<std::string, std::string>> annotations;
  Provenance provenance;
  std::optional<GuestFindings> guest;     ///< Absent: nothing is known about the guest.
  std::vector<std::uint64_t> disk_sizes;  ///< As decoded, bytes; empty: by descriptor.
};

struct PlannedDisk {
  std::string volume;      ///< Name inside the VirtualMachine.
  std::string claim;       ///< Name of its DataVolume.
  std::string bus;         ///< "virtio", "scsi", "sata"
  std::string serial;      ///< Shown to the guest.
  std::uint64_t size = 0;  ///< bytes, whole MiB
  bool blank = false;      ///< Created empty; nothing is uploaded.
  int boot_order = 0;      ///< 1 is tried first.
  std::string source;      ///< href in the package; "" when blank.
  std::string disk_id;
};

/// A CD-ROM with a medium from the package. Empty drives are left out.
struct PlannedCdrom {
  std::string volume;
  std::string claim;
  std::uint64_t size = 0;  ///< bytes, whole MiB
  int boot_order = 0;      ///< After all disks.
  std::string source;      ///< href in the package
};

struct PlannedNic {
  std::string name;   ///< "net0", …
  std::string model;  ///< "virtio", "e1000e", …
  std::string mac;
  std::string multus;           ///< "<namespace>/<name>"; "" means the pod network.
  std::string network;          ///< Name in the descriptor.
  int unit = 7;                 ///< As VMware numbers adapters.
  std::optional<int> pci_slot;  ///< On the source.
};

/// A virtual machine, decided but not yet written down.
struct MachinePlan {
  std::string name;  ///< DNS-1123 label
  std::string name_space;
  std::string display_name;  ///< As in the descriptor.
  std::string description;
  std::string storage_class;
  bool start = false;
  std::uint32_t sockets = 1;
  std::uint32_t cores = 1;
  std::uint64_t memory = 0;  ///< bytes
  bool efi = false;
  bool secure_boot = false;
  bool tpm = false;
  bool windows = false;
  std::string firmware_uuid;  ///< The same for the same appliance, namespace and name.
  std::vector<PlannedDisk> disks;
  std::vector<PlannedCdrom> cdroms;
  std::vector<PlannedNic> nics;
  std::string config_secret;
  std::string system_id;
  std::string option;
  std::string os_type;
  Placement placement;
  std::vector<std::pair<std::string, std::string>> annotations;
  Provenance provenance;
};

/// Decides about one machine. Errors are of kind choice and say what to type:
/// unmapped networks beyond the first (KubeVirt has one pod network), wrong targets,
/// names that are no DNS-1123 label. Losses become concerns.
Result<MachinePlan> plan_machine(const ovf::Machine& machine, const Choices& choices,
                                 Concerns& concerns);

}  // namespace ovaport::kubevirt
