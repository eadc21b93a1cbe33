#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ovaport/environment/properties.h"
#include "ovaport/environment/property_file.h"

namespace ovaport::environment {

/// Namespace of the guestinfo section, see render(). Never changes.
inline constexpr const char* kGuestInfoNamespace = "urn:ovaport:guestinfo:1";

/// A network adapter as the guest sees it.
struct Adapter {
  std::string mac;      ///< The one that the VM really gets, "00:50:56:…".
  std::string network;  ///< Name in the descriptor's NetworkSection.
  int unit = 7;         ///< VMware numbers adapters from 7 (the PCI unit).
};

/// Another virtual system of the same collection, with its properties.
struct Entity {
  std::string id;
  PropertyValues properties;
};

/// Where the guest runs (PlatformSection).
struct Platform {
  std::string kind = "KubeVirt";
  std::string version;  ///< Left out when empty.
  std::string vendor = "KubeVirt";
  std::string locale = "en";
  std::optional<int> timezone;  ///< Minutes from UTC; left out when absent.
};

/// The environment of one virtual system.
struct Document {
  std::string id;  ///< ovf:id in a collection; "" for a lone VM, as VMware does.
  Platform platform;
  PropertyValues properties;
  std::vector<Adapter> adapters;
  std::vector<Entity> entities;
  /// Given as property "instance-id" unless empty or the appliance has one of that
  /// name: cloud-init runs its per-instance work again when it changes.
  std::string instance_id;
  /// vmw:ExtraConfig guestinfo.* entries, full keys ("guestinfo.userdata").
  std::vector<Assignment> guest_info;
};

/// The document ("ovf-env.xml") in the byte shape that VMware writes, because guests
/// match it literally: default namespace, attributes prefixed `oe:`, one Property a
/// line. The result holds passwords in clear: it belongs on the config disk or in a
/// Secret, nowhere else.
///
///     <?xml version="1.0" encoding="UTF-8"?>
///     <Environment
///          xmlns="http://schemas.dmtf.org/ovf/environment/1"
///          xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
///          xmlns:oe="http://schemas.dmtf.org/ovf/environment/1"
///          xmlns:ve="http://www.vmware.com/schema/ovfenv"
///          oe:id="">
///        <PlatformSection> Kind, Version, Vendor, Locale, Timezone </PlatformSection>
///        <PropertySection>
///              <Property oe:key="hostname" oe:value="a&#10;b"/>
///        </PropertySection>
///        <Entity oe:id="db"> <PropertySection> … </PropertySection> </Entity>
///        <ve:EthernetAdapterSection>
///           <ve:Adapter ve:mac="00:50:56:…" ve:network="VM Network" ve:unitNumber="7"/>
///        </ve:EthernetAdapterSection>
///        <ovaport:GuestInfoSection xmlns:ovaport="urn:ovaport:guestinfo:1">
///           <ovaport:Entry ovaport:key="guestinfo.userdata" ovaport:value="…"/>
///        </ovaport:GuestInfoSection>
///     </Environment>
///
/// - A PropertySection is always there (cloud-init raises without one), even empty.
/// - Sections of foreign namespaces come last: only there does DSP8027 allow them.
/// - GuestInfoSection holds `guest_info`, and is left out when that is empty. It is
///   an element of our own, not a second PropertySection or an Entity, because
///   cloudbase-init breaks on two PropertySections and `ovfenv` shows Entities as
///   siblings. The prefix, the order of the attributes and one Entry a line are
///   fixed, so that a guest may read it without an XML parser. `info-get <key>`
///   looks for a Property of that key first, then for an Entry.
/// - In attribute values & < > " ' are the five named entities, and tab, line feed
///   and carriage return are &#9; &#10; &#13;: every value comes back byte for byte.
///   What XML cannot hold becomes U+FFFD (resolve_properties refuses it before).
std::string render(const Document& document);

}  // namespace ovaport::environment
