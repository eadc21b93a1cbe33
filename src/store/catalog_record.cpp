// What the catalog learns.
#include "catalog_rows.h"
#include "engine.h"
#include "internal.h"
#include "ovaport/store/catalog.h"

namespace ovaport::store {

namespace {

struct Entered {
  std::int64_t number = 0;
  bool added = false;
  bool changed = false;
};

constexpr const char* kUpsertAppliance =
    "INSERT INTO appliances (id, name, vendor, product, version, os, producer, description, "
    "transport, has_properties, severity, size, disks, first_seen, updated) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14) "
    "ON CONFLICT (id) DO UPDATE SET name = ?2, vendor = ?3, product = ?4, version = ?5, os = ?6, "
    "producer = ?7, description = ?8, transport = ?9, has_properties = ?10, severity = ?11, "
    "size = ?12, disks = ?13, updated = ?14, revision = revision + 1 "
    "WHERE (name, vendor, product, version, os, producer, description, transport, "
    "has_properties, severity, size, disks) IS NOT "
    "(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

constexpr const char* kUpsertDocuments =
    "INSERT INTO documents (appliance, model, concerns, properties_schema) "
    "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (appliance) DO UPDATE SET "
    "model = ?2, concerns = ?3, properties_schema = ?4 "
    "WHERE (model, concerns, properties_schema) IS NOT (?2, ?3, ?4)";

constexpr const char* kUpsertLocation =
    "INSERT INTO locations (appliance, source, share, path, size, mtime_ns, inode, availability, "
    "error_code, error_message, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10) "
    "ON CONFLICT (share, path, source) DO UPDATE SET appliance = ?1, size = ?5, mtime_ns = ?6, "
    "inode = ?7, availability = 0, error_code = ?8, error_message = ?9, seen_at = ?10 "
    "WHERE (appliance, size, mtime_ns, inode, availability, error_code, error_message) IS NOT "
    "(?1, ?5, ?6, ?7, 0, ?8, ?9)";

Result<Entered> enter_appliance(Connection& db, const Appliance& a, const Documents& documents,
                                Time now) {
  constexpr const char* kNumber = "SELECT number FROM appliances WHERE id = ?";
  Entered entered;
  OVAPORT_TRY(auto number, db.integer(kNumber, a.id));
  entered.added = !number.has_value();
  OVAPORT_TRY(const std::uint64_t rows,
              db.run(kUpsertAppliance, a.id, a.name, a.vendor, a.product, a.version, a.os,
                     a.producer, a.description, a.transport, a.has_properties,
                     severity_rank(a.severity), a.size, a.disks, now));
  entered.number = number ? *number : db.last_row();
  OVAPORT_TRY(const std::uint64_t texts, db.run(kUpsertDocuments, entered.number, documents.model,
                                                documents.concerns, documents.properties_schema));
  if (rows == 0 && texts > 0)
    OVAPORT_CHECK(
        db.run("UPDATE appliances SET updated = ?, revision = revision + 1 "
               "WHERE number = ?",
               now, entered.number));
  entered.changed = rows + texts > 0;
  return entered;
}

/// The appliance that lies at a path so far.
Result<std::optional<std::int64_t>> holder_of(Connection& db, const Location& location) {
  return db.integer("SELECT appliance FROM locations WHERE share = ? AND path = ? AND source = ?",
                    location.share, location.path, to_string(location.source));
}

Result<std::uint64_t> enter_location(Connection& db, std::optional<std::int64_t> appliance,
                                     const Location& location, Time now) {
  return db.run(kUpsertLocation, appliance, to_string(location.source), location.share,
                location.path, location.size, location.mtime_ns, location.inode,
                location.error_code, location.error_message, now);
}

/// After names or paths of an appliance changed.
Status index_appliance(Connection& db, std::int64_t number) {
  OVAPORT_CHECK(db.run("DELETE FROM appliance_search WHERE rowid = ?", number));
  OVAPORT_CHECK(
      db.run("INSERT INTO appliance_search (rowid, name, vendor, product, version, os, "
             "description, files) SELECT a.number, a.name, a.vendor, a.product, a.version, a.os, "
             "a.description, (SELECT group_concat(l.path, ' ') FROM locations AS l "
             "WHERE l.appliance = a.number AND l.availability < 2) "
             "FROM appliances AS a WHERE a.number = ?",
             number));
  return {};
}

/// Tells that where an appliance lies, or what it is, has changed.
Status tell(Engine& engine, Connection& db, std::string_view kind, std::int64_t number) {
  OVAPORT_TRY(Statement row, db.query("SELECT " + std::string(kApplianceColumns) +
                                          " FROM appliances AS a WHERE a.number = ?",
                                      number));
  OVAPORT_TRY(const bool found, row.step());
  if (!found) return {};
  const Appliance appliance = read_appliance(row);
  return engine.add_event(
      db, kind, appliance.id,
      event_data({{"availability", to_string(appliance.availability)}, {"name", appliance.name}}));
}

/// Where it lies is part of what is shown of an appliance.
Status count_revision(Connection& db, std::int64_t number) {
  OVAPORT_CHECK(db.run("UPDATE appliances SET revision = revision + 1 WHERE number = ?", number));
  return {};
}

Status refresh(Engine& engine, Connection& db, std::optional<std::int64_t> number) {
  if (!number) return {};
  OVAPORT_CHECK(count_revision(db, *number));
  OVAPORT_CHECK(index_appliance(db, *number));
  return tell(engine, db, "appliance-changed", *number);
}

Status enter(Engine& engine, Connection& db, const Found& found) {
  const Time now = engine.now();
  OVAPORT_TRY(const Entered entered, enter_appliance(db, found.appliance, found.documents, now));
  OVAPORT_TRY(const auto before, holder_of(db, found.location));
  Location location = found.location;
  location.error_code.clear();
  location.error_message.clear();
  OVAPORT_TRY(const std::uint64_t moved, enter_location(db, entered.number, location, now));
  if (!entered.changed && moved == 0) return {};
  if (!entered.changed) OVAPORT_CHECK(count_revision(db, entered.number));
  OVAPORT_CHECK(index_appliance(db, entered.number));
  if (before && *before != entered.number) OVAPORT_CHECK(refresh(engine, db, before));
  return tell(engine, db, entered.added ? "appliance-added" : "appliance-changed", entered.number);
}

Status enter_broken(Engine& engine, Connection& db, const Location& file) {
  OVAPORT_TRY(const auto before, holder_of(db, file));
  Location location = file;
  if (location.error_code.empty()) location.error_code = "unknown";
  OVAPORT_CHECK(enter_location(db, std::nullopt, location, engine.now()));
  return refresh(engine, db, before);
}

Status remove_path(Engine& engine, Connection& db, std::string_view share, std::string_view path) {
  OVAPORT_TRY(Statement rows,
              db.query("UPDATE locations SET availability = 2, seen_at = ? WHERE share = ? "
                       "AND path = ? AND source = 'share' AND availability < 2 "
                       "RETURNING appliance",
                       engine.now(), share, path));
  OVAPORT_TRY(const bool removed, rows.step());
  if (!removed) return {};
  const auto appliance = rows.optional_integer(0);
  OVAPORT_TRY(const bool more, rows.step());
  static_cast<void>(more);  // The path is unique.
  return refresh(engine, db, appliance);
}

Status move_path(Engine& engine, Connection& db, std::string_view share, std::string_view from,
                 std::string_view to) {
  constexpr const char* kFind =
      "SELECT appliance FROM locations WHERE share = ? AND path = ? AND source = 'share'";
  OVAPORT_TRY(const auto mover, db.integer(kFind, share, from));
  OVAPORT_TRY(const auto replaced, db.integer(kFind, share, to));
  OVAPORT_CHECK(
      db.run("UPDATE OR REPLACE locations SET path = ?3, seen_at = ?4 "
             "WHERE share = ?1 AND path = ?2 AND source = 'share'",
             share, from, to, engine.now()));
  OVAPORT_CHECK(refresh(engine, db, mover));
  if (replaced && replaced != mover) OVAPORT_CHECK(refresh(engine, db, replaced));
  return {};
}

/// Of an appliance whose row was deleted; foreign keys took the rest along.
Status drop_traces(Engine& engine, Connection& db, std::int64_t number, std::string_view id) {
  OVAPORT_CHECK(db.run("DELETE FROM appliance_search WHERE rowid = ?", number));
  return engine.add_event(db, "appliance-forgotten", id, "{}");
}

}  // namespace

Status Catalog::record(std::span<const Found> found) {
  return engine_.write([&](Connection& db) -> Status {
    for (const Found& one : found)
      OVAPORT_CHECK(enter(engine_, db, one));
    return {};
  });
}

Status Catalog::record_broken(std::span<const Location> files) {
  return engine_.write([&](Connection& db) -> Status {
    for (const Location& file : files)
      OVAPORT_CHECK(enter_broken(engine_, db, file));
    return {};
  });
}

Result<std::uint64_t> Catalog::mark_share(std::string_view share, Availability availability) {
  if (availability == Availability::removed)
    return Error(ErrorKind::internal, "store.internal", "a share cannot be removed as a whole");
  return engine_.write([&](Connection& db) -> Result<std::uint64_t> {
    const int to = availability_rank(availability);
    OVAPORT_TRY(const std::uint64_t changed,
                db.run("UPDATE locations SET availability = ? WHERE share = ? "
                       "AND source = 'share' AND availability = ?",
                       to, share, 1 - to));
    OVAPORT_CHECK(
        db.run("UPDATE appliances SET revision = revision + 1 WHERE number IN "
               "(SELECT appliance FROM locations WHERE share = ? AND source = 'share' "
               "AND availability = ?)",
               share, to));
    // One event for all of them: there may be thousands.
    if (changed > 0)
      OVAPORT_CHECK(engine_.add_event(db, "share-changed", share,
                                      event_data({{"availability", to_string(availability)}})));
    return changed;
  });
}

Status Catalog::mark_removed(std::string_view share, std::span<const std::string> paths) {
  return engine_.write([&](Connection& db) -> Status {
    for (const std::string& path : paths)
      OVAPORT_CHECK(remove_path(engine_, db, share, path));
    return {};
  });
}

Status Catalog::mark_moved(std::string_view share,
                           std::span<const std::pair<std::string, std::string>> paths) {
  return engine_.write([&](Connection& db) -> Status {
    for (const auto& [from, to] : paths) {
      if (from != to) OVAPORT_CHECK(move_path(engine_, db, share, from, to));
    }
    return {};
  });
}

Status Catalog::forget(std::string_view id, std::optional<Revision> expected) {
  return engine_.write([&](Connection& db) -> Status {
    OVAPORT_TRY(Statement row,
                db.query("SELECT number, revision FROM appliances WHERE id = ?", id));
    OVAPORT_TRY(const bool found, row.step());
    if (!found) return no_such_appliance(id);
    OVAPORT_CHECK(check_revision("appliance", id, expected, row.integer(1)));
    const std::int64_t number = row.integer(0);
    OVAPORT_TRY(const auto shared,
                db.integer("SELECT 1 FROM locations WHERE appliance = ? AND source = 'share' "
                           "AND availability < 2",
                           number));
    if (shared)
      return wrong_state("appliance", id, "in a share, where it would be found again")
          .advise("Delete its file from the share");
    OVAPORT_CHECK(db.run("DELETE FROM appliances WHERE number = ?", number));
    return drop_traces(engine_, db, number, id);
  });
}

Result<std::uint64_t> Catalog::forget_removed(Time before) {
  return engine_.write([&](Connection& db) -> Result<std::uint64_t> {
    OVAPORT_CHECK(db.run("DELETE FROM locations WHERE availability = 2 AND seen_at < ?", before));
    OVAPORT_TRY(Statement rows, db.query("DELETE FROM appliances WHERE updated < ? AND NOT EXISTS "
                                         "(SELECT 1 FROM locations WHERE appliance = "
                                         "appliances.number) RETURNING number, id",
                                         before));
    std::vector<std::pair<std::int64_t, std::string>> gone;
    while (true) {
      OVAPORT_TRY(const bool more, rows.step());
      if (!more) break;
      gone.emplace_back(rows.integer(0), rows.text(1));
    }
    for (const auto& [number, id] : gone)
      OVAPORT_CHECK(drop_traces(engine_, db, number, id));
    return static_cast<std::uint64_t>(gone.size());
  });
}

}  // namespace ovaport::store
