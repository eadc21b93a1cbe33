#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "ovaport/base/result.h"
#include "ovaport/base/unique_fd.h"

namespace ovaport {

/// Opens a regular file for reading, close-on-exec, refusing FIFOs, devices and
/// directories (code "base.not-a-file").
Result<UniqueFd> open_for_reading(const std::filesystem::path& path);

/// The whole of a file of at most `limit` bytes; more is an error of kind invalid,
/// code "base.file-too-large".
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

/// Writes a new file (it must not exist) with `mode`, and fsyncs it.
Status write_new_file(const std::filesystem::path& path, std::string_view content,
                      unsigned mode = 0644);

/// Makes a completed file or directory entry durable: fsync of the directory.
Status sync_directory(const std::filesystem::path& directory);

/// Bytes free for the caller on the file system that holds `path`.
Result<std::uint64_t> free_space(const std::filesystem::path& path);

/// A private directory of one job, deleted with all its content unless kept.
///
/// It lies beside its final place, so that publishing is one rename. It is locked
/// (flock) for its owner's life: `remove_stale()` deletes only directories whose
/// owner is dead, however it died.
class WorkDirectory {
 public:
  /// Makes `<parent>/.ovaport-<tag>-<random>` (mode 0700) and locks it. `parent`
  /// is created when missing.
  static Result<WorkDirectory> create(const std::filesystem::path& parent, std::string_view tag);

  /// Deletes what dead owners left in `parent`; returns how many directories.
  static Result<int> remove_stale(const std::filesystem::path& parent);

  WorkDirectory(WorkDirectory&& other) noexcept;
  WorkDirectory& operator=(WorkDirectory&&) = delete;
  ~WorkDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Makes everything in it durable and renames it to `target` in one step.
  /// `target` must not exist (kind conflict, code "base.exists"), unless `replace`:
  /// then the two change places atomically and the old one is deleted.
  Status publish(const std::filesystem::path& target, bool replace) &&;

 private:
  WorkDirectory(std::filesystem::path path, UniqueFd lock, bool made_parent);

  std::filesystem::path path_;
  UniqueFd lock_;
  bool made_parent_ = false;
};

}  // namespace ovaport
