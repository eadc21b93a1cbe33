// Lists of the catalog, page by page.
#include <algorithm>
#include <utility>

#include "catalog_rows.h"
#include "cursor.h"
#include "engine.h"
#include "ovaport/base/text.h"
#include "ovaport/store/catalog.h"
#include "search_text.h"

namespace ovaport::store {

namespace {

/// A parameter: a text or a number.
struct Value {
  Value(std::string value) : text(std::move(value)), is_text(true) {}  // NOLINT: converts
  Value(std::int64_t value) : number(value) {}                         // NOLINT: converts

  std::string text;
  std::int64_t number = 0;
  bool is_text = false;
};

/// A condition with the values of its parameters.
class Condition {
 public:
  void require(std::string_view sql, std::vector<Value> values = {}) {
    sql_ += sql_.empty() ? " WHERE " : " AND ";
    sql_ += sql;
    for (Value& value : values)
      values_.push_back(std::move(value));
  }
  /// For a parameter behind the condition.
  void append(Value value) { values_.push_back(std::move(value)); }
  [[nodiscard]] const std::string& sql() const { return sql_; }

  [[nodiscard]] Result<Statement> query(Connection& db, std::string_view sql) const {
    OVAPORT_TRY(Statement statement, db.query(sql));
    int index = 0;
    for (const Value& value : values_) {
      ++index;
      if (value.is_text)
        statement.bind_at(index, value.text);
      else
        statement.bind_at(index, value.number);
    }
    return statement;
  }

 private:
  std::string sql_;
  std::vector<Value> values_;
};

/// A column that lists are sorted by.
struct Key {
  std::string_view column;
  bool is_text;
};

Key key_of(Order order) {
  switch (order) {
    case Order::name:
      return {"a.sort_name", true};
    case Order::vendor:
      return {"a.sort_vendor", true};
    case Order::updated:
      return {"a.updated", false};
    case Order::size:
      break;
  }
  return {"a.size", false};
}

/// The query without its page: a cursor fits one only.
std::string fingerprint(const Query& query) {
  std::string text;
  for (const std::string* part : {&query.text, &query.vendor, &query.product, &query.os,
                                  &query.producer, &query.transport, &query.share})
    text += std::to_string(part->size()) + ":" + *part;
  text += std::to_string(severity_rank(query.at_least));
  text += query.has_properties ? (*query.has_properties ? "y" : "n") : "-";
  text += query.availability ? to_string(*query.availability) : "-";
  text += std::to_string(static_cast<int>(query.order)) + (query.descending ? "d" : "a");
  return digest_of(DigestAlgorithm::sha256, text).hex.substr(0, 16);
}

void require_equal(Condition& condition, std::string_view column, const std::string& value) {
  if (value.empty()) return;
  condition.require("a." + std::string(column) + " = ? COLLATE NOCASE", {value});
}

void require_availability(Condition& condition, Availability wanted) {
  if (wanted == Availability::removed) {
    condition.require(
        "NOT EXISTS (SELECT 1 FROM locations WHERE appliance = a.number AND availability < 2)");
    return;
  }
  condition.require("(SELECT min(availability) FROM locations WHERE appliance = a.number) = ?",
                    {std::int64_t{availability_rank(wanted)}});
}

Result<Condition> condition_of(const Query& query) {
  Condition condition;
  OVAPORT_TRY(const std::string match, match_expression(query.text));
  if (!match.empty())
    condition.require(
        "a.number IN (SELECT rowid FROM appliance_search WHERE appliance_search MATCH ?)", {match});
  require_equal(condition, "vendor", query.vendor);
  require_equal(condition, "product", query.product);
  require_equal(condition, "os", query.os);
  require_equal(condition, "producer", query.producer);
  if (!query.transport.empty())
    condition.require("instr(' ' || a.transport || ' ', ' ' || ? || ' ') > 0", {query.transport});
  if (!query.share.empty())
    condition.require(
        "EXISTS (SELECT 1 FROM locations AS l WHERE l.appliance = a.number AND l.share = ? "
        "AND l.availability < 2)",
        {query.share});
  if (query.at_least)
    condition.require("a.severity >= ?", {std::int64_t{severity_rank(query.at_least)}});
  if (query.has_properties)
    condition.require("a.has_properties = ?", {std::int64_t{*query.has_properties ? 1 : 0}});
  if (query.availability) require_availability(condition, *query.availability);
  return condition;
}

Error bad_cursor() {
  return Error(ErrorKind::choice, "store.cursor", "the cursor does not belong to this query")
      .advise("Begin again at the first page");
}

/// Goes on behind the row that the cursor names.
Status require_after(Condition& condition, const Query& query, const Key& key) {
  const auto fields = parse_cursor(query.cursor, 3);
  if (!fields || fields->at(0) != fingerprint(query)) return bad_cursor();
  Value value = fields->at(1);
  if (!key.is_text) {
    const auto number = parse_signed(fields->at(1));
    if (!number) return bad_cursor();
    value = Value(*number);
  }
  condition.require(
      "(" + std::string(key.column) + ", a.id) " + (query.descending ? "<" : ">") + " (?, ?)",
      {value, fields->at(2)});
  return {};
}

Result<std::uint64_t> count(Connection& db, const Condition& condition) {
  OVAPORT_TRY(Statement row,
              condition.query(db, "SELECT count(*) FROM appliances AS a" + condition.sql()));
  OVAPORT_TRY(const bool found, row.step());
  return found ? row.size(0) : 0;
}

}  // namespace

Result<AppliancePage> Catalog::search(const Query& query) {
  const Key key = key_of(query.order);
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, 1000);
  OVAPORT_TRY(const Condition all, condition_of(query));
  Condition rest = all;
  if (!query.cursor.empty()) OVAPORT_CHECK(require_after(rest, query, key));
  const std::string direction = query.descending ? " DESC" : " ASC";
  // One more than asked for tells whether there is a next page.
  const std::string sql = "SELECT " + std::string(kApplianceColumns) + ", " +
                          std::string(key.column) + " FROM appliances AS a" + rest.sql() +
                          " ORDER BY " + std::string(key.column) + direction + ", a.id" +
                          direction + " LIMIT ?";
  rest.append(static_cast<std::int64_t>(limit + 1));
  return engine_.read([&](Connection& db) -> Result<AppliancePage> {
    AppliancePage page;
    OVAPORT_TRY(page.total, count(db, all));
    OVAPORT_TRY(Statement rows, rest.query(db, sql));
    std::string last;
    while (true) {
      OVAPORT_TRY(const bool more, rows.step());
      if (!more) return page;
      if (page.items.size() == limit) break;
      page.items.push_back(read_appliance(rows));
      last = rows.text(kApplianceColumnCount);
    }
    page.next = make_cursor({fingerprint(query), last, page.items.back().id});
    return page;
  });
}

}  // namespace ovaport::store
