#include <algorithm>
#include <map>
#include <set>

#include "findings.h"
#include "ovaport/base/text.h"
#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {

namespace {

/// Configurations of an item as a set, in order.
std::set<std::string> configurations_of(const Item& item) {
  return {item.configurations.begin(), item.configurations.end()};
}

class ContentValidator {
 public:
  ContentValidator(const Envelope& envelope, Findings& findings)
      : envelope_(envelope), findings_(findings) {
    for (const Network& network : envelope.networks)
      networks_.insert(network.name);
  }

  void run() {
    check_other(envelope_.other_sections);
    check_content(envelope_.content);
    if (envelope_.virtual_systems().empty())
      findings_.warn("ovf.no-virtual-system",
                     "the collection holds no virtual system; there is nothing to import",
                     "Envelope", envelope_.content.line);
  }

 private:
  void check_other(const std::vector<OtherSection>& sections) {
    for (const OtherSection& section : sections) {
      const std::string what = "the section " + quote(section.name) + " of " +
                               quote(section.namespace_uri) + " is not known";
      if (section.required)
        findings_.critical("ovf.unknown-section", what + " and the package requires it",
                           section.name, section.line);
      else
        findings_.note("ovf.section-ignored", what + " or has no meaning here; ignored",
                       section.name, section.line);
    }
  }

  void check_content(const Content& content) {
    const char* name =
        content.kind == ContentKind::collection ? "VirtualSystemCollection" : "VirtualSystem";
    if (content.id.empty())
      findings_.warn("ovf.no-id", "a virtual system or collection has no id", name, content.line);
    else if (!ids_.emplace(content.kind, content.id).second)
      findings_.critical("ovf.duplicate-id", "the id " + quote(content.id) + " is used twice", name,
                         content.line);
    else if (content.kind == ContentKind::virtual_system &&
             ids_.count({ContentKind::collection, content.id}) != 0)
      findings_.warn("ovf.shared-id",
                     "the id " + quote(content.id) +
                         " is that of a virtual system and of a collection; the virtual system is "
                         "meant",
                     name, content.line);
    check_other(content.other_sections);
    check_products(content);
    for (const VirtualHardware& hardware : content.hardware)
      check_hardware(hardware);
    for (const Content& child : content.children)
      check_content(child);
  }

  void check_products(const Content& content) {
    std::set<std::string> keys;
    std::set<std::pair<std::string, std::string>> sections;
    for (const ProductSection& section : content.products) {
      // §9.5: class and instance tell the sections of one system apart.
      if (!sections.emplace(section.product_class, section.instance).second)
        findings_.note("ovf.duplicate-product",
                       "several ProductSections have the class " + quote(section.product_class) +
                           " and the instance " + quote(section.instance),
                       "ProductSection", section.line);
      for (const Property& property : section.properties) {
        const std::string key = environment_key(section, property);
        if (property.configurations.empty() && !keys.insert(key).second)
          findings_.critical("ovf.duplicate-property",
                             "the property " + quote(key) + " occurs twice", kProperty,
                             property.line);
        if (property.type.empty())
          findings_.note("ovf.no-property-type",
                         "the property " + quote(key) + " has no type; it is read as a string",
                         kProperty, property.line);
      }
    }
  }

  void check_hardware(const VirtualHardware& hardware) {
    std::map<std::string, std::vector<const Item*>> by_instance;
    for (const Item& item : hardware.items) {
      by_instance[item.instance_id].push_back(&item);
      check_item(item);
    }
    for (const auto& [id, items] : by_instance) {
      if (!id.empty()) check_same_instance(id, items);
      check_bounds(items);
    }
  }

  // One device may be described several times: for different deployment options and
  // with different bounds (§8.4). Twice for the same is a contradiction.
  void check_same_instance(const std::string& id, const std::vector<const Item*>& items) {
    std::set<std::pair<Bound, std::set<std::string>>> variants;
    std::map<Bound, std::set<std::string>> options;
    for (const Item* item : items) {
      const auto configurations = configurations_of(*item);
      if (!variants.emplace(item->bound, configurations).second) {
        findings_.critical("ovf.duplicate-instance",
                           "the InstanceID " + quote(id) + " is used twice", kItem, item->line);
        return;
      }
      for (const std::string& option : configurations)
        if (!options[item->bound].insert(option).second)
          findings_.note("ovf.overlapping-items",
                         "several items with the InstanceID " + quote(id) +
                             " are for the deployment option " + quote(option) +
                             "; the one for the fewest options counts",
                         kItem, item->line);
    }
  }

  // §8.4: minimum and maximum go with a normal item.
  void check_bounds(const std::vector<const Item*>& items) {
    const auto is_normal = [](const Item* item) { return item->bound == Bound::normal; };
    if (std::any_of(items.begin(), items.end(), is_normal)) return;
    findings_.critical("ovf.bound",
                       "the item has a minimum or maximum but no normal value: no item with the "
                       "same InstanceID is without bound",
                       kItem, items.front()->line);
  }

  void check_item(const Item& item) {
    if (item.instance_id.empty())
      findings_.note("ovf.no-instance-id", "an item has no InstanceID", kItem, item.line);
    if (!item.resource_type)
      findings_.warn("ovf.no-resource-type", "an item has no ResourceType and is ignored", kItem,
                     item.line);
    for (const std::string& option : item.configurations)
      if (envelope_.find_option(option) == nullptr)
        findings_.warn(
            "ovf.unknown-option",
            "an item belongs to the deployment option " + quote(option) + ", which does not exist",
            kItem, item.line);
    const bool nic = item.resource_type == resource_type::kEthernet;
    for (const std::string& network : item.connection)
      if (nic && !network.empty() && !equal_ignoring_case(network, "none") &&
          networks_.count(network) == 0)
        findings_.warn("ovf.undeclared-network",
                       "the network " + quote(network) + " is not in the NetworkSection; added",
                       kItem, item.line);
  }

  static constexpr const char* kItem = "VirtualHardwareSection/Item";
  static constexpr const char* kProperty = "ProductSection/Property";

  const Envelope& envelope_;
  Findings& findings_;
  std::set<std::pair<ContentKind, std::string>> ids_;
  std::set<std::string> networks_;
};

}  // namespace

void validate_contents(const Envelope& envelope, Findings& findings) {
  ContentValidator(envelope, findings).run();
}

}  // namespace ovaport::ovf
