#pragma once

#include <guestfs.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/result.h"

namespace ovaport::guest {

/// An entry of a directory in the guest, not followed if it is a link.
struct GuestEntry {
  std::string name;
  char type = 'u';  ///< As readdir tells: 'r' file, 'd' directory, 'l' link, …
};

/// The libguestfs appliance with the guest's disks, and the guest's file systems
/// once they are mounted. Lives only in the worker process. All paths are the
/// guest's; links are followed inside the guest's own tree (the appliance is
/// chrooted there), except by functions that say otherwise.
///
/// Probing functions give "no" for what fails: a hostile file system answers as it
/// likes. Functions that change the guest return a Status.
class Appliance {
 public:
  struct Options {
    std::vector<std::filesystem::path> disks;  ///< Raw.
    bool writable = false;
    std::filesystem::path temporary;  ///< For sockets and overlays.
    std::filesystem::path cache;      ///< For the appliance itself.
    std::filesystem::path ready;      ///< A finished appliance; may be empty.
  };

  static Result<Appliance> launch(const Options& options);

  /// Ends the appliance in order, so that write errors show.
  Status shut_down();

  [[nodiscard]] guestfs_h* raw() const { return handle_.get(); }
  /// An Error of kind child, "guest.filesystem", with libguestfs' last message.
  [[nodiscard]] Error error(std::string_view what) const;

  [[nodiscard]] bool exists(const std::string& path) const;
  [[nodiscard]] bool is_file(const std::string& path) const;       ///< Follows links.
  [[nodiscard]] bool is_directory(const std::string& path) const;  ///< Follows links.
  /// File mode of the entry itself, not following a link; nothing if absent.
  [[nodiscard]] std::optional<std::uint32_t> mode(const std::string& path) const;
  /// Size of the entry itself.
  [[nodiscard]] std::uint64_t size(const std::string& path) const;
  /// The first `limit` bytes of a regular file; empty for anything else.
  [[nodiscard]] std::string read_head(const std::string& path, std::size_t limit) const;
  /// The same without looking first what it is: for paths that list() called files.
  [[nodiscard]] std::string read_listed(const std::string& path, std::size_t limit) const;
  /// At most 4096 entries of a directory, sorted; none for anything else.
  [[nodiscard]] std::vector<GuestEntry> list(const std::string& directory) const;
  /// Names of regular files in `directory` that end in `suffix`, as full paths.
  [[nodiscard]] std::vector<std::string> files(const std::string& directory,
                                               std::string_view suffix) const;
  /// Where `path` leads inside the guest; nothing when it leads nowhere.
  [[nodiscard]] std::optional<std::string> real_path(const std::string& path) const;

 private:
  struct Close {
    void operator()(guestfs_h* handle) const { guestfs_close(handle); }
  };
  explicit Appliance(guestfs_h* handle) : handle_(handle) {}

  std::unique_ptr<guestfs_h, Close> handle_;
};

/// Owns the char* results of libguestfs.
std::string take_string(char* text);
/// Owns the char** results of libguestfs; empty for NULL.
std::vector<std::string> take_list(char** list);

/// `text` from a guest made fit for reports: escaped() and bounded.
std::string clean(std::string_view text);

}  // namespace ovaport::guest
