#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"
#include "ovaport/ovf/envelope.h"

namespace ovaport::ovf {

/// CIM_ResourceAllocationSettingData.ResourceType values that descriptors use.
namespace resource_type {
inline constexpr int kOther = 1;
inline constexpr int kProcessor = 3;
inline constexpr int kMemory = 4;
inline constexpr int kIdeController = 5;
inline constexpr int kScsiController = 6;
inline constexpr int kFibreChannel = 7;
inline constexpr int kIscsi = 8;
inline constexpr int kEthernet = 10;
inline constexpr int kFloppy = 14;
inline constexpr int kCdDrive = 15;
inline constexpr int kDvdDrive = 16;
inline constexpr int kDisk = 17;
inline constexpr int kStorageExtent = 19;  ///< Xen writes it for a disk.
inline constexpr int kOtherStorage = 20;   ///< SATA, or NVMe by its subtype.
inline constexpr int kSerialPort = 21;
inline constexpr int kParallelPort = 22;
inline constexpr int kUsbController = 23;
inline constexpr int kGraphics = 24;
inline constexpr int kLogicalDisk = 31;    ///< In StorageItem.
inline constexpr int kStorageVolume = 32;  ///< In StorageItem.
inline constexpr int kEthernetConnection = 33;
inline constexpr int kSound = 35;
}  // namespace resource_type

enum class Firmware { unspecified, bios, efi };

/// What a disk or drive was attached to on the source.
enum class Bus { unspecified, ide, scsi, sata, nvme };

/// "?", "IDE", "SCSI", "SATA" or "NVMe".
std::string_view to_string(Bus bus);

/// A hard disk of the machine, in boot order: the first one is tried first.
struct MachineDisk {
  std::string disk_id;         ///< DiskSection diskId; "" for an ovf:/file/ resource.
  std::string name;            ///< ElementName, e.g. "Hard disk 1".
  std::optional<File> file;    ///< Image in the package; absent: create it blank.
  std::uint64_t capacity = 0;  ///< bytes; 0 only when the image alone tells.
  Bus bus = Bus::unspecified;
  std::string controller_subtype;  ///< "VirtualSCSI", "lsilogic", … as written.
  int controller_index = 0;        ///< Per bus, 0-based.
  std::optional<int> unit;         ///< AddressOnParent
  std::string parent_disk_id;      ///< Delta disk: flatten onto this.
  int instance_id = 0;
};

/// A CD or DVD drive.
struct MachineCdrom {
  std::string name;
  std::optional<File> file;  ///< Medium in the package; absent: empty drive.
  Bus bus = Bus::unspecified;
};

/// A network adapter, in document order.
struct MachineNic {
  std::string name;             ///< ElementName, e.g. "Network adapter 1".
  std::string network;          ///< Name from the NetworkSection; "" when not connected.
  std::string subtype;          ///< "VmxNet3", "E1000", … as written.
  std::string mac;              ///< As written; "" when none.
  bool connected = true;        ///< AutomaticAllocation
  std::optional<int> unit;      ///< AddressOnParent
  std::optional<int> pci_slot;  ///< vmw:Config slotInfo.pciSlotNumber
};

/// One virtual system as it is with the choices made: what has to be built.
struct Machine {
  std::string id;    ///< VirtualSystem ovf:id
  std::string name;  ///< Name, else VirtualSystemIdentifier, else id.
  std::string annotation;
  std::string option;  ///< Deployment option in force; "" without any.
  std::uint32_t cpus = 1;
  std::uint32_t cores_per_socket = 1;  ///< Divides cpus.
  std::uint64_t memory = 0;            ///< bytes
  Firmware firmware = Firmware::unspecified;
  bool secure_boot = false;
  bool tpm = false;
  bool nested_virtualization = false;
  OperatingSystem operating_system;
  std::vector<std::string> transports;
  std::string hardware_type;  ///< System type that was chosen, e.g. "vmx-19".
  std::vector<MachineDisk> disks;
  std::vector<MachineCdrom> cdroms;
  std::vector<MachineNic> nics;
  /// vmw:ExtraConfig guestinfo.* entries: part of what the guest could ask VMware for.
  std::vector<std::pair<std::string, std::string>> guest_info;
};

struct MachineChoices {
  std::string option;  ///< Deployment option id; "" means the default.
  std::string language;
  /// Value of a property by its full key, for ${…} capacities; may be empty.
  std::function<std::optional<std::string>(std::string_view key)> property;
};

/// Builds the machine of `system` (one of envelope.virtual_systems()). Errors: kind
/// choice for an unknown option (naming the known ones), kind invalid or
/// unsupported for hardware that cannot be carried over. Devices left out become
/// concerns.
Result<Machine> configure(const Envelope& envelope, const Content& system,
                          const MachineChoices& choices, Concerns& concerns);

/// Product sections whose properties `system` sees: its own, then those of the
/// collections around it, innermost first. Pointers into the envelope.
std::vector<const ProductSection*> products_in_scope(const Envelope& envelope,
                                                     const Content& system);

/// Multiplier of a DSP0004 programmatic unit or of the spellings found in practice
/// ("byte * 2^20", "MegaBytes", "GB", "hertz * 10^6"), in units of the base. Kind
/// invalid, code "ovf.unit", for anything else or on overflow.
Result<std::uint64_t> parse_unit(std::string_view unit);

}  // namespace ovaport::ovf
