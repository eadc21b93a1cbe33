#pragma once

#include <string>
#include <string_view>

#include "ovaport/base/result.h"

namespace ovaport::package {

/// The name of an archive member or file, relative and normalised ("./a//b" becomes
/// "a/b"). Refuses what could lead outside the package or deceive a reader:
/// absolute names, "..", backslashes, drive letters, control characters, text that
/// is not UTF-8, names over 1024 bytes. Kind invalid, code "package.unsafe-name".
Result<std::string> checked_name(std::string_view raw);

/// A name that is not UTF-8, as the archiver most probably meant it: a zip's is CP437
/// (APPNOTE.TXT, appendix D), one in an old tar is that or Latin-1.
std::string guessed_name(std::string_view raw, bool zip);

/// Whether the name is one of macOS' companion files ("._x", "__MACOSX/…").
bool is_mac_companion(std::string_view name);

}  // namespace ovaport::package
