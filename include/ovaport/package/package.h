#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/byte_source.h"
#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"

/// Opening an appliance's package without unpacking it.
namespace ovaport::package {

/// A file of the package.
struct Entry {
  std::string name;        ///< Relative, '/' separated, checked: safe to use below a directory.
  std::uint64_t size = 0;  ///< bytes
  std::optional<FileRange> range;  ///< Where it lies; absent when it is not contiguous.
};

enum class Kind {
  ova,        ///< A plain tar.
  directory,  ///< An OVF directory.
  packed,     ///< A tar compressed by gzip, xz, zstd or bzip2, or a zip.
};

/// An open OVA, compressed or not, or OVF directory. Move-only; entries live as long as
/// it. Reading is thread-safe.
class Package {
 public:
  /// Opens a tar, a directory or the .ovf file of a directory, lists it by its
  /// headers (bytes of disks are seeked over) and finds the descriptor. Refuses
  /// names that lead outside, links, devices, duplicates and truncated members.
  /// A compressed tar is unpacked once for that, in memory of a bounded size; one that
  /// unpacks to more than 16 GiB and 1200 times its size is refused.
  /// After `stop` whatever would have to be unpacked is an error of kind cancelled.
  static Result<Package> open(const std::filesystem::path& path, Concerns& concerns,
                              std::stop_token stop = {});

  Package(Package&&) noexcept;
  Package& operator=(Package&&) noexcept;
  ~Package();

  [[nodiscard]] const std::string& name() const;  ///< File name, for messages.
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] const std::vector<Entry>& entries() const;
  [[nodiscard]] const Entry& descriptor() const;
  [[nodiscard]] const Entry* manifest() const;
  [[nodiscard]] const Entry* certificate() const;

  /// Of a directory: adds the files of the folder below it that `href` names, if it names
  /// one, so that they can be found. Links are not followed; descriptors in it belong to
  /// other packages. Archives have all their files already. Entries that were given
  /// out before are invalid then.
  Status add_folder_of(std::string_view href);
  /// Takes the regular file at `path` as the entry named `href`, a URL: what was fetched
  /// from there. Entries that were given out before are invalid then.
  Status adopt(const std::string& href, const std::filesystem::path& path);
  /// The entry that a References/File href means: by its exact name, literally or with
  /// percent-encoding decoded, else by its name in another Unicode form or case, with a
  /// concern.
  Result<const Entry*> find(std::string_view href, Concerns& concerns) const;
  /// The entries whose names start so, in the order of their names.
  [[nodiscard]] std::vector<const Entry*> starting_with(const std::string& start) const;
  /// All of a small entry.
  Result<std::string> read(const Entry& entry, std::uint64_t limit) const;
  /// A new stream over an entry. Of a compressed package, entries are best read in
  /// their order: going back means unpacking from the start.
  Result<std::unique_ptr<ByteSource>> stream(const Entry& entry) const;

 private:
  struct State;
  explicit Package(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ovaport::package
