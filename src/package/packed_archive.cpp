#include "packed_archive.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"

namespace ovaport::package {

namespace {

// Descriptors, manifests, message bundles are read at any time; of disks the first
// bytes, which tell their format.
constexpr std::uint64_t kSmall = 1ULL << 20;
constexpr std::uint64_t kSmallText = 16ULL << 20;
constexpr std::uint64_t kHead = 128ULL << 10;
constexpr std::uint64_t kMostKept = 32ULL << 20;

std::uint64_t bytes_to_keep(const std::string& name, std::uint64_t size) {
  if (size <= kSmall) return size;
  const std::string lower = to_lower(name);
  const bool text = lower.ends_with(".ovf") || lower.ends_with(".mf") || lower.ends_with(".cert");
  return text && size <= kSmallText ? size : kHead;
}

/// One file, from memory as far as it is there, then from the archive.
class PackedSource final : public ByteSource {
 public:
  PackedSource(std::shared_ptr<PackedArchive> archive, const PackedArchive::File& file)
      : archive_(std::move(archive)), file_(file) {}
  PackedSource(const PackedSource&) = delete;
  PackedSource& operator=(const PackedSource&) = delete;
  ~PackedSource() override {
    if (cursor_) archive_->keep(std::move(cursor_));
  }

  Result<std::size_t> read(std::span<std::byte> out) override {
    std::size_t filled = 0;
    if (position_ < file_.head.size()) {
      filled = std::min<std::size_t>(out.size(), file_.head.size() - position_);
      std::memcpy(out.data(), file_.head.data() + position_, filled);
      position_ += filled;
    }
    if (filled == out.size() || position_ == file_.size) return filled;
    auto got = read_archive(out.subspan(filled));
    if (!got.ok()) {
      cursor_.reset();
      return std::move(got).error().in_file(file_.name);
    }
    position_ += *got;
    return filled + *got;
  }

 private:
  Result<std::size_t> read_archive(std::span<std::byte> out) {
    if (!cursor_) {
      OVAPORT_TRY(cursor_, archive_->cursor_at(file_, position_));
    }
    return PackedArchive::read(*cursor_, file_, out);
  }

