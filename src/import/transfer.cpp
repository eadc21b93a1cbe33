#include "transfer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>

#include "disk_inputs.h"
#include "ovaport/base/file.h"
#include "ovaport/base/text.h"
#include "part_digests.h"
#include "read_through.h"

namespace ovaport::imports {

namespace fs = std::filesystem;

namespace {

std::vector<Digest> promised(const Appliance& appliance, const std::string& name) {
  if (!appliance.manifest) return {};
  const auto digests = appliance.manifest->find(name);
  return {digests.begin(), digests.end()};
}

/// One transfer's surroundings.
struct Transfer {
  const Request& request;
  const Prepared& prepared;
  const fs::path& directory;
  Observer& observer;
  const std::stop_token& stop;
  std::vector<ReadFile>& read;
  Concerns& concerns;
};

Result<ImportedDisk> make_blank(const Transfer& transfer, const std::string& file,
                                std::uint64_t size) {
  const fs::path path = transfer.directory / file;
  OVAPORT_CHECK(write_new_file(path, {}));
  std::error_code failure;
  fs::resize_file(path, size, failure);
  if (failure)
    return system_error("cannot size the blank disk", failure.value()).in_file(path.string());
  ImportedDisk imported;
  imported.file = file;
  imported.size = size;
  return imported;
}

Status check_promises(const package::Entry& entry, const std::vector<Digest>& promises,
                      const std::vector<Digest>& found) {
  for (const Digest& want : promises)
    for (const Digest& have : found) {
      if (have.algorithm != want.algorithm || have == want) continue;
      return Error(ErrorKind::integrity, "import.digest-mismatch",
                   std::string(to_string(want.algorithm)) +
                       " digest does not match the manifest: expected " + want.hex + ", found " +
                       have.hex)
          .in_file(entry.name)
          .advise("The package was damaged or changed; get it again from its vendor");
    }
  return {};
}

/// A pass over a file for its digests alone.
Result<std::vector<Digest>> hash_entry(const package::Package& package, const package::Entry& entry,
                                       const std::vector<Digest>& promises,
                                       const std::stop_token& stop, Observer& observer) {
  PartDigests digests;
  digests.expect(entry, promises);
  OVAPORT_TRY(const auto source, digests.open(package, entry));
  std::uint64_t done = 0;
  OVAPORT_CHECK(read_through(*source, stop, [&](std::span<const std::byte> bytes) -> Status {
    observer.advance(done += bytes.size(), entry.size);
    return {};
  }));
  return *digests.of(entry);
}

/// A file in chunks or packed by gzip on its way into a disk.
struct PackedFile {
  StoredFile stored;
  std::shared_ptr<PartDigests> digests;
};

/// One disk and its files.
class ChainTransfer {
 public:
  ChainTransfer(const Transfer& transfer, disk::DiskChain chain, std::uint64_t capacity)
      : transfer_(transfer), chain_(std::move(chain)), capacity_(capacity) {}

  Result<ImportedDisk> run(const std::string& file) {
    transfer_.observer.step("DiskTransfer", chain_.back().name);
    auto report = decode(file);
    if (!report.ok()) return explain(std::move(report).error());
    transfer_.concerns.insert(transfer_.concerns.end(), report->concerns.begin(),
                              report->concerns.end());
    imported_.file = file;
    imported_.source = chain_.back().name;
    imported_.size = report->size;
    imported_.written = report->written;
    imported_.verified = true;
    take_digests(*report);
    OVAPORT_CHECK(check_parts());
    return std::move(imported_);
  }

 private:
  Result<disk::DecodeReport> decode(const std::string& file) {
    for (disk::DiskInput& input : chain_)
      OVAPORT_CHECK(watch(input));
    disk::DecodeOptions options;
    options.capacity = capacity_;
    options.workers = transfer_.request.workers;
    options.stop = transfer_.stop;
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
      transfer_.observer.advance(done, total);
    };
    return disk::decode(chain_, transfer_.directory / file, options);
  }

  // The parts of such a file are digested while it is decoded. The decoder must know its
  // size: unpacking once more to learn that is cheaper than room for a copy.
  Status watch(disk::DiskInput& input) {
    const Appliance& appliance = transfer_.prepared.appliance;
    OVAPORT_TRY(const auto stored, packed_file(appliance, input));
    if (!stored) return {};
    auto digests = std::make_shared<PartDigests>();
    for (const package::Entry* part : stored->parts)
      digests->expect(*part, promised(appliance, part->name));
    packed_.emplace(input.name, PackedFile{*stored, digests});
    if (stored->gzip) {
      OVAPORT_TRY(input.size,
                  unpacked_size(*appliance.package, *stored, capacity_, transfer_.stop));
    }
    input.open = [package = &*appliance.package, stored = *stored, digests] {
      return open_stored_file(*package, stored, [package, digests](const package::Entry& part) {
        return digests->open(*package, part);
      });
    };
    return {};
  }

  void take_digests(const disk::DecodeReport& report) {
    for (const disk::FileDigests& read : report.files) {
      // Of a packed file only the parts have digests that mean something to others.
      if (packed_.count(read.name) != 0) continue;
      if (read.name == imported_.source) imported_.digests = read.digests;
      imported_.verified = imported_.verified && read.verified;
      for (const Digest& digest : read.digests)
        if (digest.algorithm == DigestAlgorithm::sha256)
          transfer_.read.push_back({read.name, digest});
    }
  }

