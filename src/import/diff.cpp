#include "ovaport/import/diff.h"

#include <algorithm>
#include <map>
#include <set>

#include "ovaport/base/text.h"
#include "read_through.h"

namespace ovaport::imports {

namespace {

/// Facts of one side by name, in the order of their making.
class Facts {
 public:
  void add(std::string name, std::string value) {
    if (values_.emplace(name, std::move(value)).second) names_.push_back(std::move(name));
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] const std::string* find(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
  }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::string> values_;
};

/// A name whose value must not be shown.
bool is_hidden(const std::string& name) {
  return name.ends_with(": password default");
}

void compare_facts(const Facts& before, const Facts& after, std::vector<Difference>& differences) {
  for (const std::string& name : before.names()) {
    const std::string* old_value = before.find(name);
    const std::string* new_value = after.find(name);
    if (new_value != nullptr && *old_value == *new_value) continue;
    Difference difference{name, new_value == nullptr ? Change::removed : Change::changed,
                          *old_value, new_value == nullptr ? std::string() : *new_value};
    if (is_hidden(name)) difference.before = difference.after = "";
    differences.push_back(std::move(difference));
  }
  for (const std::string& name : after.names())
    if (before.find(name) == nullptr)
      differences.push_back({name, Change::added, "", is_hidden(name) ? "" : *after.find(name)});
}

std::string yes_or_no(bool value) {
  return value ? "yes" : "no";
}

std::string text_of(const ComparedPackage& side, const ovf::Message& message) {
  return ovf::localized(side.appliance.envelope, message);
}

void add_product(const ComparedPackage& side, Facts& facts) {
  for (const SystemView& system : side.systems)
    for (const ovf::ProductSection* product :
         ovf::products_in_scope(side.appliance.envelope, *system.system)) {
      if (product->product.text.empty()) continue;
      facts.add("product", text_of(side, product->product));
      facts.add("vendor", text_of(side, product->vendor));
      facts.add("version",
                product->full_version.empty() ? product->version : product->full_version);
      return;
    }
}

void add_envelope(const ComparedPackage& side, Facts& facts) {
  const ovf::Envelope& envelope = side.appliance.envelope;
  add_product(side, facts);
  for (const ovf::DeploymentOption& option : envelope.deployment_options)
    facts.add("deployment option " + option.id, text_of(side, option.label));
  for (const ovf::Network& network : envelope.networks)
    facts.add("network " + network.name, text_of(side, network.description));
  const auto texts = licences(envelope);
  for (std::size_t i = 0; i < texts.size(); ++i)
    facts.add("licence " + std::to_string(i + 1),
              "SHA256:" + digest_of(DigestAlgorithm::sha256, texts[i]).hex);
}

std::string firmware_text(const ovf::Machine& machine) {
  if (machine.firmware == ovf::Firmware::efi)
    return machine.secure_boot ? "EFI, secure boot" : "EFI";
  return machine.firmware == ovf::Firmware::bios ? "BIOS" : "not stated";
}

void add_hardware(const ovf::Machine& machine, const std::string& prefix, Facts& facts) {
  facts.add(prefix + "name", machine.name);
  facts.add(prefix + "processors", std::to_string(machine.cpus));
  facts.add(prefix + "cores a socket", std::to_string(machine.cores_per_socket));
  facts.add(prefix + "memory", format_bytes(machine.memory));
  facts.add(prefix + "firmware", firmware_text(machine));
  facts.add(prefix + "TPM", yes_or_no(machine.tpm));
  facts.add(prefix + "hardware type", machine.hardware_type);
  for (std::size_t i = 0; i < machine.disks.size(); ++i) {
    const std::string disk = prefix + "disk " + std::to_string(i + 1) + ": ";
    facts.add(disk + "name", machine.disks[i].name);
    facts.add(disk + "capacity", std::to_string(machine.disks[i].capacity));
    facts.add(disk + "bus", std::string(ovf::to_string(machine.disks[i].bus)) + " " +
                                machine.disks[i].controller_subtype);
  }
  for (std::size_t i = 0; i < machine.nics.size(); ++i) {
    const std::string nic = prefix + "adapter " + std::to_string(i + 1) + ": ";
    facts.add(nic + "network", machine.nics[i].network);
    facts.add(nic + "model", machine.nics[i].subtype);
  }
}

void add_properties(const SystemView& system, const std::string& prefix, Facts& facts) {
  for (const environment::PropertyDefinition& property : system.properties) {
    const std::string name = prefix + "property " + property.key + ": ";
    facts.add(name + "type", property.type.name);
    facts.add(name + "required", yes_or_no(property.required));
    facts.add(name + "user-configurable", yes_or_no(property.user_configurable));
    if (!property.default_value) continue;
    facts.add(name + (property.password ? "password default" : "default"),
              property.default_value->reveal());
  }
}

/// Identity of a file's content by every digest that is known of it.
std::map<DigestAlgorithm, std::string> known_digests(const Appliance& appliance,
                                                     const std::string& entry) {
  std::map<DigestAlgorithm, std::string> digests;
  if (appliance.manifest)
    for (const Digest& digest : appliance.manifest->find(entry))
      digests.emplace(digest.algorithm, digest.hex);
  return digests;
}

Result<std::string> computed_digest(const package::Package& package, const package::Entry& entry,
                                    const std::stop_token& stop) {
  OVAPORT_TRY(const auto source, package.stream(entry));
  Hasher hasher(DigestAlgorithm::sha256);
  OVAPORT_CHECK(read_through(*source, stop, [&](std::span<const std::byte> bytes) -> Status {
    hasher.update(bytes);
    return {};
  }));
  return hasher.finish().hex;
}

class Comparer {
 public:
  Comparer(const ComparedPackage& before, const ComparedPackage& after,
           const CompareOptions& options)
      : before_(before), after_(after), options_(options) {}

