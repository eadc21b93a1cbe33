#include "prepare.h"

#include <algorithm>

#include "disk_inputs.h"
#include "ovaport/base/text.h"
#include "ovaport/kubevirt/machine_plan.h"
#include "ovaport/kubevirt/names.h"

namespace ovaport::imports {

namespace {

Status refuse_critical(const Policy& policy, Concerns& concerns, const std::string& file) {
  apply_policy(policy, concerns);
  const auto is_critical = [](const Concern& concern) {
    return concern.severity == Severity::critical;
  };
  const auto worst = std::find_if(concerns.begin(), concerns.end(), is_critical);
  if (worst == concerns.end()) return {};
  Error error(ErrorKind::invalid, worst->code, worst->message);
  if (worst->line != 0) error.message += " (line " + std::to_string(worst->line) + ")";
  const auto others = std::count_if(worst + 1, concerns.end(), is_critical);
  if (others != 0)
    error.message += "; and " + std::to_string(others) + " more, which 'ovaport inspect' lists";
  return std::move(error)
      .in_file(worst->file.empty() ? file : worst->file)
      .in_element(worst->element)
      .advise(worst->advice);
}

Status check_licences(const Request& request, const ovf::Envelope& envelope) {
  const std::size_t count = licences(envelope).size();
  if (count == 0 || request.accept_eula) return {};
  return Error(ErrorKind::choice, "import.eula",
               "the package has " + std::to_string(count) +
                   " licence text(s) that must be accepted first")
      .advise("Read them with 'ovaport inspect --json', then give --accept-eula");
}

Status check_manifest(const Request& request, const Appliance& appliance) {
  if (!request.require_manifest) return {};
  if (!appliance.manifest)
    return Error(ErrorKind::integrity, "import.no-manifest",
                 "the package has no manifest and --require-manifest was given");
  for (const package::Entry& entry : appliance.package->entries()) {
    const bool signing =
        &entry == appliance.package->manifest() || &entry == appliance.package->certificate();
    if (!signing && appliance.manifest->find(entry.name).empty())
      return Error(ErrorKind::integrity, "import.not-covered",
                   "the manifest does not cover this file and --require-manifest was given")
          .in_file(entry.name);
  }
  return {};
}

Result<std::vector<const ovf::Content*>> chosen_systems(const Request& request,
                                                        const ovf::Envelope& envelope) {
  const auto all = envelope.virtual_systems();
  if (all.empty())
    return Error(ErrorKind::invalid, "import.no-virtual-system",
                 "the package holds no virtual system: there is nothing to import");
  if (request.systems.empty()) return all;
  std::vector<const ovf::Content*> chosen;
  for (const std::string& id : request.systems) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const ovf::Content* system) { return system->id == id; });
    if (found == all.end()) {
      std::string known;
      for (const ovf::Content* system : all)
        known += " " + quote(system->id);
      return Error(ErrorKind::choice, "import.unknown-system",
                   "the package has no virtual system " + quote(id) + "; it has" + known);
    }
    chosen.push_back(*found);
  }
  return chosen;
}

// Several systems share the user's answers: each takes the keys that it knows.
bool knows(const std::vector<environment::PropertyDefinition>& definitions,
           const std::string& key) {
  return std::any_of(definitions.begin(), definitions.end(), [&](const auto& definition) {
    return definition.key == key || definition.short_key == key;
  });
}

Status refuse_unknown_properties(const Prepared& prepared, const Request& request) {
  for (const environment::Assignment& assignment : request.properties) {
    std::vector<std::string> keys;
    bool known = false;
    for (const PreparedMachine& machine : prepared.machines) {
      known = known || knows(machine.view.properties, assignment.key);
      for (const auto& definition : machine.view.properties)
        keys.push_back(definition.key);
    }
    if (known) continue;
    const auto meant = nearest(assignment.key, keys);
    return Error(ErrorKind::choice, "import.unknown-property",
                 "the appliance has no property " + quote(assignment.key))
        .advise(meant ? "Did you mean " + quote(*meant) + "?"
                      : "'ovaport inspect' lists its properties");
  }
  return {};
}

Status resolve_properties(PreparedMachine& machine, const Request& request, Concerns& concerns) {
  std::vector<environment::Assignment> answers;
  for (const environment::Assignment& assignment : request.properties)
    if (knows(machine.view.properties, assignment.key)) answers.push_back(assignment);
  environment::ResolveOptions options;
  options.allow_constants = request.override_constants;
  OVAPORT_TRY(machine.values,
              environment::resolve_properties(machine.view.properties, answers, options, concerns));
  return {};
}

kubevirt::Provenance provenance_of(const Appliance& appliance, const ovf::Content& system) {
  kubevirt::Provenance provenance;
  provenance.source = appliance.source_name;
  provenance.descriptor_digest = std::string(to_string(appliance.descriptor_digest.algorithm)) +
                                 ":" + appliance.descriptor_digest.hex;
  provenance.producer = appliance.envelope.producer;
  for (const ovf::ProductSection* product : ovf::products_in_scope(appliance.envelope, system)) {
    if (product->product.text.empty()) continue;
    provenance.product = ovf::localized(appliance.envelope, product->product);
    provenance.vendor = ovf::localized(appliance.envelope, product->vendor);
    provenance.version = product->full_version.empty() ? product->version : product->full_version;
    break;
  }
  return provenance;
}

