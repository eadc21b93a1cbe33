#include "known_elements.h"

#include <algorithm>
#include <array>
#include <span>

#include "ovaport/base/text.h"

namespace ovaport::ovf {

namespace {

using Names = std::span<const std::string_view>;

bool contains(Names names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 1> kReferences{"File"};
constexpr std::array<std::string_view, 2> kDiskSection{"Info", "Disk"};
constexpr std::array<std::string_view, 3> kNetworkSection{"Info", "Network", "NetworkPortProfile"};
constexpr std::array<std::string_view, 2> kDeploymentOptions{"Info", "Configuration"};
constexpr std::array<std::string_view, 7> kVirtualHardware{
    "Info", "System", "Item", "StorageItem", "EthernetPortItem", "Config", "ExtraConfig"};
constexpr std::array<std::string_view, 11> kProduct{
    "Info",      "Product", "Vendor", "Version",  "FullVersion", "ProductUrl",
    "VendorUrl", "AppUrl",  "Icon",   "Category", "Property"};
constexpr std::array<std::string_view, 2> kEula{"Info", "License"};
constexpr std::array<std::string_view, 3> kOperatingSystem{"Info", "Description", "OSType"};
constexpr std::array<std::string_view, 2> kAnnotation{"Info", "Annotation"};
constexpr std::array<std::string_view, 2> kItems{"Info", "Item"};

/// Children of the sections that are checked; empty for all others.
Names known_children(std::string_view kind) {
  if (kind == "References") return kReferences;
  if (kind == "DiskSection") return kDiskSection;
  if (kind == "NetworkSection") return kNetworkSection;
  if (kind == "DeploymentOptionSection") return kDeploymentOptions;
  if (kind == "VirtualHardwareSection") return kVirtualHardware;
  if (kind == "ProductSection") return kProduct;
  if (kind == "EulaSection") return kEula;
  if (kind == "OperatingSystemSection") return kOperatingSystem;
  if (kind == "AnnotationSection") return kAnnotation;
  if (kind == "StartupSection" || kind == "ResourceAllocationSection") return kItems;
  return {};
}

// CIM_ResourceAllocationSettingData and its storage and Ethernet port relatives, the
// names that OVF 0.9 had for them, and VMware's additions.
constexpr std::array<std::string_view, 64> kItemSettings{"Address",
                                                         "AddressOnParent",
                                                         "AllocationUnits",
                                                         "AllowedPriorities",
                                                         "AllowedToReceiveMACAddresses",
                                                         "AllowedToReceiveVLANs",
                                                         "AllowedToTransmitMACAddresses",
                                                         "AllowedToTransmitVLANs",
                                                         "AutomaticAllocation",
                                                         "AutomaticDeallocation",
                                                         "BusNumber",
                                                         "Caption",
                                                         "ChangeableType",
                                                         "ComponentSetting",
                                                         "Config",
                                                         "ConfigurationName",
                                                         "Connection",
                                                         "ConsumerVisibility",
                                                         "CoresPerSocket",
                                                         "DefaultPortVID",
                                                         "DefaultPriority",
                                                         "Description",
                                                         "DesiredVLANEndpointMode",
                                                         "ElementName",
                                                         "Generation",
                                                         "GroupID",
                                                         "HostExtentName",
                                                         "HostExtentNameFormat",
                                                         "HostExtentNameNamespace",
                                                         "HostExtentStartingAddress",
                                                         "HostResource",
                                                         "HostResourceBlockSize",
                                                         "InstanceID",
                                                         "InstanceId",
                                                         "Limit",
                                                         "ManagerID",
                                                         "MappingBehavior",
                                                         "NetworkPortProfileID",
                                                         "NetworkPortProfileIDType",
                                                         "OtherEndpointMode",
                                                         "OtherHostExtentNameFormat",
                                                         "OtherHostExtentNameNamespace",
                                                         "OtherNetworkPortProfileIDTypeInfo",
                                                         "OtherResourceType",
                                                         "Parent",
                                                         "PoolID",
                                                         "PortCorrelationID",
                                                         "PortVID",
                                                         "Promiscuous",
                                                         "ReceiveBandwidthLimit",
                                                         "ReceiveBandwidthReservation",
                                                         "Reservation",
                                                         "ResourceSubType",
                                                         "ResourceType",
                                                         "SoID",
                                                         "SoOrgID",
                                                         "SourceMACFilteringEnabled",
                                                         "VSITypeID",
                                                         "VSITypeIDVersion",
                                                         "VirtualQuantity",
                                                         "VirtualQuantityUnits",
                                                         "VirtualResourceBlockSize",
                                                         "Weight",
                                                         "Access"};

/// Sections of the standard that a virtual machine can do without.
constexpr std::array<std::string_view, 3> kNotCarried{
    "EnvironmentFilesSection", "NetworkPortProfileSection", "ResourceAllocationSection"};

void report(const Element& child, const ReadContext& context) {
  const auto required = child.attribute("required");
  const std::string what = "the element " + quote(child.local()) + " is not known here";
  if (required && is_true(*required))
    context.warn("ovf.required-element", what + " and the package requires it", child,
                 Severity::critical);
  else
    context.warn("ovf.unknown-element", what + "; ignored", child,
                 required || is_known_producer(child) ? Severity::information : Severity::warning);
}

}  // namespace

bool is_known_producer(const Element& element) {
  const Family family = element.family();
  if (family == Family::vmw || family == Family::vbox) return true;
  static constexpr std::array<std::string_view, 6> kProducers{
      "http://www.vmware.com/",     "http://schemas.citrix.com/", "http://www.citrix.com/",
      "http://schemas.oracle.com/", "http://www.ibm.com/",        "http://schemas.microsoft.com/"};
  const std::string uri = element.uri();
  return !is_ovf(family) &&
         std::any_of(kProducers.begin(), kProducers.end(),
                     [&](std::string_view start) { return uri.starts_with(start); });
}

void check_section_children(const Element& section, std::string_view kind,
                            const ReadContext& context) {
  // oVirt's dialect fills the sections with elements of its own.
  if (context.dialect == Dialect::ovirt) return;
  const Names known = known_children(kind);
  if (known.empty()) return;
  for (const Element& child : section.children())
    if (!contains(known, child.local())) report(child, context);
}

void check_item_children(const Element& item, const ReadContext& context) {
  if (context.dialect == Dialect::ovirt) return;
  for (const Element& child : item.children())
    if (!contains(kItemSettings, child.local())) report(child, context);
}

void take_other_section(const Element& section, const std::string& kind,
                        std::vector<OtherSection>& others, const ReadContext& context) {
  if (kind == "EncryptionSection") {
    context.warn("ovf.encrypted", "parts of the package are encrypted, which is not supported",
                 section, Severity::critical);
    return;
  }
  if (contains(kNotCarried, kind) && section.family() != Family::vmw) {
    context.warn("ovf.not-carried-over", quote(kind) + " has no counterpart here; left out",
                 section);
    return;
  }
  // What the standard part leaves open is taken from it (dialects.h).
  if (kind == "Machine" && section.family() == Family::vbox) return;
  OtherSection other{kind, section.uri(), is_true(section.attribute_or("required", "true")),
                     section.line()};
  // VMware's sections ask something of vCenter, not of the machine, and leave
  // ovf:required out although its default is true. A service that the machine depends
  // on is another matter.
  if (section.family() == Family::vbox ||
      (!section.attribute("required") && is_known_producer(section) &&
       kind != "vServiceDependencySection"))
    other.required = false;
  others.push_back(std::move(other));
}

void check_info(const Element& element, const ReadContext& context) {
  if (context.dialect == Dialect::ovirt || element.child("Info")) return;
  context.warn("ovf.no-info", quote(element.local()) + " has no Info element", element,
               Severity::information);
}

}  // namespace ovaport::ovf
