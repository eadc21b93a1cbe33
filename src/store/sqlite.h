#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "ovaport/base/result.h"

/// SQLite behind Result and RAII. Not thread-safe: whoever uses a Connection owns it.
namespace ovaport::store {

/// What a failed call of SQLite means; `what` begins the sentence: "cannot write …".
Error sqlite_error(sqlite3* connection, int code, std::string_view what);

/// A byte string for a BLOB column; SQLite reads it in place until the statement ends, so
/// that no copy of it is left in memory.
struct Blob {
  std::string_view bytes;
};

class Connection;

template <typename Value>
struct IsOptional : std::false_type {};
template <typename Value>
struct IsOptional<std::optional<Value>> : std::true_type {};

/// A prepared statement on loan from its connection, which must outlive it.
class Statement {
 public:
  Statement(Connection& owner, std::string sql, sqlite3_stmt* handle);
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Sets all parameters in their order: integers, texts, Blob, and
  /// optionals of them.
  template <typename... Values>
  void bind(const Values&... values) {
    int index = 0;
    (bind_at(++index, values), ...);
  }

  /// The same for one parameter; the first is 1.
  template <typename Value>
  void bind_at(int index, const Value& value) {
    if constexpr (IsOptional<Value>::value) {
      if (value)
        bind_at(index, *value);
      else
        note(sqlite3_bind_null(handle_, index));
    } else if constexpr (std::is_same_v<Value, Blob>) {
      bind_blob(index, value.bytes);
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
      bind_text(index, value);
    } else {
      static_assert(std::is_integral_v<Value>);
      note(sqlite3_bind_int64(handle_, index, static_cast<std::int64_t>(value)));
    }
  }

  /// Whether there is a next row. An error of bind() shows here.
  Result<bool> step();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  /// A size that was bound as an unsigned number.
  [[nodiscard]] std::uint64_t size(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  /// Valid until the next step.
  [[nodiscard]] std::string_view blob(int column) const;

 private:
  void bind_text(int index, std::string_view text);
  void bind_blob(int index, std::string_view bytes);
  void note(int code) {
    if (failure_ == SQLITE_OK) failure_ = code;
  }

  Connection* owner_;
  std::string sql_;
  sqlite3_stmt* handle_;
  int failure_ = SQLITE_OK;
};

class Connection {
 public:
  /// Opens a database that exists.
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& file,
                                                  std::chrono::milliseconds busy_timeout);
  /// Statements know where it is.
  Connection(const Connection&) = delete;

  /// A statement with its parameters set.
  template <typename... Values>
  Result<Statement> query(std::string_view sql, const Values&... values) {
    OVAPORT_TRY(Statement statement, prepare(sql));
    statement.bind(values...);
    return statement;
  }

  /// Runs a statement to its end; returns how many rows it changed.
  template <typename... Values>
  Result<std::uint64_t> run(std::string_view sql, const Values&... values) {
    OVAPORT_TRY(Statement statement, query(sql, values...));
    return finish(statement);
  }

  /// The first column of the first row, if there is one.
  template <typename... Values>
  Result<std::optional<std::int64_t>> integer(std::string_view sql, const Values&... values) {
    OVAPORT_TRY(Statement statement, query(sql, values...));
    OVAPORT_TRY(const bool found, statement.step());
    if (!found) return std::optional<std::int64_t>();
    return statement.optional_integer(0);
  }

  /// Runs several statements without parameters.
  Status script(const char* sql);

  [[nodiscard]] std::int64_t last_row() const;
  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  using OwnedStatement = std::unique_ptr<sqlite3_stmt, Finalize>;

  explicit Connection(sqlite3* handle) : handle_(handle) {}
  Result<Statement> prepare(std::string_view sql);
  Result<std::uint64_t> finish(Statement& statement);
  void give_back(std::string sql, sqlite3_stmt* handle);

  std::unique_ptr<sqlite3, Close> handle_;
  /// Statements that nobody uses at the moment. Closed before the connection.
  std::unordered_map<std::string, OwnedStatement> idle_;
};

/// Rolls back at its end unless it was committed.
class Transaction {
 public:
  enum class Mode { read, write };
  static Result<Transaction> begin(Connection& connection, Mode mode);
  Transaction(Transaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Status commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace ovaport::store
