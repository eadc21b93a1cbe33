// What those who do imports do.
#include "import_rows.h"
#include "internal.h"
#include "ovaport/base/text.h"
#include "ovaport/store/imports.h"

namespace ovaport::store {

namespace {

constexpr int kLastStep = static_cast<int>(ImportStep::virtual_machine_creation);

Error lost(const Claim& claim) {
  return {ErrorKind::conflict, "store.claim",
          "attempt " + std::to_string(claim.attempt) + " of import " + quote(claim.import_id) +
              " does not own it any more"};
}

Result<ImportRow> find_claimed(Connection& db, const Claim& claim) {
  OVAPORT_TRY(ImportRow row, find_import(db, claim.import_id));
  if (row.import.state != ImportState::running || row.import.attempt != claim.attempt)
    return lost(claim);
  return row;
}

/// How an attempt ends.
struct Outcome {
  ImportState state = ImportState::queued;
  ImportWish wish = ImportWish::none;
  std::string_view error_code;
  std::string_view error_message;
  std::string_view result;
  std::optional<Time> not_before;
};

bool is_end(ImportState state) {
  return state != ImportState::queued && state != ImportState::paused;
}

/// What becomes of an attempt that does not end its import, when a wish came in the last
/// moment: it is not forgotten.
Outcome with_wish(Outcome outcome, ImportWish wish) {
  if (is_end(outcome.state) || wish == ImportWish::none) return outcome;
  if (wish == ImportWish::pause) {
    outcome.state = ImportState::paused;
    outcome.not_before.reset();
    return outcome;
  }
  return {ImportState::queued, ImportWish::cancel, {}, {}, {}, {}};
}

Result<Import> leave(Engine& engine, const Claim& claim, const Outcome& wanted) {
  return engine.write([&](Connection& db) -> Result<Import> {
    OVAPORT_TRY(const ImportRow row, find_claimed(db, claim));
    const Outcome outcome = with_wish(wanted, row.import.wish);
    const bool ends = is_end(outcome.state);
    OVAPORT_CHECK(db.run(
        "UPDATE imports SET state = ?, wish = ?, error_code = ?, error_message = ?, "
        "result = ?, not_before = ?, finished = iif(?, ?, NULL), revision = revision + 1 "
        "WHERE number = ?",
        to_string(outcome.state), to_string(outcome.wish), outcome.error_code,
        outcome.error_message, outcome.result, outcome.not_before, ends, engine.now(), row.number));
    if (ends) OVAPORT_CHECK(drop_secret(engine, db, SecretOf::import, row.number));
    return tell_import(engine, db, ends ? "import-ended" : "import-changed", row.number);
  });
}

}  // namespace

Result<std::optional<Import>> Imports::claim_next(std::string_view owner) {
  return engine_.write([&](Connection& db) -> Result<std::optional<Import>> {
    const Time now = engine_.now();
    OVAPORT_TRY(const auto number,
                db.integer("SELECT number FROM imports WHERE state = 'queued' "
                           "AND (not_before IS NULL OR not_before <= ? OR wish = 'cancel') "
                           "ORDER BY wish = 'cancel' DESC, priority DESC, number LIMIT 1",
                           now));
    if (!number) return std::optional<Import>();
    OVAPORT_CHECK(
        db.run("UPDATE imports SET state = 'running', attempt = attempt + 1, owner = ?, "
               "started = coalesce(started, ?), not_before = NULL, done = 0, total = 0, "
               "revision = revision + 1 WHERE number = ?",
               owner, now, *number));
    OVAPORT_TRY(Import import, tell_import(engine_, db, "import-changed", *number));
    return std::optional<Import>(std::move(import));
  });
}

Status Imports::begin_step(const Claim& claim, ImportStep step) {
  return engine_.write([&](Connection& db) -> Status {
    OVAPORT_TRY(const ImportRow row, find_claimed(db, claim));
    OVAPORT_CHECK(
        db.run("INSERT INTO import_steps (import, position, attempt, started) "
               "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (import, position) DO UPDATE SET "
               "attempt = ?3, started = ?4, finished = NULL, record = ''",
               row.number, static_cast<int>(step), claim.attempt, engine_.now()));
    OVAPORT_CHECK(
        db.run("UPDATE imports SET step = ?, done = 0, total = 0, "
               "revision = revision + 1 WHERE number = ?",
               to_string(step), row.number));
    OVAPORT_CHECK(tell_import(engine_, db, "import-changed", row.number));
    return {};
  });
}

Status Imports::complete_step(const Claim& claim, ImportStep step, std::string_view record) {
  return engine_.write([&](Connection& db) -> Status {
    OVAPORT_TRY(const ImportRow row, find_claimed(db, claim));
    const int position = static_cast<int>(step);
    OVAPORT_TRY(const std::uint64_t known,
                db.run("UPDATE import_steps SET finished = ?, record = ? "
                       "WHERE import = ? AND position = ? AND attempt = ?",
                       engine_.now(), record, row.number, position, claim.attempt));
    if (known == 0)
      return Error(ErrorKind::internal, "store.internal",
                   "step " + std::string(to_string(step)) + " ended without having begun");
    const ImportStep next = import_step_at(position < kLastStep ? position + 1 : kLastStep);
    OVAPORT_CHECK(db.run("UPDATE imports SET step = ?, revision = revision + 1 WHERE number = ?",
                         to_string(next), row.number));
    OVAPORT_CHECK(tell_import(engine_, db, "import-changed", row.number));
    return {};
  });
}

Status Imports::set_progress(const Claim& claim, std::uint64_t done, std::uint64_t total) {
  return engine_.write([&](Connection& db) -> Status {
    OVAPORT_TRY(const std::uint64_t changed,
                db.run("UPDATE imports SET done = ?, total = ? "
                       "WHERE id = ? AND attempt = ? AND state = 'running'",
                       done, total, claim.import_id, claim.attempt));
    if (changed == 0) return lost(claim);
    return {};
  });
}

Result<ImportWish> Imports::wish_for(const Claim& claim) {
  return engine_.read([&](Connection& db) -> Result<ImportWish> {
    OVAPORT_TRY(const ImportRow row, find_claimed(db, claim));
    return row.import.wish;
  });
}

Result<Import> Imports::paused(const Claim& claim) {
  return leave(engine_, claim, {ImportState::paused, {}, {}, {}, {}, {}});
}

Result<Import> Imports::cancelled(const Claim& claim) {
  return leave(engine_, claim, {ImportState::cancelled, {}, {}, {}, {}, {}});
}

Result<Import> Imports::succeed(const Claim& claim, std::string_view result) {
  return leave(engine_, claim, {ImportState::succeeded, {}, {}, {}, result, {}});
}

Result<Import> Imports::fail(const Claim& claim, const Error& error) {
  return leave(engine_, claim, {ImportState::failed, {}, error.code, error.message, {}, {}});
}

Result<Import> Imports::release(const Claim& claim, const std::optional<Error>& error,
                                std::optional<Time> not_before) {
  Outcome outcome;
  if (error) {
    outcome.error_code = error->code;
    outcome.error_message = error->message;
  }
  outcome.not_before = not_before;
  return leave(engine_, claim, outcome);
}

Result<std::uint64_t> Imports::recover() {
  return engine_.write([&](Connection& db) -> Result<std::uint64_t> {
    OVAPORT_TRY(Statement rows, db.query("UPDATE imports SET "
                                         "state = iif(wish = 'pause', 'paused', 'queued'), "
                                         "wish = iif(wish = 'pause', 'none', wish), "
                                         "revision = revision + 1 WHERE state = 'running' "
                                         "RETURNING number"));
    std::vector<std::int64_t> numbers;
    while (true) {
      OVAPORT_TRY(const bool more, rows.step());
      if (!more) break;
      numbers.push_back(rows.integer(0));
    }
    for (const std::int64_t number : numbers)
      OVAPORT_CHECK(tell_import(engine_, db, "import-changed", number));
    // A wait that was measured by a clock that may have jumped since.
    OVAPORT_CHECK(db.run("UPDATE imports SET not_before = NULL WHERE not_before IS NOT NULL"));
    return static_cast<std::uint64_t>(numbers.size());
  });
}

}  // namespace ovaport::store
