#include "prepare.h"

#include <algorithm>
#include <map>
#include <set>

#include "disk_inputs.h"
#include "ovaport/base/text.h"
#include "ovaport/kubevirt/machine_plan.h"
#include "ovaport/kubevirt/names.h"
#include "property_answers.h"

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

std::vector<const ovf::Content*> path_of(const Prepared& prepared, const ovf::Content& system) {
  return prepared.appliance.envelope.path_to(system);
}

// Several systems share the user's answers: each takes what is meant for it.
Status resolve_properties(Prepared& prepared, const Request& request) {
  std::vector<Answers> answers;
  std::vector<const std::vector<environment::PropertyDefinition>*> definitions;
  for (const PreparedMachine& machine : prepared.machines) {
    definitions.push_back(&machine.view.properties);
    answers.push_back(answers_for(path_of(prepared, *machine.view.system), machine.view.properties,
                                  request.properties));
  }
  OVAPORT_CHECK(check_answers(request.properties, answers, definitions));
  environment::ResolveOptions options;
  options.allow_constants = request.override_constants;
  for (std::size_t i = 0; i < prepared.machines.size(); ++i) {
    PreparedMachine& machine = prepared.machines[i];
    OVAPORT_TRY(machine.values,
                environment::resolve_properties(machine.view.properties, answers[i].assignments,
                                                options, prepared.concerns));
  }
  return {};
}

void collect_collections(const Prepared& prepared, const ovf::Content& content,
                         std::vector<const ovf::Content*>& collections) {
  if (content.kind == ovf::ContentKind::collection) collections.push_back(&content);
  for (const ovf::Content& child : content.children)
    collect_collections(prepared, child, collections);
}

// Their concerns and errors are those of the machines inside, reported there.
void resolve_collections(Prepared& prepared, const Request& request,
                         environment::AddressPool& addresses) {
  const ovf::Envelope& envelope = prepared.appliance.envelope;
  std::vector<const ovf::Content*> collections;
  for (const ovf::Content& child : envelope.content.children)
    collect_collections(prepared, child, collections);
  environment::ResolveOptions lenient;
  lenient.allow_constants = lenient.allow_missing = true;
  for (const ovf::Content* collection : collections) {
    Concerns ignored;
    const auto path = path_of(prepared, *collection);
    auto definitions =
        environment::define_properties(path, option_in_force(envelope, request.option), ignored);
    // Members see them as inherited, and so get the same addresses.
    for (auto& definition : definitions)
      definition.inherited = true;
    definitions = environment::apply_profiles(std::move(definitions), addresses, ignored);
    const auto answers = answers_for(path, definitions, request.properties).assignments;
    auto values = environment::resolve_properties(definitions, answers, lenient, ignored);
    if (values.ok()) prepared.collections.emplace(collection, std::move(*values));
  }
}

Status check_ip_profiles(const Request& request, const ovf::Envelope& envelope) {
  std::vector<std::string> known;
  for (const ovf::Network& network : envelope.networks)
    known.push_back(network.name);
  for (const environment::IpProfile& profile : request.ip_profiles) {
    if (std::find(known.begin(), known.end(), profile.network) != known.end()) continue;
    const auto meant = nearest(profile.network, known);
    return Error(ErrorKind::choice, "import.unknown-network",
                 "the package has no network " + quote(profile.network) + ", which --ip names")
        .advise(meant ? "Did you mean " + quote(*meant) + "?"
                      : "'ovaport inspect --json' lists its networks");
  }
  return {};
}

void note_ip_scheme(const Request& request, const ovf::Content& system, Prepared& prepared) {
  const ovf::IpAssignment* assignment = prepared.appliance.envelope.ip_assignment_of(system);
  if (assignment == nullptr || assignment->schemes.empty()) return;
  const auto& schemes = assignment->schemes;
  for (const environment::IpProfile& profile : request.ip_profiles) {
    const std::string_view scheme = profile.dhcp ? "dhcp" : "ovfenv";
    const bool supported =
        std::any_of(schemes.begin(), schemes.end(),
                    [&](const std::string& text) { return equal_ignoring_case(text, scheme); });
    if (supported) continue;
    Concern concern;
    concern.code = "import.ip-scheme";
    concern.message = std::string("the appliance does not say that it can be given addresses ") +
                      (profile.dhcp ? "by DHCP" : "by properties") + ", as is chosen for network " +
                      quote(profile.network);
    concern.element = system.id;
    prepared.concerns.push_back(std::move(concern));
  }
}

