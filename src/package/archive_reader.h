#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ovaport/base/byte_source.h"
#include "ovaport/base/result.h"

struct archive;
struct archive_entry;

namespace ovaport::package {

/// What libarchive is asked to read, and nothing else: no format is guessed.
enum class Container {
  tar,
  zip,    ///< By its central directory: needs a file, not a stream.
  zstd,   ///< One member: what the bytes unpack to.
  bzip2,  ///< One member: what the bytes unpack to.
};

/// A member of an archive, as its header says.
struct Member {
  std::string raw_name;     ///< Unchecked.
  std::size_t ordinal = 0;  ///< 1 for the first header of the archive.
  std::uint64_t size = 0;   ///< bytes
  bool has_size = false;
  bool is_link = false;
  bool is_file = false;
  bool is_directory = false;
  bool is_sparse = false;
  bool is_encrypted = false;
  std::string method;       ///< The archive's format, with a zip's compression method.
  std::uint64_t begin = 0;  ///< Where its data begins in a plain tar, bytes.
};

/// Reads an archive member by member, by libarchive. Memory is bounded: headers that
/// need more than any appliance has are an error. Not thread-safe.
class ArchiveReader {
 public:
  /// From a file: what is not asked for is seeked over.
  static Result<std::unique_ptr<ArchiveReader>> open(Container container, FileRange file);
  /// From a stream, for what does not need to seek.
  static Result<std::unique_ptr<ArchiveReader>> open(Container container,
                                                     std::unique_ptr<ByteSource> stream);
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;
  ~ArchiveReader();

  /// The next member, or nothing at the end.
  Result<std::optional<Member>> next();
  /// The next bytes of the member; holes are zeros. Fewer only at its end.
  Result<std::size_t> read(std::span<std::byte> out);

  /// After the end: whether the archive says itself that it ends there.
  [[nodiscard]] bool has_end_mark() const { return end_mark_; }
  /// After the end: whether anything but zeros follows. Reads a stream to its end, and
  /// thereby checks it; of a file, 1 MiB.
  Result<bool> has_more_data();

 private:
  struct Callbacks;
  ArchiveReader(FileRange file, std::unique_ptr<ByteSource> stream);
  Status start(Container container);
  [[nodiscard]] Error failure();
  [[nodiscard]] Error damaged_data();
  [[nodiscard]] std::uint64_t consumed() const;
  Result<std::size_t> fill(std::uint64_t position);
  Status next_block();

  struct Deleter {
    void operator()(archive* a) const;
  };
  struct Utf8;  // While it lives, libarchive takes names as UTF-8 in this thread.
  FileRange file_;
  std::unique_ptr<ByteSource> stream_;
  std::vector<std::byte> buffer_;
  std::size_t filled_ = 0;          // of the buffer
  std::uint64_t position_ = 0;      // of the next byte to be read
  std::uint64_t header_bytes_ = 0;  // read since the current header began
  std::uint64_t header_limit_ = 0;
  std::size_t members_ = 0;
  std::uint64_t given_ = 0;           // bytes of the member's data
  std::span<const std::byte> block_;  // of its data, what libarchive gave and was not taken
  std::uint64_t block_begin_ = 0;     // where that belongs
  bool data_ended_ = false;
  std::uint64_t sparse_size_ = 0;  // of the member, if it is one with holes
  bool in_header_ = false;
  bool at_end_ = false;  // of the input
  bool end_mark_ = false;
  std::optional<Error> failure_;  // of the input
  std::unique_ptr<Utf8> utf8_;
  std::unique_ptr<archive, Deleter> archive_;
};

}  // namespace ovaport::package
