#include "number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "ovaport/base/text.h"

namespace ovaport::environment {

namespace {

// "+5" is usual input but unknown to from_chars; "+-5" stays wrong.
std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

}  // namespace

std::optional<long double> parse_integer(std::string_view text) {
  text = without_plus(text);
  if (const auto number = parse_unsigned(text)) return static_cast<long double>(*number);
  if (const auto number = parse_signed(text)) return static_cast<long double>(*number);
  return std::nullopt;
}

std::optional<long double> parse_real(std::string_view text) {
  if (const auto number = parse_integer(text)) return number;
  text = without_plus(text);
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(number)) return std::nullopt;
  return static_cast<long double>(number);
}

std::string format_number(long double number) {
  std::array<char, 64> buffer{};
  const bool whole = std::trunc(number) == number && std::fabs(number) < 1e20L;
  std::snprintf(buffer.data(), buffer.size(), whole ? "%.0Lf" : "%.9Lg", number);
  return buffer.data();
}

}  // namespace ovaport::environment