  std::shared_ptr<PackedArchive> archive_;
  const PackedArchive::File& file_;  // of the archive
  std::uint64_t position_ = 0;
  std::unique_ptr<PackedArchive::Cursor> cursor_;
};

Error no_tar(Packing packing, std::string_view head, const std::string& name) {
  const std::string outside(to_string(packing));
  if (packing_of(head) != Packing::none)
    return Error(ErrorKind::unsupported, "package.packed-twice",
                 "is compressed twice: inside the " + outside + " data is " +
                     std::string(to_string(packing_of(head))) + " data")
        .in_file(name)
        .advise("Unpack the outer one and import the result");
  return Error(ErrorKind::invalid, "package.not-an-ova",
               "is no OVA (a tar archive): what it unpacks to by " + outside + " is " +
                   describe_magic(head))
      .in_file(name);
}

// Without its directory, at the end, a zip cannot be read at all.
Error explain_zip(Error error) {
  if (error.code != "package.truncated" && error.code != "package.broken-archive") return error;
  return Error(ErrorKind::integrity, "package.truncated",
               "the zip archive has no directory at its end: it is truncated, or one of several "
               "volumes")
      .advise("Copy or download the package again; volumes are joined by 'zip -s 0'");
}

// Other methods need as much memory as the archive says.
Status check_method(const Member& member, const std::string& name) {
  if (member.method.ends_with("(uncompressed)") || member.method.ends_with("(deflation)"))
    return {};
  return Error(ErrorKind::unsupported, "package.zip-method",
               "is stored in the zip by a method that is not read: " + escaped(member.method))
      .in_file(name)
      .advise("Pack it by deflate, which every zip program can, or unpack it");
}

}  // namespace

Result<std::shared_ptr<PackedArchive>> PackedArchive::open(const FileRange& file, Packing packing,
                                                           const std::string& name,
                                                           Concerns& concerns,
                                                           const UnpackLimits& limits,
                                                           std::stop_token stop) {
  std::shared_ptr<PackedArchive> archive(
      new PackedArchive(file, packing, name, limits, std::move(stop)));
  OVAPORT_CHECK(archive->check_container());
  OVAPORT_CHECK(archive->list(concerns));
  Concern concern;
  concern.code = "package.compressed";
  concern.message = "the package is compressed as a whole (" + std::string(to_string(packing)) +
                    "), which the standard does not know; it is unpacked twice as it is read";
  concern.file = name;
  concerns.push_back(std::move(concern));
  return archive;
}

Result<std::shared_ptr<PackedArchive>> PackedArchive::over_tar(const FileRange& file,
                                                               const std::string& name,
                                                               const TarListing& listing,
                                                               const UnpackLimits& limits) {
  std::shared_ptr<PackedArchive> archive(new PackedArchive(file, Packing::none, name, limits, {}));
  for (const Entry& entry : listing.entries) {
    const auto sparse = listing.sparse.find(entry.name);
    if (entry.range || sparse == listing.sparse.end()) continue;
    OVAPORT_CHECK(archive->count(entry.size));
    archive->entries_.push_back(entry);
    archive->files_.emplace(entry.name, File{entry.name, sparse->second, entry.size, {}});
  }
  return archive;
}

Result<std::unique_ptr<PackedArchive::Cursor>> PackedArchive::from_start() const {
  auto cursor = std::make_unique<Cursor>();
  if (packing_ == Packing::none) {
    OVAPORT_TRY(cursor->reader, ArchiveReader::open(Container::tar, file_));
    return cursor;
  }
  if (packing_ == Packing::zip) {
    auto reader = ArchiveReader::open(Container::zip, file_);
    if (!reader.ok()) return explain_zip(std::move(reader).error()).in_file(name_);
    cursor->reader = std::move(*reader);
    return cursor;
  }
  OVAPORT_TRY(auto unpacked, unpack(file_, packing_, name_, limits_, stop_));
  OVAPORT_TRY(cursor->reader, ArchiveReader::open(Container::tar, std::move(unpacked)));
  return cursor;
}

Status PackedArchive::check_container() const {
  if (packing_ == Packing::zip) return {};
  OVAPORT_TRY(const auto unpacked, unpack(file_, packing_, name_, limits_, stop_));
  std::string head(512, '\0');
  OVAPORT_TRY(const std::size_t got, unpacked->read(std::as_writable_bytes(std::span(head))));
  head.resize(got);
  // Old tars have no magic; they are found out by their checksum.
  if (is_posix_tar(head) || (got == 512 && describe_magic(head) == describe_magic("?"))) return {};
  return no_tar(packing_, head, name_);
}

Status PackedArchive::list(Concerns& concerns) {
  OVAPORT_TRY(const auto cursor, from_start());
  const auto visit = [&](const Member& member, std::string name) -> Status {
    cursor->ordinal = member.ordinal;
    cursor->offset = 0;
    return add(*cursor, member, std::move(name));
  };
  auto listed = visit_files(*cursor->reader, visit, concerns);
  if (!listed.ok()) return std::move(listed).error().in_file(name_);
  if (packing_ == Packing::zip) return {};
  auto ended = judge_end(*cursor->reader, concerns);
  return ended.ok() ? Status{} : std::move(ended).error().in_file(name_);
}

Status PackedArchive::count(std::uint64_t size) {
  const auto total = checked_add(total_, size);
  if (!total || *total > limits_.most(file_.size))
    return unpacks_to_more(file_.size, limits_).in_file(name_);
  total_ = *total;
  return {};
}

Status PackedArchive::add(Cursor& cursor, const Member& member, std::string name) {
  if (packing_ == Packing::zip) OVAPORT_CHECK(check_method(member, name));
  OVAPORT_CHECK(count(member.size));
  File file{name, member.ordinal, member.size, {}};
  OVAPORT_CHECK(keep_small(cursor, file));
  entries_.push_back({name, member.size, std::nullopt});
  files_.emplace(std::move(name), std::move(file));
  return {};
}

Status PackedArchive::keep_small(Cursor& cursor, File& file) {
  const std::uint64_t wanted = bytes_to_keep(file.name, file.size);
  if (wanted > kMostKept - kept_) return {};
  std::string head(wanted, '\0');
  OVAPORT_TRY(const std::size_t got, read(cursor, file, std::as_writable_bytes(std::span(head))));
  head.resize(got);
  kept_ += got;
  file.head = std::move(head);
  return {};
}

Result<std::unique_ptr<ByteSource>> PackedArchive::stream(const Entry& entry) {
  const auto found = files_.find(entry.name);
  if (found == files_.end())
    return Error(ErrorKind::internal, "package.missing-file",
                 "the package does not hold " + quote(entry.name));
  return std::unique_ptr<ByteSource>(
      std::make_unique<PackedSource>(shared_from_this(), found->second));
}

Result<std::unique_ptr<PackedArchive::Cursor>> PackedArchive::cursor_at(const File& file,
                                                                        std::uint64_t offset) {
  std::unique_ptr<Cursor> cursor;
  {
    const std::lock_guard lock(mutex_);
    if (idle_ && std::pair(idle_->ordinal, idle_->offset) <= std::pair(file.ordinal, offset))
      cursor = std::move(idle_);
  }
  if (!cursor) {
    OVAPORT_TRY(cursor, from_start());
  }
  while (cursor->ordinal < file.ordinal) {
    OVAPORT_TRY(const auto member, cursor->reader->next());
    cursor->ordinal = member ? member->ordinal : file.ordinal;
    cursor->offset = 0;
    if (!member || (cursor->ordinal == file.ordinal && member->size != file.size))
      return Error(ErrorKind::integrity, "package.changed", "was changed while it was read")
          .in_file(name_)
          .advise("Wait until the package is copied completely, then try again");
  }
  std::array<std::byte, std::size_t{64} << 10> dropped{};
  while (cursor->offset < offset) {
    const std::size_t step = std::min<std::uint64_t>(dropped.size(), offset - cursor->offset);
    OVAPORT_TRY(const std::size_t got, read(*cursor, file, std::span(dropped).first(step)));
    if (got == 0) break;
  }
  return cursor;
}

void PackedArchive::keep(std::unique_ptr<Cursor> cursor) {
  const std::lock_guard lock(mutex_);
  idle_ = std::move(cursor);
}

Result<std::size_t> PackedArchive::read(Cursor& cursor, const File& file,
                                        std::span<std::byte> out) {
  const std::uint64_t left = file.size - cursor.offset;
  const std::size_t wanted = std::min<std::uint64_t>(out.size(), left);
  OVAPORT_TRY(const std::size_t got, cursor.reader->read(out.first(wanted)));
  cursor.offset += got;
  if (got < wanted)
    return Error(ErrorKind::integrity, "package.truncated",
                 "ends after " + std::to_string(cursor.offset) + " of " +
                     std::to_string(file.size) + " bytes")
        .in_file(file.name);
  if (cursor.offset < file.size) return got;
  // Checksums are compared when the end is seen.
  std::array<std::byte, 1> behind{};
  OVAPORT_TRY(const std::size_t more, cursor.reader->read(behind));
  if (more != 0)
    return Error(ErrorKind::integrity, "package.truncated",
                 "has more than the " + std::to_string(file.size) + " bytes that are said")
        .in_file(file.name);
  return got;
}

}  // namespace ovaport::package
