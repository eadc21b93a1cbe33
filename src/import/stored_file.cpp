#include "stored_file.h"

#include <algorithm>
#include <array>
#include <set>

#include "ovaport/base/text.h"
#include "ovaport/package/packed_stream.h"
#include "read_through.h"
#include "remote_files.h"

namespace ovaport::imports {

namespace {

constexpr std::size_t kSuffixDigits = 9;

std::string chunk_name(const std::string& href, std::size_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < kSuffixDigits) digits.insert(0, kSuffixDigits - digits.size(), '0');
  return href + "." + digits;
}

Concern finding(std::string_view code, std::string message, const ovf::File& file,
                Severity severity = Severity::warning) {
  Concern concern;
  concern.code = code;
  concern.severity = severity;
  concern.message = std::move(message);
  concern.file = file.href;
  concern.line = file.line;
  return concern;
}

Error wrong_chunk(const package::Entry& chunk, std::uint64_t expected) {
  return Error(ErrorKind::integrity, "import.chunk-size",
               "the chunk has " + std::to_string(chunk.size) +
                   " bytes; by the descriptor it should have " + std::to_string(expected))
      .in_file(chunk.name)
      .advise("The package was damaged or changed; get it again from its vendor");
}

/// Numbers of the chunks of `href` that the package holds, in order. The descriptor's
/// folder counts, and so does a percent-encoded name.
std::vector<std::pair<std::size_t, const package::Entry*>> chunks_of(
    const package::Package& package, const std::string& href) {
  const std::string& descriptor = package.descriptor().name;
  const std::string folder = descriptor.substr(0, descriptor.rfind('/') + 1);
  const std::set<std::string> starts{folder + href + ".", folder + percent_decoded(href) + "."};
  std::vector<std::pair<std::size_t, const package::Entry*>> found;
  for (const std::string& start : starts)
    for (const package::Entry* entry : package.starting_with(start)) {
      const std::string_view digits = std::string_view(entry->name).substr(start.size());
      if (digits.size() != kSuffixDigits) continue;
      if (const auto number = parse_unsigned(digits))
        found.emplace_back(static_cast<std::size_t>(*number), entry);
    }
  std::sort(found.begin(), found.end());
  return found;
}

Status take_chunks(const std::vector<std::pair<std::size_t, const package::Entry*>>& chunks,
                   const ovf::File& file, StoredFile& stored, Concerns& concerns) {
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const auto& [number, entry] = chunks[i];
    if (number != i)
      return Error(ErrorKind::invalid, "import.chunk-missing",
                   "the package holds " + quote(entry->name) + ", but not " +
                       quote(chunk_name(file.href, i)))
          .in_file(file.href)
          .advise("Get the complete package");
    const bool last = i + 1 == chunks.size();
    if ((!last && entry->size != *file.chunk_size) || entry->size > *file.chunk_size)
      return wrong_chunk(*entry, *file.chunk_size);
    stored.parts.push_back(entry);
    stored.size += entry->size;
  }
  // Some write the size of the unpacked file; a packed one tells itself when it is cut.
  if (file.size && stored.size != *file.size && file.compression != "gzip")
    return Error(ErrorKind::integrity, "import.chunk-size",
                 "the chunks have " + std::to_string(stored.size) +
                     " bytes together; the descriptor says " + std::to_string(*file.size))
        .in_file(file.href)
        .advise("Get the complete package");
  if (!file.size && chunks.back().second->size == *file.chunk_size)
    concerns.push_back(finding("import.chunk-count",
                               "the last chunk is full and the descriptor gives no size, so that "
                               "nothing shows whether more should follow",
                               file));
  return {};
}

Result<StoredFile> find_remote(const package::Package& package, const ovf::File& file) {
  for (const package::Entry& entry : package.entries()) {
    if (entry.name != file.href) continue;
    StoredFile stored;
    stored.parts = {&entry};
    stored.size = entry.size;
    return stored;
  }
  return Error(ErrorKind::unsupported, "import.remote-file",
               "the file " + quote(file.href) + " lies outside the package and is not fetched")
      .in_file(file.href)
      .advise("Allow its place with --allow-url, or download it beside the descriptor");
}

