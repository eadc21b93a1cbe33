#include "ovaport/package/package.h"

#include <algorithm>
#include <array>
#include <map>

#include "archive_listing.h"
#include "directory_listing.h"
#include "names.h"
#include "ovaport/base/file.h"
#include "ovaport/base/text.h"
#include "packed_archive.h"
#include "unicode.h"
#include "unpack.h"

namespace ovaport::package {

namespace fs = std::filesystem;

namespace {

/// The entries by their names, in forms that are equal for more and more of them.
struct Names {
  std::map<std::string, std::size_t> exact;
  std::map<std::string, std::size_t> composed;
  std::map<std::string, std::size_t> caseless;
};

}  // namespace

struct Package::State {
  std::string name;
  Kind kind = Kind::ova;
  std::vector<Entry> entries;
  Names names;
  std::size_t descriptor = 0;
  std::optional<std::size_t> manifest;
  std::optional<std::size_t> certificate;
  UniqueFd directory;                     // when the kind is that
  std::shared_ptr<PackedArchive> packed;  // of the entries without a range
};

namespace {

Concern warning(std::string_view code, std::string message, std::string file) {
  Concern concern;
  concern.code = code;
  concern.message = std::move(message);
  concern.file = std::move(file);
  return concern;
}

// One name for two files, on some system, would let one of them be checked and the
// other one be used.
Result<Names> index_names(const std::vector<Entry>& entries) {
  Names names;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string& name = entries[i].name;
    names.exact.emplace(name, i);
    names.composed.emplace(composed(name), i);
    const auto [at, fresh] = names.caseless.emplace(caseless(name), i);
    if (!fresh)
      return Error(ErrorKind::invalid, "package.duplicate",
                   "the package holds " + quote(entries[at->second].name) + " and " + quote(name) +
                       ", which are the same name on some systems");
  }
  return names;
}

bool has_suffix(const Entry& entry, std::string_view suffix) {
  return entry.name.size() > suffix.size() &&
         equal_ignoring_case(std::string_view(entry.name).substr(entry.name.size() - suffix.size()),
                             suffix);
}

std::string_view stem(const Entry& entry) {
  return std::string_view(entry.name).substr(0, entry.name.rfind('.'));
}

Error no_descriptor(const std::vector<Entry>& entries) {
  Error error(ErrorKind::invalid, "package.no-descriptor",
              "the package has no descriptor (a file that ends in .ovf)");
  for (const Entry& entry : entries)
    if (has_suffix(entry, ".ova"))
      return std::move(error).advise("It holds " + quote(entry.name) +
                                     ": unpack it and import that");
  return error;
}

Result<std::size_t> find_descriptor(const std::vector<Entry>& entries) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!has_suffix(entries[i], ".ovf")) continue;
    if (found)
      return Error(ErrorKind::invalid, "package.two-descriptors",
                   "the package has more than one descriptor: " + quote(entries[*found].name) +
                       " and " + quote(entries[i].name))
          .advise("Import each from a directory of its own");
    found = i;
  }
  if (found) return *found;
  return no_descriptor(entries);
}

// The one that goes with the descriptor by its name, else the only one.
std::optional<std::size_t> companion(const std::vector<Entry>& entries, std::size_t descriptor,
                                     std::string_view suffix) {
  std::optional<std::size_t> only;
  int count = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!has_suffix(entries[i], suffix)) continue;
    if (equal_ignoring_case(stem(entries[i]), stem(entries[descriptor]))) return i;
    only = i;
    ++count;
  }
  return count == 1 ? only : std::nullopt;
}

Result<std::string> read_head(const FileRange& file) {
  std::string head(512, '\0');
  OVAPORT_TRY(const std::size_t got, file.read_at(0, std::as_writable_bytes(std::span(head))));
  head.resize(got);
  return head;
}

Result<TarListing> read_tar(const FileRange& file, std::string_view head, const std::string& name,
                            Concerns& concerns) {
  auto listed = list_tar(file, concerns);
  // Old tars have no magic, but then libarchive must find a valid checksum.
  if (!is_posix_tar(head) && (!listed.ok() || listed->entries.empty()))
    return Error(ErrorKind::invalid, "package.not-an-ova",
                 "is no OVA (a tar archive): it is " + describe_magic(head))
        .in_file(name);
  if (!listed.ok()) return std::move(listed).error().in_file(name);
  return listed;
}