  Status check_parts() {
    for (const auto& [name, file] : packed_)
      for (const package::Entry* part : file.stored.parts) {
        const std::vector<Digest> promises = promised(transfer_.prepared.appliance, part->name);
        imported_.verified = imported_.verified && !promises.empty();
        // Padding behind packed data is nothing that the decoder reads.
        auto found = file.digests->of(*part);
        if (!found) {
          OVAPORT_TRY(found, hash(*part, promises));
        }
        OVAPORT_CHECK(check_promises(*part, promises, *found));
        transfer_.read.push_back({part->name, found->front()});
      }
    return {};
  }

  // Damage shows first as data that cannot be unpacked, or the like. If a part is not
  // what the manifest says, that is what people need to hear.
  [[nodiscard]] Error explain(Error failure) const {
    if (failure.kind != ErrorKind::integrity && failure.kind != ErrorKind::invalid) return failure;
    for (const auto& [name, file] : packed_)
      for (const package::Entry* part : file.stored.parts) {
        const std::vector<Digest> promises = promised(transfer_.prepared.appliance, part->name);
        if (promises.empty()) continue;
        const auto found = hash(*part, promises);
        if (!found.ok()) return failure;
        if (auto checked = check_promises(*part, promises, *found); !checked.ok())
          return std::move(checked).error();
      }
    return failure;
  }

  [[nodiscard]] Result<std::vector<Digest>> hash(const package::Entry& part,
                                                 const std::vector<Digest>& promises) const {
    return hash_entry(*transfer_.prepared.appliance.package, part, promises, transfer_.stop,
                      transfer_.observer);
  }

  const Transfer& transfer_;
  disk::DiskChain chain_;
  std::uint64_t capacity_;
  std::map<std::string, PackedFile> packed_;
  ImportedDisk imported_;
};

// The plan's, but in a compressed package as they lie there: each step back unpacks it
// from its start.
std::vector<std::size_t> transfer_order(const Appliance& appliance,
                                        const PreparedMachine& machine) {
  std::vector<std::size_t> order(machine.plan.disks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (appliance.package->kind() != package::Kind::packed) return order;
  std::map<std::size_t, std::size_t> places;
  for (const std::size_t i : order) {
    const ovf::MachineDisk& disk = machine.view.machine.disks[i];
    if (!disk.file) continue;
    // One that is not there is an error when its turn comes.
    if (const auto stored = stored_file(appliance, disk.file->href); stored.ok())
      places[i] =
          static_cast<std::size_t>(stored->parts.front() - appliance.package->entries().data());
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return places[a] < places[b]; });
  return order;
}

}  // namespace

Result<std::vector<ImportedDisk>> transfer_disks(const Request& request, const Prepared& prepared,
                                                 const PreparedMachine& machine,
                                                 const fs::path& directory, Observer& observer,
                                                 const std::stop_token& stop,
                                                 std::vector<ReadFile>& read, Concerns& concerns) {
  const Transfer transfer{request, prepared, directory, observer, stop, read, concerns};
  std::vector<ImportedDisk> imported(machine.plan.disks.size());
  for (const std::size_t i : transfer_order(prepared.appliance, machine)) {
    const kubevirt::PlannedDisk& disk = machine.plan.disks[i];
    const std::string file = disk.claim + ".raw";
    const std::uint64_t capacity = machine.view.machine.disks[i].capacity;
    OVAPORT_TRY(const disk::DiskChain chain,
                disk_chain(prepared.appliance, machine.view.machine.disks[i]));
    OVAPORT_TRY(imported[i], chain.empty() ? make_blank(transfer, file, disk.size)
                                           : ChainTransfer(transfer, chain, capacity).run(file));
  }
  for (const kubevirt::PlannedCdrom& cdrom : machine.plan.cdroms) {
    OVAPORT_TRY(disk::DiskInput input, disk_input(prepared.appliance, cdrom.source));
    OVAPORT_TRY(auto made,
                ChainTransfer(transfer, {std::move(input)}, 0).run(cdrom.claim + ".raw"));
    imported.push_back(std::move(made));
  }
  return imported;
}

Status verify_rest(const Prepared& prepared, Observer& observer, const std::stop_token& stop,
                   std::vector<ReadFile>& read) {
  const Appliance& appliance = prepared.appliance;
  std::set<std::string> done{appliance.descriptor_name};
  for (const ReadFile& file : read)
    done.insert(file.name);
  for (const package::Entry& entry : appliance.package->entries()) {
    const std::vector<Digest> promises = promised(appliance, entry.name);
    if (promises.empty() || done.count(entry.name) != 0) continue;
    observer.step("Verify", entry.name);
    OVAPORT_TRY(const auto found, hash_entry(*appliance.package, entry, promises, stop, observer));
    OVAPORT_CHECK(check_promises(entry, promises, found));
    read.push_back({entry.name, found.front()});
  }
  return {};
}

Digest content_digest(const Appliance& appliance, std::vector<ReadFile> read) {
  read.push_back({appliance.descriptor_name, appliance.descriptor_digest});
  std::sort(read.begin(), read.end(),
            [](const ReadFile& a, const ReadFile& b) { return a.name < b.name; });
  std::string text;
  std::string last;
  for (const ReadFile& file : read) {
    // A file that two disks share is read twice but counts once.
    if (file.name != last) text += "SHA256(" + file.name + ")= " + file.sha256.hex + "\n";
    last = file.name;
  }
  return digest_of(DigestAlgorithm::sha256, text);
}

}  // namespace ovaport::imports