std::string digest_suffix(std::string_view text) {
  constexpr std::size_t kDigits = 8;
  return "-" + digest_of(DigestAlgorithm::sha256, text).hex.substr(0, kDigits);
}

kubevirt::Placement placement_of(const Request& request, const ovf::Content& system,
                                 Prepared& prepared) {
  const ovf::Envelope& envelope = prepared.appliance.envelope;
  const ovf::PlacementGroup* group = envelope.placement_of(system);
  if (group == nullptr) return {};
  const bool together = equal_ignoring_case(group->policy, "affinity");
  if (!together && !equal_ignoring_case(group->policy, "availability")) {
    Concern concern;
    concern.code = "import.placement-policy";
    concern.message = "the placement policy " + quote(group->policy) + " of group " +
                      quote(group->id) + " is unknown; its machines are placed freely";
    concern.element = system.id;
    concern.line = group->line;
    prepared.concerns.push_back(std::move(concern));
    return {};
  }
  // The same appliance under another name is another group.
  const std::string seed =
      prepared.appliance.descriptor_digest.hex + " " + request.name + " " + group->id;
  constexpr std::size_t kRoom = 50;
  return {kubevirt::label_for(group->id, kRoom) + digest_suffix(seed), together};
}

std::vector<std::pair<std::string, std::string>> start_annotations(const Prepared& prepared,
                                                                   const ovf::Content& system) {
  if (!prepared.start.ordered) return {};
  for (const ovf::StartStep& step : prepared.start.steps) {
    if (step.system != &system) continue;
    std::vector<std::pair<std::string, std::string>> all{
        {"start-stage", std::to_string(step.stage)},
        {"start-action", step.start ? "powerOn" : "none"},
        {"start-delay", std::to_string(step.start_delay)},
        {"waiting-for-guest", step.wait_for_guest ? "true" : "false"},
        {"stop-action", std::string(to_string(step.stop_action))},
        {"stop-delay", std::to_string(step.stop_delay)}};
    if (step.install_boot)
      all.emplace_back("initial-boot-stop-delay", std::to_string(*step.install_boot));
    return all;
  }
  return {};
}

