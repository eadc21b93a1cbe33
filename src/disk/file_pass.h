#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "ovaport/disk/decode.h"
#include "sink.h"

namespace ovaport::disk {

/// The part of a file that goes into a disk as it is.
struct Window {
  Sink* sink = nullptr;      ///< Holds zeros where the window goes.
  std::uint64_t begin = 0;   ///< In the file, bytes.
  std::uint64_t size = 0;    ///< bytes
  std::uint64_t target = 0;  ///< On the disk, bytes.
};

struct Passed {
  FileDigests file;
  std::uint64_t written = 0;          ///< Bytes that are not holes.
  std::array<std::byte, 512> tail{};  ///< The file's last bytes.
};

/// The digests found of a file, unless one is not what the manifest promises: then an
/// Error of kind integrity, code "disk.digest-mismatch".
Result<FileDigests> check_digests(const DiskInput& input, std::vector<Digest> found);

/// What shows that a file was written to. Digests say nothing about bytes that are read
/// again later, so what is read twice must not change in between.
class Stamp {
 public:
  /// Of the file that holds the input's range, which must be there.
  static Result<Stamp> of(const DiskInput& input);
  /// Kind integrity, code "disk.changed", if the file is not as it was.
  [[nodiscard]] Status check(const DiskInput& input) const;

 private:
  using Time = std::pair<std::int64_t, std::int64_t>;  // seconds, nanoseconds
  std::tuple<Time, Time, std::int64_t> state_;         // modified, changed, size
};

/// Reads a file once from front to back: digests it, checks them, and copies the
/// window, if there is one.
Result<Passed> pass_over(const DiskInput& input, const DecodeOptions& options,
                         const std::optional<Window>& window = std::nullopt);

}  // namespace ovaport::disk
