#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/result.h"
#include "ovaport/environment/secret.h"

namespace ovaport::environment {

/// One "key = value" of the user.
struct Assignment {
  std::string key;
  Secret value;

  bool operator==(const Assignment&) const = default;
};

/// Largest property file that is taken, in bytes.
inline constexpr std::size_t kPropertyFileLimit = std::size_t{16} << 20;

/// Splits "key=value" at the first equals sign; the value is kept byte for byte.
/// Kind choice, code "environment.bad-assignment" otherwise; the text itself is not
/// in the message, for it may be a password.
Result<Assignment> split_assignment(std::string_view text);

/// Reads a property file, in order. Either a JSON object of strings, numbers and
/// booleans, or lines (ended by LF or CR LF):
///
///     # comment                    blank lines are skipped, too
///     key=value                    everything after the first "=", byte for byte
///     key<<END                     several lines, up to a line that is just END
///     first line
///     second line
///     END
///
/// Lines of a multi-line value are joined by LF, without one at the end. `file` is
/// its name for messages. Errors: kind choice, code "environment.property-file",
/// with the line; they never show a value. A key that occurs twice is refused.
Result<std::vector<Assignment>> parse_property_file(std::string_view text, std::string_view file);

}  // namespace ovaport::environment
