#include "check.h"

#include <array>
#include <utility>

#include "ovaport/base/text.h"
#include "ovaport/store/store.h"
#include "schema.h"

namespace ovaport::store {

namespace {

using Problems = std::vector<std::string>;

constexpr std::size_t kMostProblems = 100;

Status check_pages(Connection& db, Problems& problems) {
  OVAPORT_TRY(Statement rows, db.query("PRAGMA integrity_check(100)"));
  while (problems.size() < kMostProblems) {
    OVAPORT_TRY(const bool more, rows.step());
    if (!more) break;
    if (rows.text(0) != "ok") problems.push_back("the file is damaged: " + escaped(rows.text(0)));
  }
  return {};
}

Status check_references(Connection& db, Problems& problems) {
  OVAPORT_TRY(Statement rows, db.query("PRAGMA foreign_key_check"));
  while (problems.size() < kMostProblems) {
    OVAPORT_TRY(const bool more, rows.step());
    if (!more) break;
    problems.push_back("row " + std::to_string(rows.integer(1)) + " of table " + rows.text(0) +
                       " refers to a row of table " + rows.text(2) + " that is missing");
  }
  return {};
}

/// What holds by construction and no constraint expresses: each query counts exceptions.
constexpr std::array kRules{
    std::pair{"SELECT count(*) FROM appliances WHERE number NOT IN "
              "(SELECT appliance FROM documents)",
              "appliances have no documents"},
    std::pair{"SELECT count(*) FROM appliances WHERE number NOT IN "
              "(SELECT rowid FROM appliance_search)",
              "appliances cannot be found by search"},
    std::pair{"SELECT count(*) FROM appliance_search WHERE rowid NOT IN "
              "(SELECT number FROM appliances)",
              "entries of the search index belong to no appliance"},
    std::pair{"SELECT count(*) FROM secrets LEFT JOIN imports ON imports.number = secrets.import "
              "LEFT JOIN uploads ON uploads.number = secrets.upload "
              "WHERE imports.finished IS NOT NULL OR uploads.ended IS NOT NULL",
              "secrets belong to something that has ended"},
    std::pair{"SELECT count(*) FROM imports WHERE state = 'running' AND (attempt = 0 OR "
              "owner = '')",
              "imports are running without an owner"},
    std::pair{"SELECT count(*) FROM events WHERE sequence <= (SELECT through FROM deleted_events)",
              "events were deleted out of their order"},
};

Status check_rules(Connection& db, Problems& problems) {
  for (const auto& [sql, meaning] : kRules) {
    OVAPORT_TRY(const auto count, db.integer(sql));
    if (count.value_or(0) != 0) problems.push_back(std::to_string(*count) + " " + meaning);
  }
  return {};
}

}  // namespace

Result<Problems> find_problems(Connection& db) {
  Problems problems;
  for (const auto check : {check_pages, check_references, check_rules}) {
    const Status checked = check(db, problems);
    if (checked.ok()) continue;
    // Damage that ends a check is what was looked for.
    if (checked.error().code != "store.corrupt") return checked.error();
    problems.push_back(checked.error().message);
  }
  return problems;
}

Result<Problems> check_state(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "ovaport.db";
  std::error_code failure;
  if (!std::filesystem::exists(file, failure))
    return Error(ErrorKind::not_found, "store.not-found", "there is no state database")
        .in_file(file.string());
  auto checked = [&]() -> Result<Problems> {
    OVAPORT_TRY(const auto connection, Connection::open(file, StoreOptions().busy_timeout));
    OVAPORT_CHECK(connection->script("PRAGMA query_only = ON"));
    if (auto ours = check_schema(*connection); !ours.ok()) {
      if (ours.error().code == "store.corrupt") return Problems{ours.error().message};
      return std::move(ours).error();
    }
    OVAPORT_TRY(const Transaction transaction,
                Transaction::begin(*connection, Transaction::Mode::read));
    return find_problems(*connection);
  }();
  if (!checked.ok()) return std::move(checked).error().in_file(file.string());
  return checked;
}

}  // namespace ovaport::store