// VMware names the disk of a snapshot with such a suffix, of which the descriptor
// knows nothing.
void take_snapshot(const package::Entry& entry, const ovf::File& file, StoredFile& stored,
                   Concerns& concerns) {
  stored.parts = {&entry};
  stored.size = entry.size;
  concerns.push_back(finding("import.snapshot-suffix",
                             "the package holds the file as " + quote(entry.name), file));
}

Result<bool> is_gzip(const package::Package& package, const StoredFile& stored) {
  OVAPORT_TRY(const auto source, package.stream(*stored.parts.front()));
  std::array<std::byte, 2> magic{};
  OVAPORT_TRY(const std::size_t got, source->read(magic));
  return got == magic.size() && magic[0] == std::byte{0x1f} && magic[1] == std::byte{0x8b};
}

// Packed data may unpack to no more than a disk of that capacity can need.
std::uint64_t largest_unpacked(std::uint64_t capacity) {
  constexpr std::uint64_t kMost = 1ULL << 46;
  constexpr std::uint64_t kSlack = 64ULL << 20;
  if (capacity == 0 || capacity >= kMost / 2) return kMost;
  return capacity + capacity / 16 + kSlack;
}

}  // namespace

Result<StoredFile> find_stored_file(const package::Package& package, const ovf::File& file,
                                    Concerns& concerns) {
  StoredFile stored;
  const auto chunks = chunks_of(package, file.href);
  if (is_remote(file.href)) {
    OVAPORT_TRY(stored, find_remote(package, file));
  } else if (file.chunk_size && *file.chunk_size != 0 && !chunks.empty()) {
    OVAPORT_CHECK(take_chunks(chunks, file, stored, concerns));
  } else {
    Concerns own;
    auto found = package.find(file.href, own);
    if (found.ok()) {
      stored.parts = {*found};
      stored.size = (*found)->size;
      concerns.insert(concerns.end(), own.begin(), own.end());
    } else if (!chunks.empty()) {
      take_snapshot(*chunks.back().second, file, stored, concerns);
    } else {
      return std::move(found).error();
    }
  }
  stored.name = stored.parts.front()->name;
  OVAPORT_TRY(stored.gzip, is_gzip(package, stored));
  if (!stored.gzip && file.compression == "gzip")
    concerns.push_back(finding("import.not-gzip",
                               "the descriptor says that the file is packed by gzip, but it is not",
                               file));
  if (stored.gzip && file.compression != "gzip")
    concerns.push_back(finding(
        "import.gzip-not-said",
        "the file is packed by gzip, which the descriptor does not say; it is unpacked", file));
  return stored;
}

Result<std::unique_ptr<ByteSource>> open_stored_file(const package::Package& package,
                                                     const StoredFile& file, OpenEntry open) {
  if (!open) open = [&package](const package::Entry& entry) { return package.stream(entry); };
  std::vector<package::OpenPart> parts;
  for (const package::Entry* entry : file.parts)
    parts.emplace_back([open, entry] { return open(*entry); });
  auto joined = package::concatenate(std::move(parts));
  if (!file.gzip) return joined;
  return package::gunzip(std::move(joined), file.name);
}

Result<std::uint64_t> unpacked_size(const package::Package& package, const StoredFile& file,
                                    std::uint64_t capacity, const std::stop_token& stop) {
  const std::uint64_t limit = largest_unpacked(capacity);
  OVAPORT_TRY(const auto source, open_stored_file(package, file));
  std::uint64_t size = 0;
  OVAPORT_CHECK(read_through(*source, stop, [&](std::span<const std::byte> bytes) -> Status {
    size += bytes.size();
    if (size <= limit) return {};
    return Error(ErrorKind::invalid, "import.unpacked-too-large",
                 "unpacks to more than " + format_bytes(limit) +
                     ", which is more than its disk can need")
        .in_file(file.name)
        .advise("If you trust the package, unpack the disk and import that");
  }));
  return size;
}

}  // namespace ovaport::imports
