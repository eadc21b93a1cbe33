#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ovaport::environment {

/// A whole decimal integer of at most 64 bits, with an optional sign.
std::optional<long double> parse_integer(std::string_view text);

/// A whole finite decimal number, integer or not, with an optional sign.
std::optional<long double> parse_real(std::string_view text);

/// Shortest usual notation: integers without a point.
std::string format_number(long double number);

}  // namespace ovaport::environment
