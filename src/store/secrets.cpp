#include "ovaport/store/secrets.h"

#include <string>

#include "internal.h"
#include "ovaport/base/text.h"

namespace ovaport::store {

using environment::Secret;

namespace {

/// A secret must not be copied about by SQLite when it moves rows between pages. What does
/// not fit into a page lies in overflow pages, which stay where they are and are
/// overwritten when freed. So zeros that fill a page come first, and the secret behind them.
constexpr std::size_t kPadding = 4096;

std::string_view column(SecretOf owner) {
  return owner == SecretOf::import ? "import" : "upload";
}

/// The number of an import or upload that has not ended.
Result<std::int64_t> number_of(Connection& db, SecretOf owner, std::string_view id) {
  const bool import = owner == SecretOf::import;
  OVAPORT_TRY(Statement row,
              db.query(import ? "SELECT number, state, finished IS NULL FROM imports WHERE id = ?"
                              : "SELECT number, state, ended IS NULL FROM uploads WHERE id = ?",
                       id));
  OVAPORT_TRY(const bool found, row.step());
  if (!found)
    return Error(ErrorKind::not_found, "store.not-found",
                 "there is no " + std::string(column(owner)) + " " + quote(id));
  if (row.integer(2) == 0) return wrong_state(column(owner), id, row.text(1));
  return row.integer(0);
}

}  // namespace

Status keep_secret(Engine& engine, Connection& db, SecretOf owner, std::int64_t number,
                   const Secret& secret) {
  OVAPORT_CHECK(drop_secret(engine, db, owner, number));
  std::string padded(kPadding, '\0');
  padded += secret.reveal();
  const std::string sql =
      "INSERT INTO secrets (" + std::string(column(owner)) + ", data) VALUES (?, ?)";
  auto stored = db.run(sql, number, Blob{padded});
  // Not left behind in freed memory.
  volatile char* bytes = padded.data();
  for (std::size_t i = kPadding; i < padded.size(); ++i)
    bytes[i] = 0;
  if (!stored.ok()) return std::move(stored).error();
  return {};
}

Status drop_secret(Engine& engine, Connection& db, SecretOf owner, std::int64_t number) {
  OVAPORT_TRY(const std::uint64_t dropped,
              db.run("DELETE FROM secrets WHERE " + std::string(column(owner)) + " = ?", number));
  if (dropped > 0) engine.scrub_log();
  return {};
}

Status Secrets::put(SecretOf owner, std::string_view id, const Secret& secret) {
  return engine_.write([&](Connection& db) -> Status {
    OVAPORT_TRY(const std::int64_t number, number_of(db, owner, id));
    return keep_secret(engine_, db, owner, number, secret);
  });
}

Result<std::optional<Secret>> Secrets::get(SecretOf owner, std::string_view id) {
  return engine_.read([&](Connection& db) -> Result<std::optional<Secret>> {
    OVAPORT_TRY(Statement row,
                db.query(owner == SecretOf::import ? "SELECT data FROM secrets WHERE import = "
                                                     "(SELECT number FROM imports WHERE id = ?)"
                                                   : "SELECT data FROM secrets WHERE upload = "
                                                     "(SELECT number FROM uploads WHERE id = ?)",
                         id));
    OVAPORT_TRY(const bool found, row.step());
    if (!found || row.blob(0).size() < kPadding) return std::optional<Secret>();
    return std::optional<Secret>(Secret(std::string(row.blob(0).substr(kPadding))));
  });
}

Status Secrets::erase(SecretOf owner, std::string_view id) {
  return engine_.write([&](Connection& db) -> Status {
    OVAPORT_TRY(const auto number,
                db.integer(owner == SecretOf::import ? "SELECT number FROM imports WHERE id = ?"
                                                     : "SELECT number FROM uploads WHERE id = ?",
                           id));
    if (!number) return {};
    return drop_secret(engine_, db, owner, *number);
  });
}

}  // namespace ovaport::store
