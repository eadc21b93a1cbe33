#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "ovaport/base/result.h"
#include "ovaport/base/unique_fd.h"

namespace ovaport {

/// A forward-only stream of bytes. Not thread-safe; one reader.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills `out` from its start with the next bytes and returns how many; fewer
  /// than out.size() only at the end; 0 means the end. After an error the source
  /// is unusable.
  virtual Result<std::size_t> read(std::span<std::byte> out) = 0;
};

/// A contiguous range of an open regular file: where an uncompressed entry of a
/// package lies. `file` is shared so that the range outlives its package.
struct FileRange {
  std::shared_ptr<const UniqueFd> file;
  std::uint64_t offset = 0;  ///< bytes
  std::uint64_t size = 0;    ///< bytes

  /// Reads up to out.size() bytes at `position` (relative to the range) by pread;
  /// fewer only at the end of the range or of the file. Thread-safe.
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> out) const;
};

/// The whole of a regular file, opened as open_for_reading() does.
Result<FileRange> open_range(const std::filesystem::path& path);

/// A stream over a whole FileRange. Ends early, without error, if the file does.
std::unique_ptr<ByteSource> make_source(FileRange range);

}  // namespace ovaport