Result<std::string> name_below(const std::string& folder, std::string_view href) {
  OVAPORT_TRY(const std::string name, checked_name(href));
  return folder + name;
}

std::string as_it_is(std::string_view name) {
  return std::string(name);
}

/// One way to find a file by its name.
struct Step {
  std::map<std::string, std::size_t> Names::*names;
  std::string (*form)(std::string_view);
  std::string_view code;  // of the concern; "" for none
  std::string_view how;

  [[nodiscard]] const Entry* look_up(const Names& index, const std::vector<Entry>& entries,
                                     const Result<std::string>& name) const {
    if (!name.ok()) return nullptr;
    const auto found = (index.*names).find(form(*name));
    return found == (index.*names).end() ? nullptr : &entries[found->second];
  }
};

}  // namespace

Package::Package(std::unique_ptr<State> state) : state_(std::move(state)) {}
Package::Package(Package&&) noexcept = default;
Package& Package::operator=(Package&&) noexcept = default;
Package::~Package() = default;

Result<Package> Package::open(const fs::path& path, Concerns& concerns, std::stop_token stop) {
  auto state = std::make_unique<State>();
  std::error_code ignored;
  const bool bare = equal_ignoring_case(path.extension().string(), ".ovf");
  const bool directory = fs::is_directory(path, ignored);
  state->name = path.filename().string();
  if (directory || bare) {
    state->kind = Kind::directory;
    if (bare && !directory) {
      // Before the directory, for a clear error about the file that was named.
      OVAPORT_CHECK(open_for_reading(path));
    }
    const fs::path parent = path.parent_path().empty() ? fs::path(".") : path.parent_path();
    OVAPORT_TRY(state->directory, open_directory(directory ? path : parent));
    OVAPORT_TRY(state->entries, list_folder(state->directory, ""));
  } else {
    OVAPORT_TRY(const FileRange file, open_range(path));
    OVAPORT_TRY(const std::string head, read_head(file));
    const Packing packing = packing_of(head);
    if (packing == Packing::none) {
      OVAPORT_TRY(TarListing tar, read_tar(file, head, state->name, concerns));
      if (!tar.sparse.empty()) {
        OVAPORT_TRY(state->packed, PackedArchive::over_tar(file, state->name, tar));
      }
      state->entries = std::move(tar.entries);
    } else {
      OVAPORT_TRY(state->packed,
                  PackedArchive::open(file, packing, state->name, concerns, {}, std::move(stop)));
      state->kind = Kind::packed;
      state->entries = state->packed->entries();
    }
  }
  OVAPORT_TRY(state->names, index_names(state->entries));
  const auto named = std::find_if(state->entries.begin(), state->entries.end(),
                                  [&](const Entry& entry) { return entry.name == state->name; });
  if (bare && !directory && named != state->entries.end()) {
    state->descriptor = static_cast<std::size_t>(named - state->entries.begin());
  } else {
    OVAPORT_TRY(state->descriptor, find_descriptor(state->entries));
  }
  state->manifest = companion(state->entries, state->descriptor, ".mf");
  state->certificate = companion(state->entries, state->descriptor, ".cert");
  if (state->kind != Kind::directory && state->descriptor != 0)
    concerns.push_back(warning("package.order", "the descriptor is not the first member",
                               state->entries[state->descriptor].name));
  return Package(std::move(state));
}

const std::string& Package::name() const {
  return state_->name;
}
Kind Package::kind() const {
  return state_->kind;
}
const std::vector<Entry>& Package::entries() const {
  return state_->entries;
}
const Entry& Package::descriptor() const {
  return state_->entries[state_->descriptor];
}

const Entry* Package::manifest() const {
  return state_->manifest ? &state_->entries[*state_->manifest] : nullptr;
}

const Entry* Package::certificate() const {
  return state_->certificate ? &state_->entries[*state_->certificate] : nullptr;
}

