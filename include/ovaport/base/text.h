#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ovaport {

/// `text` made safe for a terminal, a log or an error message: control characters,
/// DEL, invalid UTF-8, bidirectional and other invisible format characters become
/// \n, \t, \xNN or \u{NNNN}; at most `limit` bytes of input are shown, then "…".
std::string escaped(std::string_view text, std::size_t limit = 200);

/// escaped() between double quotes, inner double quotes and backslashes escaped.
std::string quote(std::string_view text, std::size_t limit = 200);

/// Whether `text` is well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

/// Number of Unicode characters in well-formed UTF-8 `text`.
std::size_t utf8_length(std::string_view text);

/// ASCII letters lowered, everything else kept.
std::string to_lower(std::string_view text);

/// Equal but for the case of ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Without leading and trailing ASCII white space.
std::string_view trimmed(std::string_view text);

/// Parses a whole decimal unsigned number; nothing for anything else or overflow.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);

/// Parses a whole decimal signed number; nothing for anything else or overflow.
std::optional<std::int64_t> parse_signed(std::string_view text);

/// Pieces of `text` between any of the `separators`; empty pieces are dropped.
std::vector<std::string_view> split(std::string_view text, std::string_view separators);

/// "1.5 GiB", "512 B": binary units, at most one decimal.
std::string format_bytes(std::uint64_t bytes);

/// `text` with its valid %XX triplets decoded (RFC 3986 §2.1); others are kept.
std::string percent_decoded(std::string_view text);

/// Negative, zero or positive as version `a` is older than, the same as or newer than `b`:
/// runs of digits count as numbers of any size, everything else as text.
int compare_versions(std::string_view a, std::string_view b);

/// The candidate nearest to `word` by edit distance, if near enough to be meant.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace ovaport
