#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "archive_listing.h"
#include "archive_reader.h"
#include "ovaport/package/package.h"
#include "unpack.h"

namespace ovaport::package {

/// A package whose files do not lie as they are: a compressed one, which is unpacked
/// once, to nowhere, to list it, or a tar with sparse members. Each reader unpacks up to
/// the member that it wants. Thread-safe once it is open.
class PackedArchive : public std::enable_shared_from_this<PackedArchive> {
 public:
  /// Lists `file`, which is called `name` in messages. Unpacking, then and later, fails
  /// after `stop`.
  static Result<std::shared_ptr<PackedArchive>> open(const FileRange& file, Packing packing,
                                                     const std::string& name, Concerns& concerns,
                                                     const UnpackLimits& limits = {},
                                                     std::stop_token stop = {});

  /// The sparse members of a plain tar. Disks are mostly holes at times, so that they
  /// may have more than what is packed.
  static Result<std::shared_ptr<PackedArchive>> over_tar(
      const FileRange& file, const std::string& name, const TarListing& listing,
      const UnpackLimits& limits = {1ULL << 40, 1200});

  /// The files in the archive's order, without ranges.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

  /// A stream over one of them. Small files and the first 128 KiB of others are in
  /// memory; reading on in the archive's order unpacks nothing twice. Keeps the
  /// archive alive.
  Result<std::unique_ptr<ByteSource>> stream(const Entry& entry);

  /// A place in the archive.
  struct Cursor {
    std::unique_ptr<ArchiveReader> reader;
    std::size_t ordinal = 0;   // of the member; 0 before the first
    std::uint64_t offset = 0;  // in its data
  };
  struct File {
    std::string name;
    std::size_t ordinal = 0;
    std::uint64_t size = 0;
    std::string head;  // the first bytes, or all
  };
  /// A cursor at that place: the idle one if it is not behind it, else a new one.
  Result<std::unique_ptr<Cursor>> cursor_at(const File& file, std::uint64_t offset);
  /// Takes a cursor back when its reader is done.
  void keep(std::unique_ptr<Cursor> cursor);
  /// The next bytes of `file`, whose member the cursor is at; fewer only at its end,
  /// which is checked.
  static Result<std::size_t> read(Cursor& cursor, const File& file, std::span<std::byte> out);

 private:
  PackedArchive(FileRange file, Packing packing, std::string name, const UnpackLimits& limits,
                std::stop_token stop)
      : file_(std::move(file)),
        packing_(packing),
        name_(std::move(name)),
        limits_(limits),
        stop_(std::move(stop)) {}

  [[nodiscard]] Result<std::unique_ptr<Cursor>> from_start() const;
  [[nodiscard]] Status check_container() const;
  Status list(Concerns& concerns);
  Status count(std::uint64_t size);
  Status add(Cursor& cursor, const Member& member, std::string name);
  Status keep_small(Cursor& cursor, File& file);

  FileRange file_;
  Packing packing_;
  std::string name_;
  UnpackLimits limits_;
  std::stop_token stop_;
  std::vector<Entry> entries_;
  std::map<std::string, File, std::less<>> files_;
  std::uint64_t kept_ = 0;   // bytes in memory
  std::uint64_t total_ = 0;  // bytes of all files
  std::mutex mutex_;
  std::unique_ptr<Cursor> idle_;
};

}  // namespace ovaport::package
