#include "sqlite.h"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace ovaport::store {

namespace {

bool means_no_space(sqlite3* connection, int code) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  // The shared memory of the log and fsync report a full disk as an I/O error.
  if ((code & 0xff) != SQLITE_IOERR || connection == nullptr) return false;
  const int system = sqlite3_system_errno(connection);
  return system == ENOSPC || system == EDQUOT;
}

}  // namespace

Error sqlite_error(sqlite3* connection, int code, std::string_view what) {
  std::string message(what);
  message += ": ";
  message += connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection);
  if (means_no_space(connection, code))
    return Error(ErrorKind::no_space, "store.no-space", std::move(message))
        .advise("Make room in the state directory; nothing that was accepted is lost");
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error(ErrorKind::integrity, "store.corrupt", std::move(message))
          .advise("Stop the server and put a backup of the database in its place");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(ErrorKind::io, "store.busy", std::move(message))
          .advise("End the other program that has the database open, then try again");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_PROTOCOL:
    case SQLITE_NOLFS:
      return Error(ErrorKind::io, "store.io", std::move(message))
          .advise("Check the state directory's disk and permissions");
    case SQLITE_TOOBIG:
      return Error(ErrorKind::invalid, "store.too-large", std::move(message));
    default:
      return Error(ErrorKind::internal, "store.internal", std::move(message));
  }
}

Statement::Statement(Connection& owner, std::string sql, sqlite3_stmt* handle)
    : owner_(&owner), sql_(std::move(sql)), handle_(handle) {}

Statement::Statement(Statement&& other) noexcept
    : owner_(other.owner_),
      sql_(std::move(other.sql_)),
      handle_(std::exchange(other.handle_, nullptr)),
      failure_(other.failure_) {}

Statement::~Statement() {
  if (handle_ != nullptr) owner_->give_back(std::move(sql_), handle_);
}

void Statement::bind_text(int index, std::string_view text) {
  // A null pointer would bind NULL.
  note(sqlite3_bind_text64(handle_, index, text.empty() ? "" : text.data(), text.size(),
                           SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind_blob(int index, std::string_view bytes) {
  note(sqlite3_bind_blob64(handle_, index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                           SQLITE_STATIC));
}

Result<bool> Statement::step() {
  sqlite3* const connection = owner_->handle();
  if (failure_ != SQLITE_OK) return sqlite_error(nullptr, failure_, "cannot store a value");
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(connection, code,
                      sqlite3_stmt_readonly(handle_) != 0 ? "cannot read the state database"
                                                          : "cannot write the state database");
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::uint64_t Statement::size(int column) const {
  return static_cast<std::uint64_t>(integer(column));
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::string Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(handle_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::string_view Statement::blob(int column) const {
  const void* bytes = sqlite3_column_blob(handle_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& file,
                                                     std::chrono::milliseconds busy_timeout) {
  // Links on the way to the directory are the administrator's; the file itself is no link,
  // which SQLite can only check together with the way.
  std::error_code failure;
  const auto directory = std::filesystem::canonical(
      file.has_parent_path() ? file.parent_path() : std::filesystem::path("."), failure);
  if (failure)
    return system_error("cannot open the state database", failure.value()).in_file(file.string());
  const std::filesystem::path real = directory / file.filename();
  sqlite3* raw = nullptr;
  // NOMUTEX: a connection has one user at a time anyway.
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
  const int code = sqlite3_open_v2(real.c_str(), &raw, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(raw));  // NOLINT: private
  if (code != SQLITE_OK)
    return sqlite_error(raw, code, "cannot open the state database").in_file(file.string());
  const auto timeout =
      std::min<std::int64_t>(busy_timeout.count(), std::numeric_limits<int>::max());
  sqlite3_busy_timeout(raw, static_cast<int>(timeout));
  // What is in the file must not decide what runs.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return connection;
}

Result<Statement> Connection::prepare(std::string_view sql) {
  std::string text(sql);
  if (const auto found = idle_.find(text); found != idle_.end()) {
    sqlite3_stmt* const handle = found->second.release();
    idle_.erase(found);
    return Statement(*this, std::move(text), handle);
  }
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK)
    return sqlite_error(handle_.get(), code, "cannot query the state database");
  return Statement(*this, std::move(text), handle);
}

void Connection::give_back(std::string sql, sqlite3_stmt* handle) {
  constexpr std::size_t kMost = 128;  // Searches have many forms.
  OwnedStatement statement(handle);
  sqlite3_reset(handle);
  sqlite3_clear_bindings(handle);
  if (idle_.size() < kMost) idle_.insert_or_assign(std::move(sql), std::move(statement));
}

Result<std::uint64_t> Connection::finish(Statement& statement) {
  const int before = sqlite3_total_changes(handle_.get());
  while (true) {
    OVAPORT_TRY(const bool more, statement.step());
    if (!more) break;
  }
  if (sqlite3_total_changes(handle_.get()) == before) return std::uint64_t{0};
  // Of the statement itself, without what foreign keys cascade to.
  return static_cast<std::uint64_t>(sqlite3_changes64(handle_.get()));
}

Status Connection::script(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return sqlite_error(handle_.get(), code, "cannot write the state database");
}

std::int64_t Connection::last_row() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

Result<Transaction> Transaction::begin(Connection& connection, Mode mode) {
  OVAPORT_CHECK(connection.run(mode == Mode::write ? "BEGIN IMMEDIATE" : "BEGIN"));
  return Transaction(connection);
}

Status Transaction::commit() {
  // After a failed COMMIT the destructor rolls back.
  OVAPORT_CHECK(connection_->run("COMMIT"));
  connection_ = nullptr;
  return {};
}

Transaction::~Transaction() {
  // SQLite rolls back by itself after some errors, such as a full disk.
  if (connection_ == nullptr || !connection_->in_transaction()) return;
  static_cast<void>(connection_->run("ROLLBACK"));
}

}  // namespace ovaport::store
