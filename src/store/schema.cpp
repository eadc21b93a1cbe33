#include "schema.h"

#include <array>
#include <string>

#include "migrations.inc"

namespace ovaport::store {

namespace {

constexpr std::int64_t kApplicationId = 1870029936;  // As in the first migration.

Result<std::int64_t> pragma(Connection& connection, std::string_view name) {
  OVAPORT_TRY(const auto value, connection.integer("PRAGMA " + std::string(name)));
  return value.value_or(0);
}

Result<bool> is_empty(Connection& connection) {
  OVAPORT_TRY(const auto objects, connection.integer("SELECT count(*) FROM sqlite_schema"));
  return objects.value_or(0) == 0;
}

Status use_log(Connection& connection) {
  OVAPORT_TRY(Statement mode, connection.query("PRAGMA journal_mode = WAL"));
  OVAPORT_TRY(const bool answered, mode.step());
  if (answered && mode.text(0) == "wal") return {};
  return Error(ErrorKind::io, "store.io",
               "the file system of the state directory cannot hold a write-ahead log")
      .advise("Put the state directory on a local disk");
}

Status apply(Connection& connection, const char* sql, int version) {
  OVAPORT_TRY(Transaction transaction, Transaction::begin(connection, Transaction::Mode::write));
  OVAPORT_CHECK(connection.script(sql));
  OVAPORT_CHECK(connection.script(("PRAGMA user_version = " + std::to_string(version)).c_str()));
  return transaction.commit();
}

const std::array kMigrations{kCatalogAndWork, kAccess};

}  // namespace

int newest_schema() {
  return static_cast<int>(kMigrations.size());
}

Status configure(Connection& connection) {
  return connection.script(
      // What was acknowledged survives a power cut.
      "PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;"
      // Deleted rows are overwritten, for the sake of secrets.
      "PRAGMA secure_delete = ON;"
      "PRAGMA cell_size_check = ON;"
      "PRAGMA temp_store = MEMORY;"
      "PRAGMA journal_size_limit = 67108864");
}

Status check_schema(Connection& connection) {
  OVAPORT_TRY(const std::int64_t application, pragma(connection, "application_id"));
  OVAPORT_TRY(const std::int64_t version, pragma(connection, "user_version"));
  OVAPORT_TRY(const bool empty, is_empty(connection));
  if (empty && application == 0 && version == 0) return {};
  if (application != kApplicationId)
    return Error(ErrorKind::invalid, "store.foreign", "is a database, but not one of ovaport")
        .advise("Give ovaport a state directory of its own");
  if (version > newest_schema())
    return Error(ErrorKind::unsupported, "store.newer",
                 "was written by a newer ovaport: its schema has version " +
                     std::to_string(version) + ", this program knows versions up to " +
                     std::to_string(newest_schema()))
        .advise("Use that newer ovaport, or a backup from before it was installed");
  return {};
}

Status migrate(Connection& connection) {
  OVAPORT_CHECK(check_schema(connection));
  OVAPORT_CHECK(use_log(connection));
  OVAPORT_TRY(const std::int64_t version, pragma(connection, "user_version"));
  for (auto next = static_cast<std::size_t>(version); next < kMigrations.size(); ++next)
    OVAPORT_CHECK(apply(connection, kMigrations.at(next), static_cast<int>(next) + 1));
  return {};
}

}  // namespace ovaport::store
