#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"

/// The typed model of an OVF descriptor (DSP0243 1.0 to 2.1 and the dialects that
/// producers write). It is faithful to the document: nothing is resolved here, and
/// strings are as written, in UTF-8. ovf/machine.h turns it into one machine for
/// one set of choices. All of it is untrusted text.
namespace ovaport::ovf {

/// Which family of namespaces the envelope uses.
enum class Dialect {
  ovf_0_9,  ///< http://www.vmware.com/schema/ovf/1/envelope
  ovf_1,    ///< http://schemas.dmtf.org/ovf/envelope/1
  ovf_2,    ///< http://schemas.dmtf.org/ovf/envelope/2
  ovirt,    ///< http://schemas.dmtf.org/ovf/envelope/1/, or with ovirt's own (oVirt, RHV)
};

/// "0.9", "1", "2" or "ovirt".
std::string_view to_string(Dialect dialect);

/// Localisable text (Msg_Type, DSP0243 2.1.1 §8.3): `text` is the fallback.
struct Message {
  std::string text;
  std::string msgid;  ///< Key into Envelope::strings; may be empty.
};

/// References/File (§7.1).
struct File {
  std::string id;
  std::string href;                         ///< As written, not percent-decoded.
  std::optional<std::uint64_t> size;        ///< bytes; absent when missing or unusable
  std::string compression;                  ///< "", "identity" or "gzip"
  std::optional<std::uint64_t> chunk_size;  ///< bytes
  int line = 0;
};

/// DiskSection/Disk (§9.1).
struct Disk {
  std::string disk_id;
  std::string file_ref;                         ///< Empty: a blank disk to be created.
  std::string capacity;                         ///< Integer or "${property key}".
  std::string capacity_units;                   ///< DSP0004 unit; empty means byte.
  std::optional<std::uint64_t> populated_size;  ///< bytes
  std::string parent_ref;                       ///< Delta disk: the parent's disk_id.
  std::string format;                           ///< URI; a hint only.
  int line = 0;
};

/// NetworkSection/Network (§9.2).
struct Network {
  std::string name;
  Message description;
  int line = 0;
};

/// DeploymentOptionSection/Configuration (§9.8).
struct DeploymentOption {
  std::string id;
  Message label;
  Message description;
  bool is_default = false;
  int line = 0;
};

/// A key and value of vmw:Config or vmw:ExtraConfig.
struct ConfigEntry {
  std::string key;
  std::string value;
  bool required = false;
};

/// ovf:bound of an Item (§8.4): how it relates to others with the same instance id.
enum class Bound { normal, minimum, maximum };

/// Item, StorageItem or EthernetPortItem of a VirtualHardwareSection (§8.3, §8.4):
/// the CIM allocation setting data with its OVF attributes.
struct Item {
  std::string instance_id;
  std::optional<int> resource_type;  ///< CIM ResourceType; see ovf/machine.h.
  std::string resource_subtype;
  std::string element_name;
  std::string description;
  std::string address;            ///< MAC of a NIC, bus number of a controller.
  std::string address_on_parent;  ///< Slot on the parent controller.
  std::string parent;             ///< instance_id of the parent.
  std::vector<std::string> host_resource;
  std::string host_capacity;            ///< vCloud: MiB of a disk that no file fills; else "".
  std::vector<std::string> connection;  ///< Network names.
  std::string virtual_quantity;         ///< As written; "" when absent.
  std::string virtual_quantity_units;
  std::string allocation_units;
  std::string reservation;
  std::string limit;
  std::string weight;
  std::optional<bool> automatic_allocation;
  std::string cores_per_socket;             ///< vmw:CoresPerSocket
  bool required = true;                     ///< ovf:required, default true
  std::vector<std::string> configurations;  ///< ovf:configuration; empty means all.
  Bound bound = Bound::normal;
  std::vector<ConfigEntry> config;  ///< vmw:Config children
  int line = 0;
};

/// VirtualHardwareSection (§8.1).
struct VirtualHardware {
  std::string id;
  std::vector<std::string> transports;    ///< "iso", "com.vmware.guestInfo", …
  std::vector<std::string> system_types;  ///< "vmx-19", "virtualbox-2.2", …
  std::string system_identifier;
  std::vector<Item> items;  ///< Document order.
  std::vector<ConfigEntry> config;
  std::vector<ConfigEntry> extra_config;
  int line = 0;
};

/// Property/Value (§9.5.1): the default for one configuration.
struct PropertyValue {
  std::string value;
  std::string configuration;  ///< Empty: for all configurations.
};

/// ProductSection/Property (§9.5.1).
struct Property {
  std::string key;
  std::string type;            ///< As written; empty when absent.
  std::string qualifiers;      ///< ovf:qualifiers as written.
  std::string vmw_qualifiers;  ///< vmw:qualifiers as written.
  bool user_configurable = false;
  std::optional<std::string> value;  ///< The default; absent differs from empty.
  bool password = false;
  Message label;
  Message description;
  std::vector<PropertyValue> values;
  std::vector<std::string> configurations;  ///< VMware: property only exists in these.
  Message category;  ///< The Category element that precedes it; empty text when none.
  int line = 0;
};

/// ProductSection (§9.5).
struct ProductSection {
  std::string product_class;  ///< ovf:class
  std::string instance;       ///< ovf:instance
  Message info;
  Message product;
  Message vendor;
  std::string version;
  std::string full_version;
  std::string product_url;
  std::string vendor_url;
  std::string app_url;
  std::vector<Property> properties;  ///< Document order.
  int line = 0;
};

/// Full key of a property in the environment: [class "."] key ["." instance]
/// (§9.5.1, §11.2).
std::string environment_key(const ProductSection& section, const Property& property);

/// OperatingSystemSection (§9.9).
struct OperatingSystem {
  std::optional<int> id;  ///< CIM_OperatingSystem.OsType
  std::string version;
  std::string description;
  std::string vmw_os_type;   ///< "rhel8_64Guest", …
  std::string vbox_os_type;  ///< "Debian_64", …
};

/// StartupSection/Item (§9.7).
struct StartupItem {
  std::string id;  ///< Of a child virtual system or collection.
  int order = 0;
  int start_delay = 0;  ///< seconds
  bool waiting_for_guest = false;
  std::string start_action = "powerOn";
  int stop_delay = 0;  ///< seconds
  std::string stop_action = "powerOff";
};

/// vmw:IpAssignmentSection: the ways in which VMware would give machines addresses.
struct IpAssignment {
  std::vector<std::string> protocols;  ///< "IPv4", "IPv6"
  std::vector<std::string> schemes;    ///< "ovfenv" (fixed, by properties), "dhcp"
};

/// ScaleOutSection/InstanceCount (DSP0243 2.1.1 §9.16): how many copies of a member
/// the vendor thinks of.
struct ScaleOut {
  std::string id;                         ///< Of the member of the collection.
  std::optional<std::uint32_t> standard;  ///< ovf:default
  std::optional<std::uint32_t> minimum;
  std::optional<std::uint32_t> maximum;
  int line = 0;
};

/// PlacementGroupSection (DSP0243 2.1.1 §9.17).
struct PlacementGroup {
  std::string id;
  std::string policy;  ///< "affinity" (together) or "availability" (apart), as written.
  int line = 0;
};

/// A section that the model has no member for. Known ones are listed in the
/// reader; unknown ones with required=true are refused.
struct OtherSection {
  std::string name;  ///< Local name.
  std::string namespace_uri;
  bool required = true;
  int line = 0;
};

enum class ContentKind { virtual_system, collection };

/// VirtualSystem or VirtualSystemCollection (§8.1, §8.2) with its sections.
struct Content {
  ContentKind kind = ContentKind::virtual_system;
  std::string id;
  Message name;  ///< Name element; empty text when absent.
  Message info;
  std::vector<ProductSection> products;
  std::vector<Message> eulas;
  Message annotation;
  std::optional<OperatingSystem> operating_system;
  std::vector<VirtualHardware> hardware;
  std::vector<StartupItem> startup;            ///< Of a collection.
  std::optional<int> install_boot_stop_delay;  ///< InstallSection initialBootStopDelay, seconds.
  /// Instance ids in order, by vmw:BootOrderSection or BootDeviceSection (§9.14).
  std::vector<int> boot_order;
  std::optional<IpAssignment> ip_assignment;
  std::vector<ScaleOut> scale_outs;              ///< Of a collection.
  std::vector<PlacementGroup> placement_groups;  ///< Of a collection.
  std::string placement_group;                   ///< PlacementSection ovf:group; may be empty.
  std::vector<OtherSection> other_sections;
  std::vector<Content> children;  ///< Of a collection, document order.
  int line = 0;
};

/// One bundle of localised texts (Strings, §10).
struct StringBundle {
  std::string language;  ///< xml:lang; may be empty.
  std::string file_ref;  ///< External bundle; messages are then empty until read.
  /// msgid, text; ordered by msgid, and the first of one id counts.
  std::vector<std::pair<std::string, std::string>> messages;
  int line = 0;
};

/// The whole descriptor.
struct Envelope {
  Dialect dialect = Dialect::ovf_1;
  std::string version;   ///< ovf:version as written; advisory.
  std::string producer;  ///< "VMware vCenter", "VirtualBox", … or "unknown".
  std::string language;  ///< xml:lang of the texts in the document itself.
  std::vector<File> files;
  std::vector<Disk> disks;
  std::vector<Network> networks;
  std::vector<DeploymentOption> deployment_options;
  std::vector<StringBundle> strings;
  std::vector<PlacementGroup> placement_groups;  ///< Beside the content.
  std::optional<IpAssignment> ip_assignment;     ///< Beside the content.
  std::vector<OtherSection> other_sections;
  Content content;

