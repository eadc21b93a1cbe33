#pragma once

#include <string>
#include <string_view>

namespace ovaport::environment {

/// Whether XML 1.0 can hold `text` in an attribute: UTF-8 without control
/// characters but tab, line feed and carriage return, and without U+FFFE, U+FFFF.
bool is_xml_text(std::string_view text);

/// `text` with U+FFFD for each byte or character that XML 1.0 cannot hold.
std::string repair_xml_text(std::string_view text);

}  // namespace ovaport::environment
