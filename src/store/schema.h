#pragma once

#include "ovaport/base/result.h"
#include "sqlite.h"

namespace ovaport::store {

/// The version of the newest schema that this program knows.
int newest_schema();

/// Settings of a connection that the file does not remember.
Status configure(Connection& connection);

/// Checks that the database is ours and not newer than this program (codes
/// "store.foreign", "store.newer"). Reads only.
Status check_schema(Connection& connection);

/// check_schema(), then makes the database a write-ahead log and brings the schema up to
/// date, each version in one transaction.
Status migrate(Connection& connection);

}  // namespace ovaport::store