  [[nodiscard]] const File* find_file(std::string_view id) const;
  [[nodiscard]] const Disk* find_disk(std::string_view disk_id) const;
  [[nodiscard]] const DeploymentOption* find_option(std::string_view id) const;
  /// The default option: the one marked so, else the first; null without options.
  [[nodiscard]] const DeploymentOption* default_option() const;
  /// All virtual systems, depth first, document order. Pointers into *this.
  [[nodiscard]] std::vector<const Content*> virtual_systems() const;
  /// `system` preceded by the collections that contain it, outermost first.
  [[nodiscard]] std::vector<const Content*> path_to(const Content& system) const;
  /// How `system` may get its addresses: its own section, else the nearest around it;
  /// null when none says so.
  [[nodiscard]] const IpAssignment* ip_assignment_of(const Content& system) const;
  /// The placement group that `system`, or else the nearest collection around it,
  /// belongs to; null without one and when no section describes it.
  [[nodiscard]] const PlacementGroup* placement_of(const Content& system) const;
};

/// Largest descriptor that is read, in bytes.
inline constexpr std::uint64_t kDescriptorLimit = 64ULL << 20;

/// Reads a descriptor. `file` is its name for messages. Tolerances become
/// concerns; what cannot be read at all is an Error of kind invalid or unsupported
/// with file, element and line. DOCTYPE and entities are refused before parsing.
Result<Envelope> parse_envelope(std::string_view xml, std::string_view file, Concerns& concerns);

/// Judges the envelope itself (references, ids, cross-references, units, bounds),
/// without a choice made. Critical concerns mean that an import must be refused.
Concerns validate(const Envelope& envelope);

/// Largest external message bundle that is read, in bytes.
inline constexpr std::uint64_t kStringBundleLimit = 4ULL << 20;

/// Reads an external message bundle (an XML file whose root is Strings, §10) into
/// `bundle`; its own xml:lang counts where the descriptor gives none. `file` is its
/// name for messages. The same guards as for a descriptor.
Status read_string_bundle(std::string_view xml, std::string_view file, StringBundle& bundle,
                          Concerns& concerns);

/// The languages that `text` asks for, the most wanted first: one ("de-AT"), a list
/// in the manner of Accept-Language ("de-AT, en;q=0.5") or of the environment
/// ("de_AT.UTF-8:en"). "C", "POSIX" and "*" are none.
std::vector<std::string> wanted_languages(std::string_view text);

/// The text of a message. For each language of the list `languages` (see
/// wanted_languages()): a bundle in exactly that ("de-AT"), one in the language as
/// such ("de"), the element's text when the document is in it, one in another variant
/// ("de-CH"). Then a bundle without language, then the text in the element.
std::string localized(const Envelope& envelope, const Message& message,
                      std::string_view languages = {});

}  // namespace ovaport::ovf
