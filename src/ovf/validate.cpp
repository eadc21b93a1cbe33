#include <algorithm>
#include <map>
#include <set>

#include "ovaport/base/text.h"
#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {

namespace {

class Validator {
 public:
  explicit Validator(const Envelope& envelope) : envelope_(envelope) {}

  Concerns run() {
    check_files();
    check_disks();
    check_parents();
    check_options();
    check_other(envelope_.other_sections);
    std::set<std::string> ids;
    check_content(envelope_.content, ids);
    if (envelope_.virtual_systems().empty())
      critical("ovf.no-virtual-system", "the package holds no virtual system", "Envelope", 0);
    return std::move(concerns_);
  }

 private:
  void add(Severity severity, std::string_view code, std::string message, std::string element,
           int line) {
    Concern concern;
    concern.code = code;
    concern.severity = severity;
    concern.message = std::move(message);
    concern.element = std::move(element);
    concern.line = line;
    concerns_.push_back(std::move(concern));
  }
  void critical(std::string_view code, std::string message, std::string element, int line) {
    add(Severity::critical, code, std::move(message), std::move(element), line);
  }
  void warn(std::string_view code, std::string message, std::string element, int line) {
    add(Severity::warning, code, std::move(message), std::move(element), line);
  }

  void check_files() {
    std::set<std::string> ids;
    std::set<std::string> hrefs;
    for (const File& file : envelope_.files) {
      if (file.id.empty() || !ids.insert(file.id).second)
        critical("ovf.duplicate-id",
                 file.id.empty() ? "a file has no id"
                                 : "the file id " + quote(file.id) + " is used twice",
                 "File", file.line);
      if (file.href.empty())
        critical("ovf.no-href", "the file " + quote(file.id) + " has no href", "File", file.line);
      else if (!hrefs.insert(file.href).second)
        critical("ovf.duplicate-href", "two files have the href " + quote(file.href), "File",
                 file.line);
      check_href(file);
      if (!file.compression.empty() && file.compression != "identity" && file.compression != "gzip")
        critical("ovf.compression", "the compression " + quote(file.compression) + " is not known",
                 "File", file.line);
    }
  }

  void check_href(const File& file) {
    const std::string lower = to_lower(file.href);
    for (const std::string_view scheme : {"http://", "https://", "file://", "ftp://"})
      if (lower.starts_with(scheme))
        critical(
            "ovf.remote-href",
            "the file " + quote(file.href) + " lies outside the package, which is not followed",
            "File", file.line);
  }

  void check_disks() {
    std::set<std::string> ids;
    for (const Disk& disk : envelope_.disks) {
      if (disk.disk_id.empty() || !ids.insert(disk.disk_id).second)
        critical("ovf.duplicate-id",
                 disk.disk_id.empty() ? "a disk has no diskId"
                                      : "the diskId " + quote(disk.disk_id) + " is used twice",
                 "Disk", disk.line);
      if (!disk.file_ref.empty() && envelope_.find_file(disk.file_ref) == nullptr)
        critical("ovf.unknown-file",
                 "the disk " + quote(disk.disk_id) + " refers to the file " + quote(disk.file_ref) +
                     ", which is not in the References",
                 "Disk", disk.line);
      check_capacity(disk);
    }
  }

  void check_capacity(const Disk& disk) {
    if (const auto unit = parse_unit(disk.capacity_units); !unit.ok())
      critical("ovf.unit", unit.error().message, "Disk", disk.line);
    const std::string_view text = trimmed(disk.capacity);
    if (text.starts_with("${") && text.ends_with("}")) return;
    const auto number = parse_unsigned(text);
    if (!number && !text.empty())
      critical("ovf.capacity", "the capacity " + quote(disk.capacity) + " is no whole number",
               "Disk", disk.line);
    const bool none = text.empty() || (number && *number == 0);
    if (none && disk.file_ref.empty())
      critical("ovf.capacity", "the blank disk " + quote(disk.disk_id) + " has no capacity", "Disk",
               disk.line);
    else if (none)
      warn("ovf.capacity",
           "the disk " + quote(disk.disk_id) + " has no capacity; its image's size is used", "Disk",
           disk.line);
  }

