#include "tar_listing.h"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "names.h"
#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"

namespace ovaport::package {

namespace {

constexpr std::size_t kMostEntries = 100'000;
// All headers of a package together; disks are seeked over, so whatever is read
// beyond this is an attack by headers.
constexpr std::uint64_t kMostHeaderBytes = 64ULL << 20;

struct ArchiveDeleter {
  void operator()(archive* a) const { archive_read_free(a); }
};

/// libarchive's view of an open file: read by pread, skipped by adding.
struct Reader {
  int fd;
  std::uint64_t size;
  std::uint64_t position = 0;
  std::uint64_t read_in_all = 0;
  std::array<char, 16384> buffer{};
};

la_ssize_t read_some(archive* a, void* data, const void** out) {
  auto* reader = static_cast<Reader*>(data);
  const ssize_t got = ::pread(reader->fd, reader->buffer.data(), reader->buffer.size(),
                              static_cast<off_t>(reader->position));
  if (got < 0) {
    archive_set_error(a, errno, "cannot read");
    return -1;
  }
  reader->position += static_cast<std::uint64_t>(got);
  reader->read_in_all += static_cast<std::uint64_t>(got);
  if (reader->read_in_all > kMostHeaderBytes) {
    archive_set_error(a, EINVAL, "more headers than any appliance has");
    return -1;
  }
  *out = reader->buffer.data();
  return got;
}

la_int64_t skip_some(archive* /*a*/, void* data, la_int64_t request) {
  auto* reader = static_cast<Reader*>(data);
  const std::uint64_t left = reader->position < reader->size ? reader->size - reader->position : 0;
  const std::uint64_t step = std::min<std::uint64_t>(static_cast<std::uint64_t>(request), left);
  reader->position += step;
  return static_cast<la_int64_t>(step);
}

Error broken(std::string message) {
  return {ErrorKind::invalid, "package.broken-archive", std::move(message)};
}

// Regular files only: everything else could make a reader leave the package.
Result<bool> is_file(archive_entry* entry, const std::string& name) {
  if (archive_entry_hardlink(entry) != nullptr || archive_entry_symlink(entry) != nullptr)
    return Error(ErrorKind::invalid, "package.link", "the member " + quote(name) + " is a link");
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return true;
    case AE_IFDIR:
      return false;
    default:
      return Error(ErrorKind::invalid, "package.special-file",
                   "the member " + quote(name) + " is a device, FIFO or other special file");
  }
}

Result<Entry> make_entry(archive* a, archive_entry* entry, std::string name,
                         const std::shared_ptr<const UniqueFd>& file, std::uint64_t file_size) {
  const la_int64_t size = archive_entry_size(entry);
  if (archive_entry_size_is_set(entry) == 0 || size < 0)
    return broken("the member " + quote(name) + " has no valid size");
  Entry made{std::move(name), static_cast<std::uint64_t>(size), std::nullopt};
  if (archive_entry_sparse_count(entry) > 0)
    return Error(ErrorKind::unsupported, "package.sparse-member",
                 "the member " + quote(made.name) + " is stored as a sparse file")
        .advise("Pack the appliance again without tar's --sparse");
  // All of the header is consumed by now, so this is where the data begins.
  const auto offset = static_cast<std::uint64_t>(archive_filter_bytes(a, 0));
  const auto end = checked_add(offset, made.size);
  if (!end || *end > file_size)
    return Error(ErrorKind::integrity, "package.truncated",
                 "the archive is truncated: this member has " + std::to_string(made.size) +
                     " bytes, of which " + std::to_string(file_size - std::min(offset, file_size)) +
                     " are there")
        .in_file(made.name)
        .advise("Copy or download the package again");
  made.range = FileRange{file, offset, made.size};
  return made;
}

std::string raw_name(archive_entry* entry) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);
  return name == nullptr ? std::string() : std::string(name);
}

}  // namespace

std::string describe_magic(std::string_view head) {
  struct Magic {
    std::string_view bytes;
    const char* what;
  };
  static constexpr std::array kMagics{Magic{"\x89PNG", "a PNG image"},
                                      Magic{"\x1f\x8b", "gzip-compressed"},
                                      Magic{"\xfd"
                                            "7zXZ",
                                            "xz-compressed"},
                                      Magic{"\x28\xb5\x2f\xfd", "zstd-compressed"},
                                      Magic{"PK\x03\x04", "a zip archive"},
                                      Magic{"KDMV", "a bare VMDK disk"},
                                      Magic{"QFI\xfb", "a qcow2 disk"},
                                      Magic{"<?xml", "an XML file (a descriptor?)"},
                                      Magic{"%PDF", "a PDF document"},
                                      Magic{"\x7f"
                                            "ELF",
                                            "a program"},
                                      Magic{"<!DOC", "a web page"},
                                      Magic{"<html", "a web page"}};
  if (head.empty()) return "empty";
  for (const Magic& magic : kMagics)
    if (head.starts_with(magic.bytes)) return magic.what;
  return "of an unknown format";
}

Result<std::vector<Entry>> list_tar(const std::shared_ptr<const UniqueFd>& file,
                                    std::uint64_t file_size, Concerns& /*concerns*/) {
  const std::unique_ptr<archive, ArchiveDeleter> a(archive_read_new());
  archive_read_support_format_tar(a.get());
  // Member names are UTF-8, whatever locale we run in.
  archive_read_set_options(a.get(), "hdrcharset=UTF-8");
  Reader reader{file->get(), file_size, 0, 0, {}};
  archive_read_set_read_callback(a.get(), read_some);
  archive_read_set_skip_callback(a.get(), skip_some);
  archive_read_set_callback_data(a.get(), &reader);
  if (archive_read_open1(a.get()) != ARCHIVE_OK)
    return broken(std::string("is no tar archive: ") + escaped(archive_error_string(a.get())));
  std::vector<Entry> entries;
  while (true) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(a.get(), &entry);
    if (status == ARCHIVE_EOF) return entries;
    if (status < ARCHIVE_WARN) {
      const char* why = archive_error_string(a.get());
      return broken("the archive is damaged: " + escaped(why == nullptr ? "" : why))
          .at(reader.position);
    }
    const std::string raw = raw_name(entry);
    if (is_mac_companion(raw)) continue;
    OVAPORT_TRY(const bool regular, is_file(entry, raw));
    OVAPORT_TRY(std::string name, checked_name(raw));
    if (!regular) continue;
    OVAPORT_TRY(Entry made, make_entry(a.get(), entry, std::move(name), file, file_size));
    entries.push_back(std::move(made));
    if (entries.size() > kMostEntries) return broken("the archive has too many members");
  }
}

}  // namespace ovaport::package
