#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "ovaport/base/result.h"
#include "ovaport/base/unique_fd.h"

namespace ovaport::disk {

/// Where decoded bytes go: a new sparse file, or an existing block device, whose
/// gaps are zeroed. write() may be called from several threads at once.
class Sink {
 public:
  /// A file that must not exist yet (mode 0644 less umask), or a block device.
  static Result<Sink> open(const std::filesystem::path& path);

  /// Before the first write: the size of the whole disk, bytes. A device must be at
  /// least as large.
  Status set_size(std::uint64_t size);
  Status write(std::uint64_t position, std::span<const std::byte> bytes);
  /// Makes a range zero that has been written before.
  Status zero(std::uint64_t position, std::uint64_t size);
  /// Gives a file a smaller size; a device keeps its own.
  Status cut(std::uint64_t size);
  /// Bytes of a file that are not holes; nothing is known of a device.
  [[nodiscard]] std::optional<std::uint64_t> allocated() const;
  /// Ends the work; for a device, makes it durable.
  Status finish();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool is_device() const { return device_; }

 private:
  Sink(UniqueFd fd, bool device, std::filesystem::path path)
      : fd_(std::move(fd)), device_(device), path_(std::move(path)) {}

  UniqueFd fd_;
  bool device_;
  std::filesystem::path path_;
};

}  // namespace ovaport::disk
