#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ovaport {

/// How much a Concern matters to the person who decides about the import.
enum class Severity {
  critical,     ///< The import is refused, or the result will not work.
  warning,      ///< Something was tolerated, lost or changed; the result may need attention.
  information,  ///< Worth knowing.
};

/// A machine-readable finding about a package, descriptor or guest: every
/// tolerance, doubt and loss becomes one. Text from the input is already quoted;
/// property values never appear.
struct Concern {
  std::string code;  ///< Stable, `<module>.<reason>`, e.g. "ovf.unknown-section".
  Severity severity = Severity::warning;
  std::string message;  ///< What was found and what ovaport does about it.
  std::string advice;   ///< What the user can do; may be empty.
  std::string file;     ///< Entry it is about; may be empty.
  std::string element;  ///< Element path or name inside the file; may be empty.
  int line = 0;         ///< 1-based line in `file`; 0 when unknown.

  bool operator==(const Concern&) const = default;
};

using Concerns = std::vector<Concern>;

/// "critical", "warning" or "information".
std::string_view to_string(Severity severity);

}  // namespace ovaport
