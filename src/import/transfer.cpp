#include "transfer.h"

#include <algorithm>
#include <set>

#include "disk_inputs.h"
#include "ovaport/base/file.h"
#include "ovaport/base/text.h"

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

Status hash_entry(const Prepared& prepared, const package::Entry& entry,
                  const std::vector<Digest>& promises, const std::stop_token& stop,
                  Observer& observer, std::vector<ReadFile>& read) {
  OVAPORT_TRY(const auto source, prepared.appliance.package->stream(entry));
  Hasher sha256(DigestAlgorithm::sha256);
  std::vector<Hasher> wanted;
  wanted.reserve(promises.size());
  for (const Digest& want : promises)
    wanted.emplace_back(want.algorithm);
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  std::uint64_t done = 0;
  while (true) {
    if (stop.stop_requested())
      return Error(ErrorKind::cancelled, "import.cancelled", "stopped on request");
    OVAPORT_TRY(const std::size_t got, source->read(buffer));
    if (got == 0) break;
    const auto bytes = std::span<const std::byte>(buffer).first(got);
    sha256.update(bytes);
    for (Hasher& hasher : wanted)
      hasher.update(bytes);
    observer.advance(done += got, entry.size);
  }
  for (std::size_t i = 0; i < promises.size(); ++i) {
    const Digest& want = promises[i];
    const Digest found = wanted[i].finish();
    if (found == want) continue;
    return Error(ErrorKind::integrity, "import.digest-mismatch",
                 std::string(to_string(want.algorithm)) +
                     " digest does not match the manifest: expected " + want.hex + ", found " +
                     found.hex)
        .in_file(entry.name)
        .advise("The package was damaged or changed; get it again from its vendor");
  }
  read.push_back({entry.name, sha256.finish()});
  return {};
}

/// What a look at a file in chunks or packed by gzip gave.
struct PackedFile {
  bool is_packed = false;
  bool verified = false;  ///< The manifest covers all its parts.
};

// Packed data may unpack to no more than a disk of that capacity can need.
std::uint64_t largest_unpacked(std::uint64_t capacity) {
  constexpr std::uint64_t kMost = 1ULL << 46;
  constexpr std::uint64_t kSlack = 64ULL << 20;
  if (capacity == 0 || capacity >= kMost / 2) return kMost;
  return capacity + capacity / 16 + kSlack;
}

Result<std::uint64_t> unpacked_size(const Transfer& transfer, const StoredFile& stored,
                                    std::uint64_t limit) {
  OVAPORT_TRY(const auto source, open_stored_file(*transfer.prepared.appliance.package, stored));
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  std::uint64_t size = 0;
  while (true) {
    if (transfer.stop.stop_requested())
      return Error(ErrorKind::cancelled, "import.cancelled", "stopped on request");
    OVAPORT_TRY(const std::size_t got, source->read(buffer));
    size += got;
    if (size > limit)
      return Error(ErrorKind::invalid, "import.unpacked-too-large",
                   "unpacks to more than " + format_bytes(limit) +
                       ", which is more than its disk can need")
          .in_file(stored.name);
    if (got == 0) return size;
  }
}

// The parts are verified before a byte of them is unpacked; unpacking once to learn the
// size is cheaper than room for a copy.
Result<PackedFile> read_packed(const Transfer& transfer, disk::DiskInput& input,
                               std::uint64_t capacity) {
  const Appliance& appliance = transfer.prepared.appliance;
  PackedFile result;
  if (input.range || !input.expected.empty()) return result;
  for (const ovf::File& file : appliance.envelope.files) {
    OVAPORT_TRY(const StoredFile stored, stored_file(appliance, file.href));
    if (stored.name != input.name || stored.is_plain()) continue;
    result = {true, true};
    for (const package::Entry* part : stored.parts) {
      const std::vector<Digest> promises = promised(appliance, part->name);
      result.verified = result.verified && !promises.empty();
      OVAPORT_CHECK(hash_entry(transfer.prepared, *part, promises, transfer.stop, transfer.observer,
                               transfer.read));
    }
    if (!stored.gzip) return result;
    OVAPORT_TRY(input.size, unpacked_size(transfer, stored, largest_unpacked(capacity)));
    return result;
  }
  return result;
}

Result<ImportedDisk> decode_chain(const Transfer& transfer, disk::DiskChain chain,
                                  const std::string& file, std::uint64_t capacity) {
  const std::string& name = chain.back().name;
  transfer.observer.step("DiskTransfer", name);
  std::set<std::string> packed;
  bool verified = true;
  for (disk::DiskInput& input : chain) {
    OVAPORT_TRY(const PackedFile file_pass, read_packed(transfer, input, capacity));
    if (file_pass.is_packed) packed.insert(input.name);
    verified = verified && (!file_pass.is_packed || file_pass.verified);
  }
  disk::DecodeOptions options;
  options.capacity = capacity;
  options.workers = transfer.request.workers;
  options.stop = transfer.stop;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    transfer.observer.advance(done, total);
  };
  OVAPORT_TRY(auto report, disk::decode(chain, transfer.directory / file, options));
  transfer.concerns.insert(transfer.concerns.end(), report.concerns.begin(), report.concerns.end());
  ImportedDisk imported;
  imported.file = file;
  imported.source = name;
  imported.size = report.size;
  imported.written = report.written;
  imported.verified = verified;
  for (const disk::FileDigests& read : report.files) {
    // Of a packed file only the parts have digests that mean something to others.
    if (packed.count(read.name) != 0) continue;
    if (read.name == name) imported.digests = read.digests;
    imported.verified = imported.verified && read.verified;
    for (const Digest& digest : read.digests)
      if (digest.algorithm == DigestAlgorithm::sha256) transfer.read.push_back({read.name, digest});
  }
  return imported;
}

}  // namespace

Result<std::vector<ImportedDisk>> transfer_disks(const Request& request, const Prepared& prepared,
                                                 const PreparedMachine& machine,
                                                 const fs::path& directory, Observer& observer,
                                                 const std::stop_token& stop,
                                                 std::vector<ReadFile>& read, Concerns& concerns) {
  const Transfer transfer{request, prepared, directory, observer, stop, read, concerns};
  std::vector<ImportedDisk> imported;
  for (std::size_t i = 0; i < machine.plan.disks.size(); ++i) {
    const kubevirt::PlannedDisk& disk = machine.plan.disks[i];
    const std::string file = disk.claim + ".raw";
    const std::uint64_t capacity = machine.view.machine.disks[i].capacity;
    OVAPORT_TRY(const disk::DiskChain chain,
                disk_chain(prepared.appliance, machine.view.machine.disks[i]));
    OVAPORT_TRY(auto made, chain.empty() ? make_blank(transfer, file, disk.size)
                                         : decode_chain(transfer, chain, file, capacity));
    imported.push_back(std::move(made));
  }
  for (const kubevirt::PlannedCdrom& cdrom : machine.plan.cdroms) {
    OVAPORT_TRY(disk::DiskInput input, disk_input(prepared.appliance, cdrom.source));
    OVAPORT_TRY(auto made, decode_chain(transfer, {std::move(input)}, cdrom.claim + ".raw", 0));
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
    OVAPORT_CHECK(hash_entry(prepared, entry, promises, stop, observer, read));
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
