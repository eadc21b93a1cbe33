#include "ovaport/store/audit.h"

#include <algorithm>
#include <limits>

#include "engine.h"

namespace ovaport::store {

Status Audit::append(const AuditEntry& entry) {
  return engine_.write([&](Connection& db) -> Status {
    OVAPORT_CHECK(
        db.run("INSERT INTO audit (time, who, action, subject, result) "
               "VALUES (?, ?, ?, ?, ?)",
               engine_.now(), entry.who, entry.action, entry.subject, entry.result));
    return {};
  });
}

Result<std::vector<AuditEntry>> Audit::before(std::int64_t number, std::size_t limit) {
  const std::int64_t below = number > 0 ? number : std::numeric_limits<std::int64_t>::max();
  return engine_.read([&](Connection& db) -> Result<std::vector<AuditEntry>> {
    OVAPORT_TRY(Statement rows,
                db.query("SELECT number, time, who, action, subject, result FROM audit "
                         "WHERE number < ? ORDER BY number DESC LIMIT ?",
                         below, std::clamp<std::size_t>(limit, 1, 1000)));
    std::vector<AuditEntry> entries;
    while (true) {
      OVAPORT_TRY(const bool more, rows.step());
      if (!more) return entries;
      entries.push_back({rows.integer(0), rows.integer(1), rows.text(2), rows.text(3), rows.text(4),
                         rows.text(5)});
    }
  });
}

Result<std::uint64_t> Audit::prune(Time time) {
  return engine_.write(
      [&](Connection& db) { return db.run("DELETE FROM audit WHERE time < ?", time); });
}

}  // namespace ovaport::store
