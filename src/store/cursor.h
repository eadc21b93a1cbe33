#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ovaport::store {

/// A place in a list, as opaque text: the fields of the last row shown, and of the query
/// that they belong to.
std::string make_cursor(const std::vector<std::string>& fields);

/// The fields, if `text` is a cursor with `count` of them.
std::optional<std::vector<std::string>> parse_cursor(std::string_view text, std::size_t count);

}  // namespace ovaport::store
