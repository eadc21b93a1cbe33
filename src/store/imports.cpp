// What those who want imports do.
#include "ovaport/store/imports.h"

#include <algorithm>
#include <limits>

#include "cursor.h"
#include "import_rows.h"
#include "internal.h"
#include "ovaport/base/text.h"
#include "random.h"

namespace ovaport::store {

namespace {

/// The columns that a change of state sets.
struct Change {
  ImportState state = ImportState::queued;
  ImportWish wish = ImportWish::none;
};

/// What pausing, resuming or cancelling an import in some state means; an import that has
/// ended permits none of them.
std::optional<Change> after_pause(const Import& import) {
  if (import.state == ImportState::running)
    // Who asked to cancel does not get a pause instead.
    return Change{import.state,
                  import.wish == ImportWish::cancel ? ImportWish::cancel : ImportWish::pause};
  if (import.wish == ImportWish::cancel) return std::nullopt;
  if (import.state == ImportState::queued || import.state == ImportState::paused)
    return Change{ImportState::paused, ImportWish::none};
  return std::nullopt;
}

std::optional<Change> after_resume(const Import& import) {
  if (import.wish == ImportWish::cancel) return std::nullopt;
  if (import.state == ImportState::running) return Change{import.state, ImportWish::none};
  if (import.state == ImportState::queued || import.state == ImportState::paused)
    return Change{ImportState::queued, ImportWish::none};
  return std::nullopt;
}

std::optional<Change> after_cancel(const Import& import) {
  if (import.state == ImportState::running) return Change{import.state, ImportWish::cancel};
  if (import.state != ImportState::queued && import.state != ImportState::paused)
    return std::nullopt;
  if (import.attempt == 0) return Change{ImportState::cancelled, ImportWish::none};
  return Change{ImportState::queued, ImportWish::cancel};  // For an owner to clean up.
}

using Decision = std::optional<Change> (*)(const Import&);

Status apply(Engine& engine, Connection& db, std::int64_t number, const Change& change) {
  const bool ends = change.state == ImportState::cancelled;
  OVAPORT_CHECK(
      db.run("UPDATE imports SET state = ?, wish = ?, finished = iif(?, ?, NULL), "
             "not_before = NULL, revision = revision + 1 WHERE number = ?",
             to_string(change.state), to_string(change.wish), ends, engine.now(), number));
  if (ends) OVAPORT_CHECK(drop_secret(engine, db, SecretOf::import, number));
  return {};
}

Result<Import> decide(Engine& engine, std::string_view id, std::optional<Revision> expected,
                      Decision decision) {
  return engine.write([&](Connection& db) -> Result<Import> {
    OVAPORT_TRY(const ImportRow row, find_import(db, id));
    OVAPORT_CHECK(check_revision("import", id, expected, row.import.revision));
    const std::optional<Change> change = decision(row.import);
    if (!change) return wrong_state("import", id, to_string(row.import.state));
    if (change->state == row.import.state && change->wish == row.import.wish) return row.import;
    OVAPORT_CHECK(apply(engine, db, row.number, *change));
    return tell_import(engine, db,
                       change->state == ImportState::cancelled ? "import-ended" : "import-changed",
                       row.number);
  });
}

/// Where a list goes on: rows below this number.
Result<std::int64_t> place(const std::string& cursor) {
  if (cursor.empty()) return std::numeric_limits<std::int64_t>::max();
  const auto fields = parse_cursor(cursor, 1);
  const auto number = fields ? parse_signed(fields->front()) : std::nullopt;
  if (number) return *number;
  return Error(ErrorKind::choice, "store.cursor", "the cursor does not belong to this query")
      .advise("Begin again at the first page");
}

}  // namespace

Result<Import> Imports::enqueue(const NewImport& wanted) {
  OVAPORT_TRY(const std::string id, random_hex(16));
  return engine_.write([&](Connection& db) -> Result<Import> {
    OVAPORT_CHECK(
        db.run("INSERT INTO imports (id, appliance_id, request, priority, created) "
               "VALUES (?, ?, ?, ?, ?)",
               id, wanted.appliance_id, wanted.request, wanted.priority, engine_.now()));
    const std::int64_t number = db.last_row();
    if (wanted.secret)
      OVAPORT_CHECK(keep_secret(engine_, db, SecretOf::import, number, *wanted.secret));
    OVAPORT_CHECK(commit_key(db, wanted.idempotency, id));
    return tell_import(engine_, db, "import-queued", number);
  });
}

Result<Import> Imports::get(std::string_view id) {
  return engine_.read([&](Connection& db) -> Result<Import> {
    OVAPORT_TRY(ImportRow row, find_import(db, id));
    return std::move(row.import);
  });
}

Result<std::vector<StepRecord>> Imports::steps(std::string_view id) {
  return engine_.read([&](Connection& db) -> Result<std::vector<StepRecord>> {
    OVAPORT_TRY(const ImportRow import, find_import(db, id));
    OVAPORT_TRY(Statement rows,
                db.query("SELECT position, attempt, started, finished, record FROM import_steps "
                         "WHERE import = ? ORDER BY position",
                         import.number));
    std::vector<StepRecord> steps;
    while (true) {
      OVAPORT_TRY(const bool more, rows.step());
      if (!more) return steps;
      steps.push_back({import_step_at(rows.integer(0)), rows.integer(1), rows.integer(2),
                       rows.optional_integer(3), rows.text(4)});
    }
  });
}

Result<ImportPage> Imports::list(const ImportQuery& query) {
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, 1000);
  const std::string state(query.state ? to_string(*query.state) : "");
  const std::string condition = "WHERE (?1 = '' OR state = ?1) AND (?2 = '' OR appliance_id = ?2) ";
  OVAPORT_TRY(const std::int64_t below, place(query.cursor));
  return engine_.read([&](Connection& db) -> Result<ImportPage> {
    ImportPage page;
    OVAPORT_TRY(const auto total,
                db.integer("SELECT count(*) FROM imports " + condition, state, query.appliance_id));
    page.total = static_cast<std::uint64_t>(total.value_or(0));
    OVAPORT_TRY(Statement rows, db.query(std::string(kSelectImports) + condition +
                                             "AND number < ?3 ORDER BY number DESC LIMIT ?4",
                                         state, query.appliance_id, below, limit + 1));
    std::int64_t last = 0;
    while (true) {
      OVAPORT_TRY(const bool more, rows.step());
      if (!more) return page;
      if (page.items.size() == limit) break;
      ImportRow row = read_import(rows);
      last = row.number;
      page.items.push_back(std::move(row.import));
    }
    page.next = make_cursor({std::to_string(last)});
    return page;
  });
}