void prepare_start(const Request& request, Prepared& prepared) {
  Concerns said_when_opened;
  prepared.start = ovf::start_sequence(prepared.appliance.envelope, said_when_opened);
  for (const ovf::StartStep& step : prepared.start.steps)
    if (step.wait_for_guest)
      prepared.concerns.push_back(
          {"import.waits-for-guest", Severity::warning,
           "the start sequence waits for the guest of " + quote(step.system->id) +
               ": until its QEMU guest agent answers, or for a bounded time where it has none",
           "", "", step.system->id, step.system->line});
  if (request.start && prepared.start.ordered && prepared.machines.size() > 1)
    prepared.concerns.push_back(
        {"import.start-order", Severity::warning,
         "the machines have to start in an order, so they do not start when they are applied",
         "Run start.sh when the disks are uploaded", "", "", 0});
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

Status plan_machine(PreparedMachine& machine, Prepared& prepared, const Request& request) {
  const bool only = prepared.machines.size() == 1;
  kubevirt::Choices& choices = machine.choices;
  // With several machines a wished name is the package's, and theirs get their own.
  if (!request.name.empty())
    choices.name = only ? request.name
                        : kubevirt::label_for(request.name + "-" + machine.view.machine.name, 55);
  choices.name_space = request.name_space;
  choices.storage_class = request.storage_class;
  choices.networks = request.networks;
  choices.macs = request.keep_macs ? kubevirt::MacPolicy::keep : kubevirt::MacPolicy::generate;
  choices.start = request.start && (only || !prepared.start.ordered);
  choices.placement = placement_of(request, *machine.view.system, prepared);
  choices.annotations = start_annotations(prepared, *machine.view.system);
  choices.provenance = provenance_of(prepared.appliance, *machine.view.system);
  OVAPORT_TRY(machine.plan,
              kubevirt::plan_machine(machine.view.machine, choices, prepared.concerns));
  return {};
}

// Machines of one name each get a mark made of their ids, which are the same in every
// import, whichever of them is imported with it.
Status separate_names(Prepared& prepared) {
  std::map<std::string, int> counts;
  for (const PreparedMachine& machine : prepared.machines)
    ++counts[machine.plan.name];
  std::set<std::string> used;
  for (const auto& [name, count] : counts)
    if (count == 1) used.insert(name);
  for (PreparedMachine& machine : prepared.machines) {
    if (counts[machine.plan.name] == 1) continue;
    const std::string wished =
        kubevirt::child_label(machine.plan.name, digest_suffix(machine.view.system->id));
    machine.choices.name = kubevirt::unique_label(wished, used);
    Concerns repeated;
    OVAPORT_TRY(machine.plan,
                kubevirt::plan_machine(machine.view.machine, machine.choices, repeated));
  }
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

// The format is a URI of the producer's choice; most have the name of a format in them.
std::optional<bool> says(std::string_view uri, disk::Format format) {
  using disk::Format;
  const std::string text = to_lower(uri);
  const auto has = [&](const char* word) { return text.find(word) != std::string::npos; };
  if (has("vmdk"))
    return format == Format::vmdk_stream_optimized || format == Format::vmdk_sparse ||
           format == Format::vmdk_split;
  if (has("vhd")) return format == Format::vhd || format == Format::vhdx;
  if (has("qcow")) return format == Format::qcow2;
  if (has("vdi")) return format == Format::vdi;
  return std::nullopt;
}

void check_format(Prepared& prepared, const ovf::MachineDisk& disk, disk::Format format) {
  const ovf::Disk* described = prepared.appliance.envelope.find_disk(disk.disk_id);
  if (described == nullptr || says(described->format, format).value_or(true)) return;
  Concern concern;
  concern.code = "import.disk-format";
  concern.message = "the descriptor says the format " + quote(described->format) +
                    ", but the image is " + std::string(to_string(format)) + "; its bytes count";
  concern.file = disk.file ? disk.file->href : "";
  concern.line = described->line;
  prepared.concerns.push_back(std::move(concern));
}

Status probe_disks(Prepared& prepared) {
  for (const PreparedMachine& machine : prepared.machines)
    for (const ovf::MachineDisk& disk : machine.view.machine.disks) {
      OVAPORT_TRY(const disk::DiskChain chain, disk_chain(prepared.appliance, disk));
      if (chain.empty()) continue;
      // Until it is unpacked a gzip file's size is not known.
      if (std::any_of(chain.begin(), chain.end(),
                      [](const disk::DiskInput& input) { return input.size == 0 && !input.range; }))
        continue;
      OVAPORT_TRY(const disk::Image image, disk::probe(chain));
      check_format(prepared, disk, image.format);
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

Status prepare(const Request& request, const AdoptedFiles& adopted, Prepared& prepared,
               const std::stop_token& stop) {
  OVAPORT_TRY(
      prepared.appliance,
      open_appliance(request.package, {request.trust, request.policy.strict, stop, adopted}));
  const Appliance& appliance = prepared.appliance;
  prepared.concerns = appliance.concerns;
  OVAPORT_CHECK(refuse_critical(request.policy, prepared.concerns, appliance.descriptor_name));
  OVAPORT_CHECK(check_manifest(request, appliance));
  OVAPORT_TRY(const auto systems, chosen_systems(request, appliance.envelope));
  OVAPORT_CHECK(check_ip_profiles(request, appliance.envelope));
  environment::AddressPool addresses(request.ip_profiles);
  const ViewChoices choices{request.option, request.languages, request.properties, &addresses};
  for (const ovf::Content* system : systems) {
    note_ip_scheme(request, *system, prepared);
    PreparedMachine machine;
    auto view = view_system(appliance, *system, choices, prepared.concerns);
    if (!view.ok()) return std::move(view).error().in_file(appliance.descriptor_name);
    machine.view = std::move(*view);
    prepared.machines.push_back(std::move(machine));
  }
  OVAPORT_CHECK(judge_by_policy(request, prepared));
  resolve_collections(prepared, request, addresses);
  OVAPORT_CHECK(resolve_properties(prepared, request));
  prepare_start(request, prepared);
  for (PreparedMachine& machine : prepared.machines)
    OVAPORT_CHECK(plan_machine(machine, prepared, request));
  OVAPORT_CHECK(separate_names(prepared));
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
