#include "engine.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "ovaport/base/file.h"
#include "schema.h"
#include "state_lock.h"

namespace ovaport::store {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "ovaport.db";

/// SQLite would make it readable for others; its log takes the mode of the database.
Status make_private_file(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return system_error("cannot make the state database", errno);
  return sync_directory(file.parent_path());
}

}  // namespace

Engine::Engine(fs::path directory, const StoreOptions& options, UniqueFd lock,
               std::unique_ptr<Connection> writer)
    : directory_(std::move(directory)),
      clock_(options.clock),
      busy_timeout_(options.busy_timeout),
      lock_(std::move(lock)),
      writer_(std::move(writer)) {}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(const fs::path& directory,
                                             const StoreOptions& options) {
  OVAPORT_TRY(UniqueFd lock, lock_state(directory));
  const fs::path file = directory / kFile;
  if (auto made = make_private_file(file); !made.ok())
    return std::move(made).error().in_file(file.string());
  OVAPORT_TRY(auto writer, Connection::open(file, options.busy_timeout));
  std::unique_ptr<Engine> engine(  // NOLINT: the constructor is private
      new Engine(directory, options, std::move(lock), std::move(writer)));
  if (auto started = engine->start(); !started.ok())
    return std::move(started).error().in_file(file.string());
  return engine;
}

Status Engine::start() {
  OVAPORT_CHECK(configure(*writer_));
  OVAPORT_CHECK(migrate(*writer_));
  OVAPORT_TRY(const auto last, writer_->integer("SELECT seq FROM sqlite_sequence "
                                                "WHERE name = 'events'"));
  last_event_ = last.value_or(0);
  // Requests that were going on when the last process ended have no answer.
  OVAPORT_CHECK(writer_->run("DELETE FROM idempotency WHERE subject = '' AND status IS NULL"));
  // A secret that was deleted just before the last process died may still be in the log.
  scrub_ = !truncate_log().ok();
  return {};
}

Result<std::unique_ptr<Connection>> Engine::open_reader() const {
  OVAPORT_TRY(auto reader, Connection::open(directory_ / kFile, busy_timeout_));
  OVAPORT_CHECK(configure(*reader));
  OVAPORT_CHECK(reader->script("PRAGMA query_only = ON"));
  return reader;
}

Result<Engine::Reader> Engine::borrow() {
  {
    std::unique_lock lock(reading_);
    reader_free_.wait(lock, [this] { return !idle_readers_.empty() || readers_ < kReaders; });
    if (!idle_readers_.empty()) {
      std::unique_ptr<Connection> reader = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return Reader(*this, std::move(reader));
    }
    ++readers_;
  }
  auto opened = open_reader();
  if (opened.ok()) return Reader(*this, std::move(opened).value());
  {
    const std::lock_guard lock(reading_);
    --readers_;
  }
  reader_free_.notify_one();
  return std::move(opened).error();
}

void Engine::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(reading_);
    idle_readers_.push_back(std::move(connection));
  }
  reader_free_.notify_one();
}

Status Engine::add_event(Connection& db, std::string_view kind, std::string_view subject,
                         std::string_view data) {
  OVAPORT_CHECK(db.run("INSERT INTO events (time, kind, subject, data) VALUES (?, ?, ?, ?)", now(),
                       kind, subject, data));
  added_event_ = db.last_row();
  return {};
}

void Engine::after_write(bool committed) {
  const std::int64_t added = std::exchange(added_event_, 0);
  if (committed && added != 0) {
    {
      const std::lock_guard lock(telling_);
      last_event_ = added;
    }
    told_.notify_all();
  }
  // When a reader is in the way, the next write tries again.
  if (scrub_ && truncate_log().ok()) scrub_ = false;
}

Status Engine::truncate_log() {
  sqlite3_busy_timeout(writer_->handle(), 0);
  auto row = writer_->query("PRAGMA wal_checkpoint(TRUNCATE)");
  Result<bool> answered = row.ok() ? row->step() : Result<bool>(row.error());
  sqlite3_busy_timeout(writer_->handle(), static_cast<int>(busy_timeout_.count()));
  if (!answered.ok()) return std::move(answered).error();
  if (*answered && row->integer(0) == 0) return {};
  return Error(ErrorKind::io, "store.busy", "the write-ahead log is in use and cannot be emptied")
      .advise("Try again later");
}

Status Engine::empty_log() {
  const std::lock_guard lock(writing_);
  OVAPORT_CHECK(truncate_log());
  scrub_ = false;
  return {};
}

std::int64_t Engine::last_event() const {
  const std::lock_guard lock(telling_);
  return last_event_;
}

bool Engine::wait_for_event(std::int64_t sequence, std::chrono::milliseconds timeout,
                            const std::stop_token& stop) const {
  std::unique_lock lock(telling_);
  return told_.wait_for(lock, stop, timeout, [&] { return last_event_ > sequence; });
}

std::string event_data(
    std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : members)
    object[std::string(name)] = value;
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace ovaport::store