Result<Import> Imports::pause(std::string_view id, std::optional<Revision> expected) {
  return decide(engine_, id, expected, after_pause);
}

Result<Import> Imports::resume(std::string_view id, std::optional<Revision> expected) {
  return decide(engine_, id, expected, after_resume);
}

Result<Import> Imports::cancel(std::string_view id, std::optional<Revision> expected) {
  return decide(engine_, id, expected, after_cancel);
}

Result<Import> Imports::retry(std::string_view id, std::optional<environment::Secret> secret,
                              std::optional<Revision> expected) {
  return engine_.write([&](Connection& db) -> Result<Import> {
    OVAPORT_TRY(const ImportRow row, find_import(db, id));
    OVAPORT_CHECK(check_revision("import", id, expected, row.import.revision));
    const bool cancelled = row.import.state == ImportState::cancelled;
    if (!cancelled && row.import.state != ImportState::failed)
      return wrong_state("import", id, to_string(row.import.state));
    // A cancelled one was cleaned up: nothing of it is left to continue.
    if (cancelled) {
      OVAPORT_CHECK(db.run("DELETE FROM import_steps WHERE import = ?", row.number));
      OVAPORT_CHECK(db.run("UPDATE imports SET step = 'Initialize' WHERE number = ?", row.number));
    }
    OVAPORT_CHECK(
        db.run("UPDATE imports SET state = 'queued', wish = 'none', finished = NULL, "
               "not_before = NULL, revision = revision + 1 WHERE number = ?",
               row.number));
    if (secret) OVAPORT_CHECK(keep_secret(engine_, db, SecretOf::import, row.number, *secret));
    return tell_import(engine_, db, "import-queued", row.number);
  });
}

Result<Import> Imports::set_priority(std::string_view id, int priority,
                                     std::optional<Revision> expected) {
  return engine_.write([&](Connection& db) -> Result<Import> {
    OVAPORT_TRY(const ImportRow row, find_import(db, id));
    OVAPORT_CHECK(check_revision("import", id, expected, row.import.revision));
    if (row.import.finished) return wrong_state("import", id, to_string(row.import.state));
    OVAPORT_CHECK(
        db.run("UPDATE imports SET priority = ?, revision = revision + 1 "
               "WHERE number = ?",
               priority, row.number));
    return tell_import(engine_, db, "import-changed", row.number);
  });
}

Result<std::uint64_t> Imports::prune(Time before) {
  return engine_.write(
      [&](Connection& db) { return db.run("DELETE FROM imports WHERE finished < ?", before); });
}

}  // namespace ovaport::store