Status plan_machine(PreparedMachine& machine, const Prepared& prepared, const Request& request,
                    std::set<std::string>& names, bool only, Concerns& concerns) {
  kubevirt::Choices& choices = machine.choices;
  // With several machines a wished name is the package's, and theirs get their own.
  if (!request.name.empty())
    choices.name = only ? request.name
                        : kubevirt::label_for(request.name + "-" + machine.view.machine.name, 55);
  choices.name_space = request.name_space;
  choices.storage_class = request.storage_class;
  choices.networks = request.networks;
  choices.macs = request.keep_macs ? kubevirt::MacPolicy::keep : kubevirt::MacPolicy::generate;
  choices.start = request.start;
  choices.provenance = provenance_of(prepared.appliance, *machine.view.system);
  OVAPORT_TRY(machine.plan, kubevirt::plan_machine(machine.view.machine, choices, concerns));
  const std::string unique = kubevirt::unique_label(machine.plan.name, names);
  if (unique == machine.plan.name) return {};
  choices.name = unique;
  Concerns repeated;
  OVAPORT_TRY(machine.plan, kubevirt::plan_machine(machine.view.machine, choices, repeated));
  return {};
}

// A disk that is too small for its image is enlarged, but one whose size the user was
// asked for was meant to be so.
Status check_chosen_size(const Prepared& prepared, const ovf::MachineDisk& disk,
                         std::uint64_t image) {
  const ovf::Disk* described = prepared.appliance.envelope.find_disk(disk.disk_id);
  if (described == nullptr || !trimmed(described->capacity).starts_with("${")) return {};
  if (disk.capacity >= image) return {};
  return Error(ErrorKind::choice, "import.disk-too-small",
               "the property that sets the size of disk " + quote(disk.disk_id) + " gives " +
                   std::to_string(disk.capacity) + " bytes, but its image has " +
                   std::to_string(image))
      .in_file(disk.file ? disk.file->href : "")
      .advise("Give a larger size with --prop; disks are never shrunk");
}

Status probe_disks(const Prepared& prepared) {
  for (const PreparedMachine& machine : prepared.machines)
    for (const ovf::MachineDisk& disk : machine.view.machine.disks) {
      OVAPORT_TRY(const disk::DiskChain chain, disk_chain(prepared.appliance, disk));
      if (chain.empty()) continue;
      // Until it is unpacked a gzip file's size is not known.
      if (std::any_of(chain.begin(), chain.end(),
                      [](const disk::DiskInput& input) { return input.size == 0 && !input.range; }))
        continue;
      OVAPORT_TRY(const disk::Image image, disk::probe(chain));
      OVAPORT_CHECK(check_chosen_size(prepared, disk, image.virtual_size));
    }
  return {};
}

void note_unused_disks(Prepared& prepared) {
  std::vector<const ovf::Machine*> machines;
  for (const PreparedMachine& machine : prepared.machines)
    machines.push_back(&machine.view.machine);
  for (Concern& concern : unused_disks(prepared.appliance, machines))
    prepared.concerns.push_back(std::move(concern));
}

Status judge_by_policy(const Request& request, Prepared& prepared) {
  std::vector<SystemView> views;
  for (const PreparedMachine& machine : prepared.machines)
    views.push_back(machine.view);
  for (Concern& concern : check_policy(request.policy, prepared.appliance, views))
    prepared.concerns.push_back(std::move(concern));
  return refuse_critical(request.policy, prepared.concerns, prepared.appliance.descriptor_name);
}

}  // namespace

Status prepare(const Request& request, Prepared& prepared) {
  OVAPORT_TRY(prepared.appliance,
              open_appliance(request.package, {request.trust, request.policy.strict}));
  const Appliance& appliance = prepared.appliance;
  prepared.concerns = appliance.concerns;
  OVAPORT_CHECK(refuse_critical(request.policy, prepared.concerns, appliance.descriptor_name));
  OVAPORT_CHECK(check_manifest(request, appliance));
  OVAPORT_TRY(const auto systems, chosen_systems(request, appliance.envelope));
  for (const ovf::Content* system : systems) {
    PreparedMachine machine;
    auto view =
        view_system(appliance, *system, request.option, request.properties, prepared.concerns);
    if (!view.ok()) return std::move(view).error().in_file(appliance.descriptor_name);
    machine.view = std::move(*view);
    prepared.machines.push_back(std::move(machine));
  }
  OVAPORT_CHECK(judge_by_policy(request, prepared));
  OVAPORT_CHECK(refuse_unknown_properties(prepared, request));
  std::set<std::string> names;
  for (PreparedMachine& machine : prepared.machines) {
    OVAPORT_CHECK(resolve_properties(machine, request, prepared.concerns));
    OVAPORT_CHECK(plan_machine(machine, prepared, request, names, prepared.machines.size() == 1,
                               prepared.concerns));
  }
  OVAPORT_CHECK(refuse_critical(request.policy, prepared.concerns, appliance.descriptor_name));
  OVAPORT_CHECK(check_licences(request, appliance.envelope));
  OVAPORT_CHECK(probe_disks(prepared));
  note_unused_disks(prepared);
  prepared.name =
      prepared.machines.size() == 1 ? prepared.machines.front().plan.name
      : !request.name.empty()
          ? kubevirt::label_for(request.name)
          : kubevirt::label_for(
                ovf::localized(appliance.envelope, appliance.envelope.content.name).empty()
                    ? appliance.envelope.content.id
                    : ovf::localized(appliance.envelope, appliance.envelope.content.name));
  return {};
}

}  // namespace ovaport::imports
