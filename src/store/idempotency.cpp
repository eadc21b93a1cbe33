#include "ovaport/store/idempotency.h"

#include "internal.h"

namespace ovaport::store {

namespace {

Error not_taken() {
  return {ErrorKind::internal, "store.internal", "an idempotency key is used that was not taken"};
}

}  // namespace

Status commit_key(Connection& db, const std::optional<KeyReference>& key,
                  std::string_view subject) {
  if (!key) return {};
  OVAPORT_TRY(const std::uint64_t known,
              db.run("UPDATE idempotency SET subject = ? WHERE token_id = ? AND key = ?", subject,
                     key->token_id, key->key));
  if (known == 0) return not_taken();
  return {};
}

Result<KeyRecord> Idempotency::begin(const KeyReference& key, std::string_view request_hash,
                                     Time expires) {
  return engine_.write([&](Connection& db) -> Result<KeyRecord> {
    OVAPORT_CHECK(db.run("DELETE FROM idempotency WHERE expires <= ?", engine_.now()));
    OVAPORT_TRY(const std::uint64_t taken,
                db.run("INSERT INTO idempotency (token_id, key, request_hash, expires) "
                       "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                       key.token_id, key.key, request_hash, expires));
    if (taken == 1) return KeyRecord{};
    OVAPORT_TRY(Statement row, db.query("SELECT request_hash, subject, status, body "
                                        "FROM idempotency WHERE token_id = ? AND key = ?",
                                        key.token_id, key.key));
    OVAPORT_TRY(const bool found, row.step());
    if (!found) return not_taken();
    if (row.text(0) != request_hash)
      return Error(ErrorKind::choice, "store.idempotency-key",
                   "the idempotency key was used for another request")
          .advise("Make a new key for every request that is not a repetition");
    KeyRecord record;
    record.subject = row.text(1);
    record.status = static_cast<int>(row.integer(2));
    record.body = row.text(3);
    if (!row.is_null(2))
      record.state = KeyState::answered;
    else
      record.state = record.subject.empty() ? KeyState::running : KeyState::committed;
    return record;
  });
}

Status Idempotency::complete(const KeyReference& key, int status, std::string_view body) {
  return engine_.write([&](Connection& db) -> Status {
    // A key that has expired meanwhile is not there any more, which does no harm.
    OVAPORT_CHECK(
        db.run("UPDATE idempotency SET status = ?, body = ? WHERE token_id = ? AND key = ?", status,
               body, key.token_id, key.key));
    return {};
  });
}

Status Idempotency::abandon(const KeyReference& key) {
  return engine_.write([&](Connection& db) -> Status {
    OVAPORT_CHECK(
        db.run("DELETE FROM idempotency WHERE token_id = ? AND key = ? "
               "AND subject = '' AND status IS NULL",
               key.token_id, key.key));
    return {};
  });
}

}  // namespace ovaport::store
