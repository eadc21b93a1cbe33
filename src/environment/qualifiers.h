#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ovaport::environment {

/// One qualifier: `Name`, `Name(a, b)` or `Name{a, b}`.
struct Qualifier {
  std::string name;
  std::vector<std::string> arguments;  ///< Unquoted and unescaped.
};

/// What could be read of a qualifier list, and whether anything could not.
struct QualifierList {
  std::vector<Qualifier> qualifiers;
  bool broken = false;  ///< Reading stopped at a syntax error.
};

/// Reads a list separated by commas or blanks, as ovf:qualifiers and vmw:qualifiers
/// are. Arguments are separated by commas; they are bare, or in double or single
/// quotes with \" \' and \\ as escapes.
QualifierList parse_qualifiers(std::string_view text);

/// Reads a bracketed argument list ("(…)", "{…}" or "[…]") at the start of `text`
/// and removes it. False when it is not well-formed.
bool take_arguments(std::string_view& text, std::vector<std::string>& arguments);

}  // namespace ovaport::environment
