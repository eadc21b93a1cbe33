#pragma once

#include <string>
#include <string_view>

#include "appliance.h"
#include "ovaport/base/result.h"

namespace ovaport::guest {

/// Puts files into a mounted guest that may be hostile or odd: the last part of a
/// path is never followed if it is a link, an existing file is replaced by rename,
/// and the SELinux label of a neighbour is taken over when labels are in use.
class GuestFiles {
 public:
  GuestFiles(Appliance& appliance, bool labels) : appliance_(appliance), labels_(labels) {}

  /// Makes missing directories. Kind unsupported, "guest.place-taken", when a
  /// directory is in the way.
  Status write(const std::string& path, std::string_view content, unsigned mode);
  /// A symbolic link at `path`, with the same rules.
  Status link(const std::string& path, const std::string& target);
  /// Moves the entry at `path` itself to path + suffix, unless that exists already:
  /// then it is only removed. Nothing is done if there is no entry.
  Status set_aside(const std::string& path, std::string_view suffix);

 private:
  struct Place {
    std::string directory;  ///< Real path.
    std::string path;       ///< In that directory.
    std::string temporary;
  };
  Result<Place> place(const std::string& path);
  Status finish(const Place& place);
  void label(const Place& place);

  Appliance& appliance_;
  bool labels_;
};

}  // namespace ovaport::guest