std::vector<const Entry*> Package::starting_with(const std::string& start) const {
  std::vector<const Entry*> found;
  const auto& names = state_->names.exact;
  for (auto at = names.lower_bound(start); at != names.end() && at->first.starts_with(start); ++at)
    found.push_back(&state_->entries[at->second]);
  return found;
}

Status Package::add_folder_of(std::string_view href) {
  if (state_->kind != Kind::directory) return {};
  const auto name = checked_name(percent_decoded(href));
  if (!name.ok() || name->find('/') == std::string::npos) return {};
  const std::string folder = name->substr(0, name->rfind('/') + 1);
  std::vector<Entry>& entries = state_->entries;
  const bool known = std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
    return entry.name.substr(0, entry.name.rfind('/') + 1) == folder;
  });
  if (known) return {};
  OVAPORT_TRY(auto found, list_folder(state_->directory, folder));
  if (found.empty()) return {};
  for (Entry& entry : found)
    if (!has_suffix(entry, ".ovf")) entries.push_back(std::move(entry));
  OVAPORT_TRY(state_->names, index_names(entries));
  return {};
}

Status Package::adopt(const std::string& href, const fs::path& path) {
  OVAPORT_TRY(FileRange file, open_range(path));
  const std::uint64_t size = file.size;
  state_->entries.push_back({href, size, std::move(file)});
  return {};
}

Result<const Entry*> Package::find(std::string_view href, Concerns& concerns) const {
  const std::string& descriptor = state_->entries[state_->descriptor].name;
  const std::string folder = descriptor.substr(0, descriptor.rfind('/') + 1);
  std::string unescaped = percent_decoded(href);
  // Some encode what was not UTF-8 before.
  if (is_utf8(href) && !is_utf8(unescaped)) unescaped = guessed_name(unescaped, false);
  const auto literal_name = name_below(folder, href);
  const auto unescaped_name = name_below(folder, unescaped);
  const std::array steps{Step{&Names::exact, as_it_is, {}, {}},
                         Step{&Names::composed, composed, "package.unicode-form", "Unicode form"},
                         Step{&Names::caseless, caseless, "package.case", "case"}};
  for (const Step& step : steps) {
    const Entry* literal = step.look_up(state_->names, state_->entries, literal_name);
    const Entry* other = step.look_up(state_->names, state_->entries, unescaped_name);
    if (literal != nullptr && other != nullptr && literal != other)
      return Error(ErrorKind::invalid, "package.ambiguous-href",
                   "the reference " + quote(href) + " means " + quote(literal->name) + " or " +
                       quote(other->name));
    const Entry* found = literal != nullptr ? literal : other;
    if (found == nullptr) continue;
    if (!step.code.empty())
      concerns.push_back(warning(step.code,
                                 "the reference " + quote(href) +
                                     " differs from the file's name in " + std::string(step.how),
                                 found->name));
    return found;
  }
  OVAPORT_CHECK(unescaped_name);
  return Error(ErrorKind::invalid, "package.missing-file",
               "the package does not hold " + quote(href) + ", which the descriptor references");
}

Result<std::string> Package::read(const Entry& entry, std::uint64_t limit) const {
  if (entry.size > limit)
    return Error(
               ErrorKind::invalid, "package.file-too-large",
               "has " + format_bytes(entry.size) + "; at most " + format_bytes(limit) + " are read")
        .in_file(entry.name);
  std::string text(entry.size, '\0');
  OVAPORT_TRY(const auto source, stream(entry));
  OVAPORT_TRY(const std::size_t got, source->read(std::as_writable_bytes(std::span(text))));
  if (got != entry.size)
    return Error(
               ErrorKind::integrity, "package.truncated",
               "ends after " + std::to_string(got) + " of " + std::to_string(entry.size) + " bytes")
        .in_file(entry.name);
  return text;
}

Result<std::unique_ptr<ByteSource>> Package::stream(const Entry& entry) const {
  if (entry.range) return make_source(*entry.range);
  return state_->packed->stream(entry);
}

}  // namespace ovaport::package
