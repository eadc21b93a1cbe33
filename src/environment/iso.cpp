#include "ovaport/environment/iso.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <new>

#include "iso_dates.h"
#include "ovaport/base/file.h"

namespace ovaport::environment {

namespace {

struct FreeArchive {
  void operator()(archive* handle) const { archive_write_free(handle); }
};
struct FreeEntry {
  void operator()(archive_entry* handle) const { archive_entry_free(handle); }
};
using ArchiveHandle = std::unique_ptr<archive, FreeArchive>;
using EntryHandle = std::unique_ptr<archive_entry, FreeEntry>;

// libarchive calls this from C: no exception may pass.
la_ssize_t append(archive* /*handle*/, void* output, const void* bytes, std::size_t length) {
  try {
    static_cast<std::string*>(output)->append(static_cast<const char*>(bytes), length);
  } catch (const std::bad_alloc&) {
    return -1;
  }
  return static_cast<la_ssize_t>(length);
}

Error archive_failure(archive* handle) {
  const char* why = archive_error_string(handle);
  return {ErrorKind::internal, "environment.iso",
          std::string("the image of the config disk cannot be made: ") +
              (why == nullptr ? "no reason given" : why)};
}

// 1980-01-01: a date that every file system of a guest can show.
constexpr std::time_t kTime = 315532800;

EntryHandle document_entry(std::size_t size) {
  EntryHandle entry(archive_entry_new());
  if (!entry) return entry;
  archive_entry_set_pathname(entry.get(), kDocumentName);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0444);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_mtime(entry.get(), kTime, 0);
  archive_entry_set_atime(entry.get(), kTime, 0);
  archive_entry_set_ctime(entry.get(), kTime, 0);
  archive_entry_set_birthtime(entry.get(), kTime, 0);
  return entry;
}

Result<std::string> write_image(std::string_view xml) {
  const ArchiveHandle handle(archive_write_new());
  const EntryHandle entry = document_entry(xml.size());
  if (!handle || !entry) return Error(ErrorKind::internal, "environment.iso", "out of memory");
  std::string image;
  archive* raw = handle.get();
  const bool written =
      archive_write_set_format_iso9660(raw) == ARCHIVE_OK &&
      archive_write_set_format_option(raw, "iso9660", "volume-id", kVolumeLabel) == ARCHIVE_OK &&
      archive_write_set_format_option(raw, "iso9660", "joliet", "1") == ARCHIVE_OK &&
      archive_write_set_format_option(raw, "iso9660", "rockridge", "useful") == ARCHIVE_OK &&
      archive_write_set_bytes_in_last_block(raw, 1) == ARCHIVE_OK &&
      archive_write_open(raw, &image, nullptr, append, nullptr) == ARCHIVE_OK &&
      archive_write_header(raw, entry.get()) == ARCHIVE_OK &&
      archive_write_data(raw, xml.data(), xml.size()) == static_cast<la_ssize_t>(xml.size()) &&
      archive_write_close(raw) == ARCHIVE_OK;
  if (!written) return archive_failure(raw);
  return image;
}

}  // namespace

Result<std::string> make_iso(std::string_view xml) {
  OVAPORT_TRY(std::string image, write_image(xml));
  if (!fix_dates(image)) {
    return Error(ErrorKind::internal, "environment.iso",
                 "the image of the config disk is not laid out as expected");
  }
  // libarchive makes "OVF_ENV" of it, as ECMA-119 wants; but VMware and xorriso
  // write the blank, and what reads the primary descriptor looks for that.
  constexpr std::size_t kVolumeIdentifier = 16 * 2048 + 40;
  image.replace(kVolumeIdentifier, std::string_view(kVolumeLabel).size(), kVolumeLabel);
  return image;
}

Status write_iso(const std::filesystem::path& path, std::string_view xml) {
  OVAPORT_TRY(const std::string image, make_iso(xml));
  return write_new_file(path, image, 0600);
}

}  // namespace ovaport::environment
