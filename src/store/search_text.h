#pragma once

#include <string>
#include <string_view>

#include "ovaport/base/result.h"

namespace ovaport::store {

/// What a user types, as an expression of FTS5: every word must occur, as the beginning
/// of a word. Nothing in it is an operator. Empty for a text without letters or digits.
/// Too many words, too long or no UTF-8: kind choice, code "store.query".
Result<std::string> match_expression(std::string_view text);

}  // namespace ovaport::store
