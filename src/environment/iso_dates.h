#pragma once

#include <string>

namespace ovaport::environment {

/// Makes an image of libarchive's iso9660 writer depend on its content alone: sets
/// every date of volumes, directories and Rock Ridge entries to 1980-01-01 00:00
/// UTC and clears the comment sector that holds a date. Returns false, with the
/// image in part changed, when it is not laid out as ISO 9660 (ECMA-119) says.
bool fix_dates(std::string& image);

}  // namespace ovaport::environment
