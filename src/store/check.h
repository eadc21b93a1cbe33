#pragma once

#include <string>
#include <vector>

#include "sqlite.h"

namespace ovaport::store {

/// What is wrong with the database behind the connection, in sentences. Reads only.
Result<std::vector<std::string>> find_problems(Connection& db);

}  // namespace ovaport::store
