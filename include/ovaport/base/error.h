#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ovaport {

/// What sort of failure an Error is. Decides exit codes and HTTP statuses; the
/// precise reason is Error::code.
enum class ErrorKind {
  invalid,      ///< The input breaks a rule (malformed archive, XML, disk, option text).
  unsupported,  ///< The input is legal but ovaport cannot carry it over.
  integrity,    ///< Bytes are not what was promised: digest mismatch, truncation.
  choice,       ///< A choice is missing or wrong: property, EULA, network, option.
  not_found,    ///< A named thing does not exist.
  conflict,     ///< The target exists already or is in use.
  io,           ///< The operating system refused: permission, read or write error.
  no_space,     ///< The target has no room, or a quota is reached.
  child,        ///< A helper program failed, or ran out of its limits.
  cancelled,    ///< The caller asked to stop.
  internal,     ///< A bug in ovaport.
};

/// A failure, as it is shown to people and to programs.
///
/// `message` is one sentence written where the error is made: what failed, on
/// what and why. `advice`, if not empty, says what to do. Neither ever holds a
/// property value or another secret. Text taken from the input is passed through
/// `quote()` (base/text.h) by whoever builds the message.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string code;     ///< Stable, `<module>.<reason>`, e.g. "package.digest-mismatch".
  std::string message;  ///< Without a final full stop.
  std::string advice;   ///< May be empty.
  std::string file;     ///< Package, entry or host file that it is about; may be empty.
  std::string element;  ///< Path inside that file, e.g. an XML element; may be empty.
  std::optional<std::uint64_t> offset;  ///< Byte offset, or line number for XML.

  Error() = default;
  Error(ErrorKind k, std::string_view c, std::string m) : kind(k), code(c), message(std::move(m)) {}

  /// Each returns the error with that part of the context set, unless a more
  /// inner border has set it already.
  Error in_file(std::string name) &&;
  Error in_element(std::string path) &&;
  Error at(std::uint64_t position) &&;
  Error advise(std::string what_to_do) &&;
};

/// "FILE: ELEMENT: message (at byte N). Advice." – one line for people.
std::string describe(const Error& error);

/// Stable lower-case name, e.g. "integrity".
std::string_view to_string(ErrorKind kind);

/// An Error for a failed system call: kind io (no_space for ENOSPC, EDQUOT and
/// EFBIG, not_found for ENOENT), code "base.io", message "<what>: <strerror>".
Error system_error(std::string_view what, int error_number);

}  // namespace ovaport
