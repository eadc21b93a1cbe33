#include "archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "ovaport/base/text.h"

namespace ovaport::package {

namespace {

constexpr std::size_t kBuffer = std::size_t{64} << 10;
constexpr std::size_t kHeaderBuffer = std::size_t{16} << 10;  // when data is seeked over
// Of one member: extended headers nest, and each nesting takes stack.
constexpr std::uint64_t kMostTarHeader = 4ULL << 20;
// All of a zip's directory is read, and kept, with its first member.
constexpr std::uint64_t kMostZipHeader = 16ULL << 20;
constexpr std::size_t kMostMembers = 100'000;

Error broken(std::string message) {
  return {ErrorKind::invalid, "package.broken-archive", std::move(message)};
}

std::string name_of(archive_entry* entry) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);
  return name == nullptr ? std::string() : std::string(name);
}

Member describe(archive* a, archive_entry* entry) {
  Member member;
  member.raw_name = name_of(entry);
  const la_int64_t size = archive_entry_size(entry);
  member.has_size = archive_entry_size_is_set(entry) != 0 && size >= 0;
  if (member.has_size) member.size = static_cast<std::uint64_t>(size);
  member.is_link =
      archive_entry_hardlink(entry) != nullptr || archive_entry_symlink(entry) != nullptr;
  member.is_file = archive_entry_filetype(entry) == AE_IFREG;
  member.is_directory = archive_entry_filetype(entry) == AE_IFDIR;
  member.is_sparse = archive_entry_sparse_count(entry) > 0;
  member.is_encrypted = archive_entry_is_encrypted(entry) != 0;
  const char* format = archive_format_name(a);
  if (format != nullptr) member.method = format;
  // All of a tar's header is consumed by now.
  member.begin = static_cast<std::uint64_t>(archive_filter_bytes(a, 0));
  return member;
}

