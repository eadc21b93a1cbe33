#include "disk_inputs.h"

#include <algorithm>
#include <set>

#include "ovaport/base/text.h"

namespace ovaport::imports {

namespace {

// ovf:format is a URI of the producer's choice; those of raw disks say so.
bool states_raw(const Appliance& appliance, const std::string& href) {
  for (const ovf::File& file : appliance.envelope.files)
    for (const ovf::Disk& disk : appliance.envelope.disks)
      if (file.href == href && disk.file_ref == file.id)
        return to_lower(disk.format).find("raw") != std::string::npos;
  return false;
}

disk::DiskInput input_of(const Appliance& appliance, const package::Entry& entry) {
  const package::Package* package = &*appliance.package;
  disk::DiskInput input;
  input.name = entry.name;
  input.size = entry.size;
  input.range = entry.range;
  if (appliance.manifest) {
    const auto digests = appliance.manifest->find(entry.name);
    input.expected.assign(digests.begin(), digests.end());
  }
  input.open = [package, entry = &entry] { return package->stream(*entry); };
  return input;
}

/// The entry in the same folder: by its exact name, else by its name in another case.
const package::Entry* beside(const package::Package& package, const package::Entry& entry,
                             std::string_view name) {
  const std::string wanted = entry.name.substr(0, entry.name.rfind('/') + 1) + std::string(name);
  const auto& entries = package.entries();
  auto found = std::find_if(entries.begin(), entries.end(),
                            [&](const package::Entry& other) { return other.name == wanted; });
  if (found == entries.end())
    found = std::find_if(entries.begin(), entries.end(), [&](const package::Entry& other) {
      return equal_ignoring_case(other.name, wanted);
    });
  return found == entries.end() ? nullptr : &*found;
}

Error not_in_package(std::string_view name) {
  return {ErrorKind::invalid, "import.missing-file", "the package does not hold " + quote(name)};
}

Result<disk::DiskInput> file_of(const Appliance& appliance, const ovf::Disk& disk) {
  const ovf::File* file = appliance.envelope.find_file(disk.file_ref);
  if (file == nullptr) return not_in_package(disk.file_ref);
  return disk_input(appliance, file->href);
}

// Envelopes with cycles were refused before; the bound keeps this end in sight anyway.
Result<std::vector<const ovf::Disk*>> ancestors(const ovf::Envelope& envelope,
                                                const ovf::MachineDisk& disk) {
  std::vector<const ovf::Disk*> found;
  for (std::string id = disk.parent_disk_id; !id.empty(); id = found.back()->parent_ref) {
    const ovf::Disk* parent = envelope.find_disk(id);
    if (parent == nullptr || found.size() == envelope.disks.size())
      return Error(ErrorKind::invalid, "import.delta-parent",
                   "the disk " + quote(disk.disk_id) + " is a delta of the disk " + quote(id) +
                       ", which is not in the DiskSection or is its own ancestor");
    found.push_back(parent);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

}  // namespace

Result<StoredFile> stored_file(const Appliance& appliance, const std::string& href) {
  const auto& files = appliance.envelope.files;
  const auto file = std::find_if(files.begin(), files.end(),
                                 [&](const ovf::File& each) { return each.href == href; });
  if (file == files.end()) return not_in_package(href);
  Concerns repeated;
  return find_stored_file(*appliance.package, *file, repeated);
}

Result<disk::DiskInput> disk_input(const Appliance& appliance, const std::string& href) {
  OVAPORT_TRY(const StoredFile stored, stored_file(appliance, href));
  const package::Entry* entry = stored.parts.front();
  disk::DiskInput input = input_of(appliance, *entry);
  if (!stored.is_plain()) {
    input.size = stored.gzip ? 0 : stored.size;
    input.range.reset();
    input.expected.clear();
    input.open = [package = &*appliance.package, stored] {
      return open_stored_file(*package, stored);
    };
  }
  input.stated_raw = states_raw(appliance, href);
  input.sibling = [&appliance, entry](std::string_view name) -> Result<disk::DiskInput> {
    const package::Entry* other = beside(*appliance.package, *entry, name);
    if (other == nullptr) return not_in_package(name);
    return input_of(appliance, *other);
  };
  return input;
}

Result<std::optional<StoredFile>> packed_file(const Appliance& appliance,
                                              const disk::DiskInput& input) {
  if (input.range || !input.expected.empty()) return std::optional<StoredFile>();
  for (const ovf::File& file : appliance.envelope.files) {
    auto stored = stored_file(appliance, file.href);
    if (stored.ok() && stored->name == input.name && !stored->is_plain())
      return std::optional(std::move(*stored));
  }
  return std::optional<StoredFile>();
}

Result<disk::DiskChain> disk_chain(const Appliance& appliance, const ovf::MachineDisk& disk) {
  disk::DiskChain chain;
  OVAPORT_TRY(const auto parents, ancestors(appliance.envelope, disk));
  for (const ovf::Disk* parent : parents) {
    if (parent->file_ref.empty() && chain.empty())
      return Error(ErrorKind::unsupported, "import.delta-parent",
                   "the disk " + quote(disk.disk_id) + " is a delta of the disk " +
                       quote(parent->disk_id) + ", which has no file")
          .advise("Export the appliance again with consolidated disks");
    if (parent->file_ref.empty()) continue;
    OVAPORT_TRY(disk::DiskInput input, file_of(appliance, *parent));
    chain.push_back(std::move(input));
  }
  if (!disk.file) return chain;
  OVAPORT_TRY(disk::DiskInput input, disk_input(appliance, disk.file->href));
  chain.push_back(std::move(input));
  return chain;
}

Concerns unused_disks(const Appliance& appliance,
                      const std::vector<const ovf::Machine*>& machines) {
  const ovf::Envelope& envelope = appliance.envelope;
  std::set<std::string> used;
  for (const ovf::Machine* machine : machines)
    for (const ovf::MachineDisk& disk : machine->disks) {
      used.insert(disk.disk_id);
      if (const auto parents = ancestors(envelope, disk); parents.ok())
        for (const ovf::Disk* parent : *parents)
          used.insert(parent->disk_id);
    }
  Concerns concerns;
  for (const ovf::Disk& disk : envelope.disks) {
    if (used.count(disk.disk_id) != 0) continue;
    Concern concern;
    concern.code = "import.disk-not-attached";
    concern.message =
        "the disk " + quote(disk.disk_id) + " belongs to no machine of this import and is left out";
    concern.advice = "Choose another deployment option or more virtual systems if you need it";
    concern.file = appliance.descriptor_name;
    concern.element = "Disk";
    concern.line = disk.line;
    concerns.push_back(std::move(concern));
  }
  return concerns;
}

}  // namespace ovaport::imports
