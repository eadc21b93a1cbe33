#include "ovaport/package/package.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "archive_listing.h"
#include "names.h"
#include "ovaport/base/file.h"
#include "ovaport/base/text.h"
#include "packed_archive.h"
#include "unpack.h"

namespace ovaport::package {

namespace fs = std::filesystem;

struct Package::State {
  std::string name;
  Kind kind = Kind::ova;
  std::vector<Entry> entries;
  std::size_t descriptor = 0;
  std::optional<std::size_t> manifest;
  std::optional<std::size_t> certificate;
  std::shared_ptr<PackedArchive> packed;  // when the kind is that
};

namespace {

Concern warning(std::string_view code, std::string message, std::string file) {
  Concern concern;
  concern.code = code;
  concern.message = std::move(message);
  concern.file = std::move(file);
  return concern;
}

std::string folded(std::string_view name) {
  return to_lower(name);
}

Status refuse_duplicates(const std::vector<Entry>& entries) {
  std::map<std::string, const Entry*> seen;
  for (const Entry& entry : entries) {
    const auto [at, fresh] = seen.emplace(folded(entry.name), &entry);
    if (!fresh)
      return Error(ErrorKind::invalid, "package.duplicate",
                   "the package holds " + quote(at->second->name) + " and " + quote(entry.name) +
                       ", which are the same name on some systems");
  }
  return {};
}

bool has_suffix(const Entry& entry, std::string_view suffix) {
  return entry.name.size() > suffix.size() &&
         equal_ignoring_case(std::string_view(entry.name).substr(entry.name.size() - suffix.size()),
                             suffix);
}

auto depth(const Entry& entry) {
  return std::count(entry.name.begin(), entry.name.end(), '/');
}

std::string_view stem(const Entry& entry) {
  return std::string_view(entry.name).substr(0, entry.name.rfind('.'));
}

Result<std::size_t> find_descriptor(const std::vector<Entry>& entries) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!has_suffix(entries[i], ".ovf")) continue;
    if (found && depth(entries[*found]) == depth(entries[i]))
      return Error(ErrorKind::invalid, "package.two-descriptors",
                   "the package has more than one descriptor: " + quote(entries[*found].name) +
                       " and " + quote(entries[i].name))
          .advise("Import each from a directory of its own");
    if (!found || depth(entries[i]) < depth(entries[*found])) found = i;
  }
  if (found) return *found;
  return Error(ErrorKind::invalid, "package.no-descriptor",
               "the package has no descriptor (a file that ends in .ovf)");
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

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<std::vector<std::string>> list_directory(const fs::path& path, UniqueFd& fd) {
  fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return system_error("cannot open the directory", errno).in_file(path.string());
  const std::unique_ptr<DIR, DirectoryCloser> directory(::opendir(path.c_str()));
  if (!directory) return system_error("cannot list the directory", errno).in_file(path.string());
  std::vector<std::string> names;
  while (const dirent* item = ::readdir(directory.get()))
    names.emplace_back(item->d_name);
  std::sort(names.begin(), names.end());
  return names;
}

// Only what lies directly in the directory: a share holds other things below.
Result<std::vector<Entry>> read_directory(const fs::path& path) {
  UniqueFd directory;
  OVAPORT_TRY(const auto names, list_directory(path, directory));
  std::vector<Entry> entries;
  for (const std::string& raw : names) {
    if (raw == "." || raw == ".." || is_mac_companion(raw)) continue;
    UniqueFd fd(
        ::openat(directory.get(), raw.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat info {};
    // Links, devices and what we may not read are no part of the package.
    if (!fd.valid() || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    OVAPORT_TRY(std::string name, checked_name(raw));
    const auto size = static_cast<std::uint64_t>(info.st_size);
    auto shared = std::make_shared<const UniqueFd>(std::move(fd));
    entries.push_back({std::move(name), size, FileRange{std::move(shared), 0, size}});
  }
  return entries;
}

Result<FileRange> open_file(const fs::path& path) {
  OVAPORT_TRY(UniqueFd fd, open_for_reading(path));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0)
    return system_error("cannot examine", errno).in_file(path.string());
  const auto size = static_cast<std::uint64_t>(info.st_size);
  return FileRange{std::make_shared<const UniqueFd>(std::move(fd)), 0, size};
}

Result<std::string> read_head(const FileRange& file) {
  std::string head(512, '\0');
  OVAPORT_TRY(const std::size_t got, file.read_at(0, std::as_writable_bytes(std::span(head))));
  head.resize(got);
  return head;
}

Result<std::vector<Entry>> read_tar(const FileRange& file, std::string_view head,
                                    const std::string& name, Concerns& concerns) {
  auto listed = list_tar(file, concerns);
  // Old tars have no magic, but then libarchive must find a valid checksum.
  if (!is_posix_tar(head) && (!listed.ok() || listed->empty()))
    return Error(ErrorKind::invalid, "package.not-an-ova",
                 "is no OVA (a tar archive): it is " + describe_magic(head))
        .in_file(name);
  if (!listed.ok()) return std::move(listed).error().in_file(name);
  return listed;
}

}  // namespace

Package::Package(std::unique_ptr<State> state) : state_(std::move(state)) {}
Package::Package(Package&&) noexcept = default;
Package& Package::operator=(Package&&) noexcept = default;
Package::~Package() = default;

Result<Package> Package::open(const fs::path& path, Concerns& concerns) {
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
    OVAPORT_TRY(state->entries, read_directory(directory ? path : parent));
  } else {
    OVAPORT_TRY(const FileRange file, open_file(path));
    OVAPORT_TRY(const std::string head, read_head(file));
    const Packing packing = packing_of(head);
    if (packing == Packing::none) {
      OVAPORT_TRY(state->entries, read_tar(file, head, state->name, concerns));
    } else {
      OVAPORT_TRY(state->packed, PackedArchive::open(file, packing, state->name, concerns));
      state->kind = Kind::packed;
      state->entries = state->packed->entries();
    }
  }
  OVAPORT_CHECK(refuse_duplicates(state->entries));
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

Result<const Entry*> Package::find(std::string_view href, Concerns& concerns) const {
  const std::string& descriptor = state_->entries[state_->descriptor].name;
  const auto slash = descriptor.rfind('/');
  const std::string folder =
      slash == std::string::npos ? std::string() : descriptor.substr(0, slash + 1);
  const auto lookup = [&](const std::string& text, bool exact) -> const Entry* {
    const auto name = checked_name(text);
    if (!name.ok()) return nullptr;
    for (const Entry& entry : state_->entries)
      if (exact ? entry.name == folder + *name : equal_ignoring_case(entry.name, folder + *name))
        return &entry;
    return nullptr;
  };
  const std::string decoded = percent_decoded(href);
  const Entry* literal = lookup(std::string(href), true);
  const Entry* unescaped = lookup(decoded, true);
  if (literal != nullptr && unescaped != nullptr && literal != unescaped)
    return Error(ErrorKind::invalid, "package.ambiguous-href",
                 "the reference " + quote(href) + " means " + quote(literal->name) + " or " +
                     quote(unescaped->name));
  if (literal != nullptr) return literal;
  if (unescaped != nullptr) return unescaped;
  if (const Entry* loose = lookup(decoded, false)) {
    concerns.push_back(warning(
        "package.case", "the reference " + quote(href) + " differs from the file's name in case",
        loose->name));
    return loose;
  }
  OVAPORT_CHECK(checked_name(decoded));
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
