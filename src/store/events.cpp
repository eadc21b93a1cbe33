#include "ovaport/store/events.h"

#include <algorithm>

#include "engine.h"

namespace ovaport::store {

namespace {

Result<std::vector<Event>> read_events(Statement rows) {
  std::vector<Event> events;
  while (true) {
    OVAPORT_TRY(const bool more, rows.step());
    if (!more) return events;
    events.push_back({rows.integer(0), rows.integer(1), rows.text(2), rows.text(3), rows.text(4)});
  }
}

}  // namespace

Result<std::int64_t> Events::append(std::string_view kind, std::string_view subject,
                                    std::string_view data) {
  return engine_.write([&](Connection& db) -> Result<std::int64_t> {
    OVAPORT_CHECK(engine_.add_event(db, kind, subject, data));
    return db.last_row();
  });
}

Result<EventPage> Events::since(std::int64_t sequence, std::size_t limit,
                                std::string_view subject) {
  const std::size_t most = std::clamp<std::size_t>(limit, 1, 1000);
  return engine_.read([&](Connection& db) -> Result<EventPage> {
    const std::string condition = subject.empty() ? "" : "AND subject = ?3 ";
    OVAPORT_TRY(Statement rows, db.query("SELECT sequence, time, kind, subject, data FROM events "
                                         "WHERE sequence > ?1 " +
                                             condition + "ORDER BY sequence LIMIT ?2",
                                         sequence, most));
    if (!subject.empty()) rows.bind_at(3, subject);
    EventPage page;
    OVAPORT_TRY(page.items, read_events(std::move(rows)));
    // Only the oldest are ever deleted, so what is left begins right behind a deleted one.
    OVAPORT_TRY(const auto deleted, db.integer("SELECT through FROM deleted_events"));
    page.complete = sequence >= deleted.value_or(0);
    return page;
  });
}

std::int64_t Events::last() const {
  return engine_.last_event();
}

bool Events::wait_after(std::int64_t sequence, std::chrono::milliseconds timeout,
                        const std::stop_token& stop) const {
  return engine_.wait_for_event(sequence, timeout, stop);
}

Status Events::trim(std::uint64_t keep) {
  return engine_.write([&](Connection& db) -> Status {
    const auto offset = static_cast<std::int64_t>(std::min<std::uint64_t>(keep, 1ULL << 40U));
    OVAPORT_TRY(
        const auto through,
        db.integer("SELECT sequence FROM events ORDER BY sequence DESC LIMIT 1 OFFSET ?", offset));
    if (!through) return {};
    OVAPORT_CHECK(db.run("DELETE FROM events WHERE sequence <= ?", *through));
    OVAPORT_CHECK(db.run("UPDATE deleted_events SET through = ?", *through));
    return {};
  });
}

}  // namespace ovaport::store
