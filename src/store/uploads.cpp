#include "ovaport/store/uploads.h"

#include <algorithm>
#include <limits>

#include "internal.h"
#include "names.h"
#include "ovaport/base/text.h"
#include "random.h"

namespace ovaport::store {

namespace {

constexpr Names<UploadState, 4> kStates{{{UploadState::receiving, "receiving"},
                                         {UploadState::complete, "complete"},
                                         {UploadState::failed, "failed"},
                                         {UploadState::terminated, "terminated"}}};

constexpr std::string_view kSelect =
    "SELECT id, file_name, length, offset, metadata, checksum_algorithm, checksum, path, state, "
    "verdict, appliance_id, error_code, error_message, created, expires, revision, number "
    "FROM uploads ";
constexpr int kNumberColumn = 16;

struct Row {
  Upload upload;
  std::int64_t number = 0;
};

Upload read_upload(const Statement& row) {
  Upload upload;
  upload.id = row.text(0);
  upload.file_name = row.text(1);
  if (!row.is_null(2)) upload.length = row.size(2);
  upload.offset = row.size(3);
  upload.metadata = row.text(4);
  upload.checksum_algorithm = row.text(5);
  upload.checksum = row.text(6);
  upload.path = row.text(7);
  upload.state = value_of(kStates, row.text(8));
  upload.verdict = row.text(9);
  upload.appliance_id = row.text(10);
  upload.error_code = row.text(11);
  upload.error_message = row.text(12);
  upload.created = row.integer(13);
  upload.expires = row.optional_integer(14);
  upload.revision = row.integer(15);
  return upload;
}

Result<Row> find(Connection& db, std::string_view id) {
  OVAPORT_TRY(Statement row, db.query(std::string(kSelect) + "WHERE id = ?", id));
  OVAPORT_TRY(const bool found, row.step());
  if (!found)
    return Error(ErrorKind::not_found, "store.not-found", "there is no upload " + quote(id));
  return Row{read_upload(row), row.integer(kNumberColumn)};
}

Result<Row> find_receiving(Connection& db, std::string_view id) {
  OVAPORT_TRY(Row row, find(db, id));
  if (row.upload.state == UploadState::receiving) return row;
  return wrong_state("upload", id, to_string(row.upload.state));
}

Result<std::vector<Upload>> read_all(Statement rows) {
  std::vector<Upload> uploads;
  while (true) {
    OVAPORT_TRY(const bool more, rows.step());
    if (!more) return uploads;
    uploads.push_back(read_upload(rows));
  }
}

Status tell(Engine& engine, Connection& db, std::string_view kind, const Upload& upload) {
  return engine.add_event(db, kind, upload.id,
                          event_data({{"state", to_string(upload.state)},
                                      {"appliance", upload.appliance_id},
                                      {"error", upload.error_code}}));
}

/// Changes columns of an upload that is receiving. `assignments` has one parameter, ?2.
template <typename Value>
Result<Upload> change(Engine& engine, std::string_view id, const std::string& assignments,
                      const Value& value) {
  return engine.write([&](Connection& db) -> Result<Upload> {
    OVAPORT_TRY(const Row row, find_receiving(db, id));
    OVAPORT_CHECK(
        db.run("UPDATE uploads SET revision = revision + 1, " + assignments + " WHERE number = ?1",
               row.number, value));
    OVAPORT_TRY(Row changed, find(db, id));
    OVAPORT_CHECK(tell(engine, db, "upload-changed", changed.upload));
    return std::move(changed.upload);
  });
}

struct Ending {
  UploadState state = UploadState::terminated;
  std::string_view appliance_id;
  std::string_view error_code;
  std::string_view error_message;
};

Result<Upload> end(Engine& engine, std::string_view id, const Ending& ending) {
  return engine.write([&](Connection& db) -> Result<Upload> {
    OVAPORT_TRY(const Row row, find_receiving(db, id));
    OVAPORT_CHECK(
        db.run("UPDATE uploads SET revision = revision + 1, state = ?2, ended = ?3, "
               "appliance_id = ?4, error_code = ?5, error_message = ?6 "
               "WHERE number = ?1",
               row.number, to_string(ending.state), engine.now(), ending.appliance_id,
               ending.error_code, ending.error_message));
    OVAPORT_CHECK(drop_secret(engine, db, SecretOf::upload, row.number));
    OVAPORT_TRY(Row ended, find(db, id));
    OVAPORT_CHECK(tell(engine, db, "upload-ended", ended.upload));
    return std::move(ended.upload);
  });
}

/// SQLite's integers are signed.
Status check_length(std::optional<std::uint64_t> length) {
  if (!length || *length <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return {};
  return Error(ErrorKind::invalid, "store.too-large",
               "no upload can have " + std::to_string(*length) + " bytes");
}

Error wrong_offset(const Upload& upload, std::uint64_t from, std::uint64_t to) {
  std::string message = "upload " + quote(upload.id) + " has " + std::to_string(upload.offset);
  if (upload.length) message += " of " + std::to_string(*upload.length);
  message += " bytes, which bytes " + std::to_string(from) + " to " + std::to_string(to) +
             " do not continue";
  return Error(ErrorKind::conflict, "store.offset", std::move(message))
      .advise("Ask for the offset and continue there");
}

}  // namespace

std::string_view to_string(UploadState state) {
  return name_of(kStates, state);
}

Result<Upload> Uploads::create(const NewUpload& upload) {
  OVAPORT_CHECK(check_length(upload.length));
  OVAPORT_TRY(const std::string id, random_hex(16));
  return engine_.write([&](Connection& db) -> Result<Upload> {
    OVAPORT_CHECK(
        db.run("INSERT INTO uploads (id, file_name, length, metadata, "
               "checksum_algorithm, checksum, path, created, expires) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
               id, upload.file_name, upload.length, upload.metadata, upload.checksum_algorithm,
               upload.checksum, "uploads/" + id, engine_.now(), upload.expires));
    OVAPORT_CHECK(commit_key(db, upload.idempotency, id));
    OVAPORT_TRY(Row row, find(db, id));
    OVAPORT_CHECK(tell(engine_, db, "upload-created", row.upload));
    return std::move(row.upload);
  });
}

Result<Upload> Uploads::get(std::string_view id) {
  return engine_.read([&](Connection& db) -> Result<Upload> {
    OVAPORT_TRY(Row row, find(db, id));
    return std::move(row.upload);
  });
}

Result<std::vector<Upload>> Uploads::list(std::optional<UploadState> state, std::size_t limit) {
  return engine_.read([&](Connection& db) -> Result<std::vector<Upload>> {
    const std::string wanted(state ? to_string(*state) : "");
    OVAPORT_TRY(Statement rows,
                db.query(std::string(kSelect) + "WHERE (?1 = '' OR state = ?1) "
                                                "ORDER BY number DESC LIMIT ?2",
                         wanted, static_cast<std::int64_t>(std::min<std::size_t>(limit, 100'000))));
    return read_all(std::move(rows));
  });
}

Result<std::vector<Upload>> Uploads::list_expired(Time now) {
  return engine_.read([&](Connection& db) -> Result<std::vector<Upload>> {
    OVAPORT_TRY(Statement rows,
                db.query(std::string(kSelect) + "WHERE state = 'receiving' AND expires <= ? "
                                                "ORDER BY expires LIMIT 1000",
                         now));
    return read_all(std::move(rows));
  });
}

Result<Upload> Uploads::advance(std::string_view id, std::uint64_t from, std::uint64_t to) {
  return engine_.write([&](Connection& db) -> Result<Upload> {
    OVAPORT_TRY(const Row row, find_receiving(db, id));
    const Upload& upload = row.upload;
    OVAPORT_CHECK(check_length(to));
    if (upload.offset != from || to < from || (upload.length && to > *upload.length))
      return wrong_offset(upload, from, to);
    OVAPORT_CHECK(db.run("UPDATE uploads SET offset = ?, revision = revision + 1 WHERE number = ?",
                         to, row.number));
    OVAPORT_TRY(Row changed, find(db, id));
    return std::move(changed.upload);
  });
}

Result<Upload> Uploads::set_length(std::string_view id, std::uint64_t length) {
  OVAPORT_CHECK(check_length(length));
  return engine_.write([&](Connection& db) -> Result<Upload> {
    OVAPORT_TRY(const Row row, find_receiving(db, id));
    if (row.upload.length || length < row.upload.offset)
      return wrong_offset(row.upload, row.upload.offset, length);
    OVAPORT_CHECK(db.run("UPDATE uploads SET length = ?, revision = revision + 1 WHERE number = ?",
                         length, row.number));
    OVAPORT_TRY(Row changed, find(db, id));
    OVAPORT_CHECK(tell(engine_, db, "upload-changed", changed.upload));
    return std::move(changed.upload);
  });
}

Result<Upload> Uploads::set_expiry(std::string_view id, std::optional<Time> expires) {
  return change(engine_, id, "expires = ?2", expires);
}

Result<Upload> Uploads::set_verdict(std::string_view id, std::string_view json) {
  return change(engine_, id, "verdict = ?2", json);
}

Result<Upload> Uploads::finish(std::string_view id, std::string_view appliance_id) {
  return end(engine_, id, {UploadState::complete, appliance_id, {}, {}});
}

Result<Upload> Uploads::fail(std::string_view id, const Error& error) {
  return end(engine_, id, {UploadState::failed, {}, error.code, error.message});
}

Result<Upload> Uploads::terminate(std::string_view id) {
  return end(engine_, id, {});
}

Result<std::uint64_t> Uploads::announced_bytes() {
  return engine_.read([&](Connection& db) -> Result<std::uint64_t> {
    OVAPORT_TRY(const auto sum,
                db.integer("SELECT CAST(total(length - offset) AS INTEGER) FROM uploads "
                           "WHERE state = 'receiving' AND length IS NOT NULL"));
    return static_cast<std::uint64_t>(sum.value_or(0));
  });
}

Result<std::uint64_t> Uploads::prune(Time before) {
  return engine_.write([&](Connection& db) {
    return db.run("DELETE FROM uploads WHERE state <> 'receiving' AND ended < ?", before);
  });
}

}  // namespace ovaport::store