  void check_parents() {
    for (const Disk& disk : envelope_.disks) {
      std::set<std::string> seen{disk.disk_id};
      const Disk* at = &disk;
      while (!at->parent_ref.empty()) {
        const Disk* parent = envelope_.find_disk(at->parent_ref);
        if (parent == nullptr) {
          critical("ovf.unknown-parent",
                   "the disk " + quote(at->disk_id) + " has the parent " + quote(at->parent_ref) +
                       ", which is not in the DiskSection",
                   "Disk", at->line);
          break;
        }
        if (!seen.insert(parent->disk_id).second) {
          critical("ovf.parent-cycle", "the disk " + quote(disk.disk_id) + " is its own ancestor",
                   "Disk", disk.line);
          break;
        }
        at = parent;
      }
    }
  }

  void check_options() {
    std::set<std::string> ids;
    for (const DeploymentOption& option : envelope_.deployment_options)
      if (!ids.insert(option.id).second)
        critical("ovf.duplicate-id", "the deployment option " + quote(option.id) + " occurs twice",
                 "Configuration", option.line);
  }

  void check_other(const std::vector<OtherSection>& sections) {
    for (const OtherSection& section : sections) {
      const std::string what = "the section " + quote(section.name) + " of " +
                               quote(section.namespace_uri) + " is not known";
      if (section.required)
        critical("ovf.unknown-section", what + " and the package requires it", section.name,
                 section.line);
      else
        add(Severity::information, "ovf.section-ignored", what + " or has no meaning here; ignored",
            section.name, section.line);
    }
  }

  void check_content(const Content& content, std::set<std::string>& ids) {
    if (content.id.empty())
      warn("ovf.no-id", "a virtual system has no id", "VirtualSystem", content.line);
    else if (!ids.insert(content.id).second)
      critical("ovf.duplicate-id", "the id " + quote(content.id) + " is used twice",
               "VirtualSystem", content.line);
    check_other(content.other_sections);
    check_products(content);
    for (const VirtualHardware& hardware : content.hardware)
      check_hardware(hardware);
    for (const Content& child : content.children)
      check_content(child, ids);
  }

  void check_products(const Content& content) {
    std::set<std::string> keys;
    for (const ProductSection& section : content.products)
      for (const Property& property : section.properties)
        if (property.configurations.empty() &&
            !keys.insert(environment_key(section, property)).second)
          critical("ovf.duplicate-property",
                   "the property " + quote(environment_key(section, property)) + " occurs twice",
                   "Property", property.line);
  }

  void check_hardware(const VirtualHardware& hardware) {
    std::map<std::string, std::vector<const Item*>> by_instance;
    for (const Item& item : hardware.items) {
      if (!item.instance_id.empty()) by_instance[item.instance_id].push_back(&item);
      check_item(item);
    }
    for (const auto& [id, items] : by_instance)
      check_same_instance(id, items);
  }

  static bool overlap(const Item& a, const Item& b) {
    if (a.configurations.empty() || b.configurations.empty())
      return a.configurations.empty() && b.configurations.empty();
    return std::any_of(a.configurations.begin(), a.configurations.end(), [&](const auto& id) {
      return std::find(b.configurations.begin(), b.configurations.end(), id) !=
             b.configurations.end();
    });
  }

  void check_same_instance(const std::string& id, const std::vector<const Item*>& items) {
    // Compared pairwise, hence the cap: nobody has so many variants of one device.
    constexpr std::size_t kMost = 100;
    for (std::size_t i = 0; i < std::min(items.size(), kMost); ++i)
      for (std::size_t j = i + 1; j < std::min(items.size(), kMost); ++j)
        if (items[i]->bound == items[j]->bound && overlap(*items[i], *items[j])) {
          critical("ovf.duplicate-instance", "the InstanceID " + quote(id) + " is used twice",
                   "Item", items[j]->line);
          return;
        }
  }

  void check_item(const Item& item) {
    for (const std::string& option : item.configurations)
      if (envelope_.find_option(option) == nullptr)
        warn("ovf.unknown-option",
             "an item belongs to the deployment option " + quote(option) + ", which does not exist",
             "Item", item.line);
    const bool nic = item.resource_type == resource_type::kEthernet;
    for (const std::string& network : item.connection)
      if (nic && !network.empty() && !equal_ignoring_case(network, "none") &&
          std::none_of(envelope_.networks.begin(), envelope_.networks.end(),
                       [&](const Network& known) { return known.name == network; }))
        warn("ovf.undeclared-network",
             "the network " + quote(network) + " is not in the NetworkSection; added", "Item",
             item.line);
  }

  const Envelope& envelope_;
  Concerns concerns_;
};

}  // namespace

Concerns validate(const Envelope& envelope) {
  return Validator(envelope).run();
}

}  // namespace ovaport::ovf