  Result<Comparison> run() {
    Facts old_facts;
    Facts new_facts;
    add_envelope(before_, old_facts);
    add_envelope(after_, new_facts);
    compare_facts(old_facts, new_facts, result_.differences);
    for (const SystemView& system : before_.systems) {
      const SystemView* match = counterpart(system, before_, after_);
      if (match == nullptr)
        result_.differences.push_back({name_of(system), Change::removed, system.machine.name, ""});
      else
        OVAPORT_CHECK(compare_systems(system, *match));
    }
    for (const SystemView& system : after_.systems)
      if (counterpart(system, after_, before_) == nullptr)
        result_.differences.push_back({name_of(system), Change::added, "", system.machine.name});
    compare_concerns();
    return std::move(result_);
  }

 private:
  static std::string name_of(const SystemView& system) {
    return "virtual system " + system.machine.id;
  }

  static const SystemView* counterpart(const SystemView& system, const ComparedPackage& own,
                                       const ComparedPackage& other) {
    if (own.systems.size() == 1 && other.systems.size() == 1) return &other.systems.front();
    for (const SystemView& candidate : other.systems)
      if (candidate.machine.id == system.machine.id) return &candidate;
    return nullptr;
  }

  Status compare_systems(const SystemView& before, const SystemView& after) {
    const std::string prefix = name_of(after) + ": ";
    Facts old_facts;
    Facts new_facts;
    add_hardware(before.machine, prefix, old_facts);
    add_hardware(after.machine, prefix, new_facts);
    add_properties(before, prefix, old_facts);
    add_properties(after, prefix, new_facts);
    compare_facts(old_facts, new_facts, result_.differences);
    const std::size_t disks = std::min(before.machine.disks.size(), after.machine.disks.size());
    for (std::size_t i = 0; i < disks; ++i)
      OVAPORT_CHECK(compare_contents(prefix + "disk " + std::to_string(i + 1) + ": content",
                                     before.machine.disks[i], after.machine.disks[i]));
    return {};
  }

  Status compare_contents(const std::string& subject, const ovf::MachineDisk& before,
                          const ovf::MachineDisk& after) {
    if (before.file.has_value() != after.file.has_value())
      result_.differences.push_back({subject, Change::changed, before.file ? "image" : "blank",
                                     after.file ? "image" : "blank"});
    if (!before.file || !after.file) return {};
    const package::Entry* old_entry = entry_of(before_.appliance, *before.file);
    const package::Entry* new_entry = entry_of(after_.appliance, *after.file);
    if (old_entry == nullptr || new_entry == nullptr) {
      result_.notes.push_back(subject + ": not compared, since the image is not there");
      return {};
    }
    const auto old_digests = known_digests(before_.appliance, old_entry->name);
    const auto new_digests = known_digests(after_.appliance, new_entry->name);
    for (const auto& [algorithm, hex] : old_digests)
      if (const auto other = new_digests.find(algorithm); other != new_digests.end()) {
        add_content(subject, algorithm, hex, other->second);
        return {};
      }
    if (!options_.deep) {
      result_.notes.push_back(subject +
                              ": not compared, since the manifests have no digests of one "
                              "algorithm; --deep reads the images");
      return {};
    }
    OVAPORT_TRY(const std::string old_hex,
                computed_digest(*before_.appliance.package, *old_entry, options_.stop));
    OVAPORT_TRY(const std::string new_hex,
                computed_digest(*after_.appliance.package, *new_entry, options_.stop));
    add_content(subject, DigestAlgorithm::sha256, old_hex, new_hex);
    return {};
  }

  static const package::Entry* entry_of(const Appliance& appliance, const ovf::File& file) {
    if (!appliance.package) return nullptr;
    Concerns repeated;
    const auto entry = appliance.package->find(file.href, repeated);
    return entry.ok() ? *entry : nullptr;
  }

  void add_content(const std::string& subject, DigestAlgorithm algorithm, const std::string& before,
                   const std::string& after) {
    if (before == after) return;
    const std::string name = std::string(to_string(algorithm)) + ":";
    result_.differences.push_back({subject, Change::changed, name + before, name + after});
  }

  void compare_concerns() {
    std::set<std::string> known;
    for (const Concern& concern : before_.concerns)
      known.insert(concern.code);
    for (const Concern& concern : after_.concerns)
      if (concern.severity != Severity::information && known.insert(concern.code).second)
        result_.differences.push_back(
            {"concern " + concern.code, Change::added, "", concern.message});
  }

  const ComparedPackage& before_;
  const ComparedPackage& after_;
  const CompareOptions& options_;
  Comparison result_;
};

}  // namespace

std::string_view to_string(Change change) {
  switch (change) {
    case Change::added:
      return "added";
    case Change::removed:
      return "removed";
    case Change::changed:
      return "changed";
  }
  return "changed";
}

Result<Comparison> compare(const ComparedPackage& before, const ComparedPackage& after,
                           const CompareOptions& options) {
  return Comparer(before, after, options).run();
}

}  // namespace ovaport::imports
