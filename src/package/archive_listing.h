#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive_reader.h"
#include "ovaport/package/package.h"

namespace ovaport::package {

/// What is done with a file of an archive; `name` is checked.
using VisitFile = std::function<Status(const Member& member, std::string name)>;

/// Visits the files of an archive in its order. Refuses what is no regular file or
/// directory, unsafe names, and encrypted members. Names that are not UTF-8 are guessed,
/// with a concern.
Status visit_files(ArchiveReader& reader, const VisitFile& visit, Concerns& concerns);

/// After a tar's last member: concerns about how it ends. Reads a stream to its end.
Status judge_end(ArchiveReader& reader, Concerns& concerns);

/// The files of a plain tar.
struct TarListing {
  std::vector<Entry> entries;
  /// Of the entries without a range, which are stored as sparse files: Member::ordinal.
  std::map<std::string, std::size_t> sparse;
};

/// Lists a plain tar by its headers. Refuses members that are no regular files or
/// directories and those that the file does not hold whole.
Result<TarListing> list_tar(const FileRange& file, Concerns& concerns);

/// Whether the first 512 bytes are a POSIX tar's. Old ones do not tell.
bool is_posix_tar(std::string_view head);

/// What the first bytes look like when they are no tar: "a PNG image", …
std::string describe_magic(std::string_view head);

}  // namespace ovaport::package