bool only_zeros(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

/// libarchive converts names to the locale's encoding and gives up those that cannot
/// be. In UTF-8 it has nothing to convert, and passes on what is not UTF-8 as it is.
struct ArchiveReader::Utf8 {
  Utf8() : locale(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;
  ~Utf8() {
    if (locale != nullptr) ::freelocale(locale);
  }

  /// Its use, in one scope and thread.
  class Scope {
   public:
    explicit Scope(const Utf8& utf8) {
      if (utf8.locale != nullptr) before_ = ::uselocale(utf8.locale);
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() {
      if (before_ != nullptr) ::uselocale(before_);
    }

   private:
    locale_t before_ = nullptr;
  };

  locale_t locale;
};

/// What libarchive calls.
struct ArchiveReader::Callbacks {
  static la_ssize_t read(archive* a, void* data, const void** out) {
    auto* reader = static_cast<ArchiveReader*>(data);
    auto got = reader->fill(reader->position_);
    if (!got.ok()) {
      reader->failure_ = std::move(got).error();
      archive_set_error(a, EIO, "cannot read");
      return -1;
    }
    *out = reader->buffer_.data();
    return static_cast<la_ssize_t>(*got);
  }

  static la_int64_t skip(archive* /*a*/, void* data, la_int64_t request) {
    auto* reader = static_cast<ArchiveReader*>(data);
    const std::uint64_t left = reader->file_.size - std::min(reader->file_.size, reader->position_);
    const std::uint64_t step = std::min(static_cast<std::uint64_t>(request), left);
    reader->position_ += step;
    return static_cast<la_int64_t>(step);
  }

  static la_int64_t seek(archive* /*a*/, void* data, la_int64_t offset, int whence) {
    auto* reader = static_cast<ArchiveReader*>(data);
    const auto size = static_cast<la_int64_t>(reader->file_.size);
    la_int64_t base = 0;
    if (whence == SEEK_CUR) base = static_cast<la_int64_t>(reader->position_);
    if (whence == SEEK_END) base = size;
    if (offset < -base || offset > size - base) return ARCHIVE_FATAL;
    reader->position_ = static_cast<std::uint64_t>(base + offset);
    return base + offset;
  }
};

void ArchiveReader::Deleter::operator()(archive* a) const {
  archive_read_free(a);
}

ArchiveReader::ArchiveReader(FileRange file, std::unique_ptr<ByteSource> stream)
    : file_(std::move(file)),
      stream_(std::move(stream)),
      utf8_(std::make_unique<Utf8>()),
      archive_(archive_read_new()) {}

ArchiveReader::~ArchiveReader() = default;

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(Container container, FileRange file) {
  std::unique_ptr<ArchiveReader> reader(new ArchiveReader(std::move(file), nullptr));
  OVAPORT_CHECK(reader->start(container));
  return reader;
}

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(Container container,
                                                           std::unique_ptr<ByteSource> stream) {
  std::unique_ptr<ArchiveReader> reader(new ArchiveReader({}, std::move(stream)));
  OVAPORT_CHECK(reader->start(container));
  return reader;
}

Status ArchiveReader::start(Container container) {
  archive* a = archive_.get();
  buffer_.resize(container == Container::tar && !stream_ ? kHeaderBuffer : kBuffer);
  header_limit_ = container == Container::zip ? kMostZipHeader : kMostTarHeader;
  switch (container) {
    case Container::tar:
      archive_read_support_format_tar(a);
      break;
    case Container::zip:
      archive_read_support_format_zip_seekable(a);
      break;
    case Container::zstd:
    case Container::bzip2:
      // This filter once, not whatever the unpacked bytes look like.
      archive_read_append_filter(
          a, container == Container::zstd ? ARCHIVE_FILTER_ZSTD : ARCHIVE_FILTER_BZIP2);
      archive_read_support_format_raw(a);
      break;
  }
  archive_read_set_read_callback(a, Callbacks::read);
  if (!stream_) {
    archive_read_set_skip_callback(a, Callbacks::skip);
    archive_read_set_seek_callback(a, Callbacks::seek);
  }
  archive_read_set_callback_data(a, this);
  in_header_ = true;
  const Utf8::Scope utf8(*utf8_);
  if (archive_read_open1(a) != ARCHIVE_OK) return failure();
  return {};
}

// The buffer holds what libarchive was given last.
Result<std::size_t> ArchiveReader::fill(std::uint64_t position) {
  if (in_header_ && header_bytes_ > header_limit_)
    return broken("the archive has more headers than any appliance");
  Result<std::size_t> got = std::size_t{0};
  if (stream_) {
    got = stream_->read(buffer_);
  } else if (position < file_.size) {
    got = file_.read_at(position, buffer_);
  }
  if (!got.ok()) return got;
  filled_ = *got;
  position_ = position + filled_;
  header_bytes_ += filled_;
  if (filled_ == 0) at_end_ = true;
  return got;
}

Error ArchiveReader::failure() {
  if (failure_) return *failure_;
  const char* text = archive_error_string(archive_.get());
  const std::string why = escaped(text == nullptr ? "" : text);
  if (at_end_)
    return Error(ErrorKind::integrity, "package.truncated", "the archive is truncated: " + why)
        .at(position_)
        .advise("Copy or download the package again");
  return broken("the archive is damaged: " + why).at(position_);
}

Error ArchiveReader::damaged_data() {
  Error error = failure();
  if (error.code != "package.broken-archive") return error;
  error.kind = ErrorKind::integrity;
  error.code = "package.compression";
  return std::move(error).advise(
      "The package was damaged or changed; get it again from its vendor");
}

std::uint64_t ArchiveReader::consumed() const {
  return static_cast<std::uint64_t>(archive_filter_bytes(archive_.get(), 0));
}

Result<std::optional<Member>> ArchiveReader::next() {
  archive* a = archive_.get();
  in_header_ = false;
  if (members_ > 0 && archive_read_data_skip(a) < ARCHIVE_WARN) return failure();
  const std::uint64_t before = consumed();
  in_header_ = true;
  header_bytes_ = 0;
  archive_entry* entry = nullptr;
  const Utf8::Scope utf8(*utf8_);
  const int status = archive_read_next_header(a, &entry);
  if (failure_) return *failure_;
  if (status == ARCHIVE_EOF) {
    end_mark_ = consumed() > before;
    return std::optional<Member>();
  }
  if (status < ARCHIVE_WARN) return failure();
  in_header_ = false;
  if (++members_ > kMostMembers) return broken("the archive has too many members");
  Member member = describe(a, entry);
  member.ordinal = members_;
  sparse_size_ = member.is_sparse ? member.size : 0;
  given_ = 0;
  block_ = {};
  data_ended_ = false;
  return std::optional<Member>(std::move(member));
}

Status ArchiveReader::next_block() {
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  const int status = archive_read_data_block(archive_.get(), &data, &size, &offset);
  data_ended_ = status == ARCHIVE_EOF;
  // A warning here is a wrong checksum or size.
  if (status < ARCHIVE_OK || offset < 0) return damaged_data();
  if (data_ended_) return {};
  block_ = std::span(static_cast<const std::byte*>(data), size);
  block_begin_ = static_cast<std::uint64_t>(offset);
  if (!block_.empty() && block_begin_ < given_)
    return broken("the map of a sparse member is out of order");
  return {};
}

// libarchive's archive_read_data() ends at the last data of a sparse member.
Result<std::size_t> ArchiveReader::read(std::span<std::byte> out) {
  std::span<std::byte> room = out;
  while (!room.empty()) {
    if (block_.empty() && !data_ended_) OVAPORT_CHECK(next_block());
    const std::uint64_t hole_end = block_.empty() ? sparse_size_ : block_begin_;
    std::size_t step = 0;
    if (given_ < hole_end && (data_ended_ || !block_.empty())) {
      step = std::min<std::uint64_t>(room.size(), hole_end - given_);
      std::fill_n(room.begin(), step, std::byte{0});
    } else if (!block_.empty()) {
      step = std::min(room.size(), block_.size());
      std::copy_n(block_.begin(), step, room.begin());
      block_ = block_.subspan(step);
      block_begin_ += step;
    } else if (data_ended_) {
      break;
    }
    room = room.subspan(step);
    given_ += step;
  }
  return out.size() - room.size();
}

Result<bool> ArchiveReader::has_more_data() {
  constexpr std::uint64_t kLookAt = 1ULL << 20;
  const std::uint64_t end = consumed();
  in_header_ = false;
  bool more = false;
  if (stream_) {
    const std::uint64_t unread =
        std::min<std::uint64_t>(position_ - std::min(position_, end), filled_);
    more = !only_zeros(std::span(buffer_).subspan(filled_ - unread, unread));
  } else {
    position_ = end;
  }
  while (stream_ || (!more && position_ < end + kLookAt)) {
    OVAPORT_TRY(const std::size_t got, fill(position_));
    if (got == 0) break;
    more = more || !only_zeros(std::span(buffer_).first(got));
  }
  return more;
}

}  // namespace ovaport::package
