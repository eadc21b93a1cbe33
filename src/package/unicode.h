#pragma once

#include <string>
#include <string_view>

namespace ovaport::package {

/// Well-formed UTF-8 text in Unicode's normal form C: what people see as one character
/// is one sequence of bytes, whichever system wrote it.
std::string composed(std::string_view utf8);

/// The same for texts that differ in form or case only, by Unicode's full case folding.
std::string caseless(std::string_view utf8);

/// Encodings of old archivers.
enum class OldCharset { cp437, latin1 };

/// `bytes` in UTF-8.
std::string decoded(std::string_view bytes, OldCharset charset);

}  // namespace ovaport::package
