#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ovaport/base/result.h"
#include "ovaport/base/unique_fd.h"
#include "ovaport/store/store.h"
#include "sqlite.h"

namespace ovaport::store {

/// The file and lock of one state directory: one connection that writes, used by one
/// thread at a time, and up to kReaders that read beside it.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(const std::filesystem::path& directory,
                                              const StoreOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;

  /// Runs `work(Connection&)`, which returns a Result, in one transaction: committed if
  /// it succeeds and durable when this returns, else undone.
  template <typename Work>
  std::invoke_result_t<Work, Connection&> write(Work&& work) {
    const std::lock_guard lock(writing_);
    auto result = [&]() -> std::invoke_result_t<Work, Connection&> {
      OVAPORT_TRY(Transaction transaction, Transaction::begin(*writer_, Transaction::Mode::write));
      auto done = std::forward<Work>(work)(*writer_);
      if (!done.ok()) return done;
      OVAPORT_CHECK(transaction.commit());
      return done;
    }();
    after_write(result.ok());
    return result;
  }

  /// Runs `work(Connection&)`, which returns a Result, on one state of the database.
  template <typename Work>
  std::invoke_result_t<Work, Connection&> read(Work&& work) {
    OVAPORT_TRY(const Reader reader, borrow());
    OVAPORT_TRY(const Transaction transaction,
                Transaction::begin(*reader.connection, Transaction::Mode::read));
    return std::forward<Work>(work)(*reader.connection);
  }

  [[nodiscard]] Time now() const { return clock_(); }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  // Inside of write():

  /// The change adds an event.
  Status add_event(Connection& db, std::string_view kind, std::string_view subject,
                   std::string_view data);
  /// The change deletes a secret: its old pages are to leave the log.
  void scrub_log() { scrub_ = true; }

  [[nodiscard]] std::int64_t last_event() const;
  [[nodiscard]] bool wait_for_event(std::int64_t sequence, std::chrono::milliseconds timeout,
                                    const std::stop_token& stop) const;

  /// Copies the log into the database and empties it. Code "store.busy" when a reader
  /// needs it for too long.
  Status empty_log();

 private:
  static constexpr std::size_t kReaders = 8;

  /// A connection that is given back at its end.
  struct Reader {
    Engine* engine;
    std::unique_ptr<Connection> connection;
    Reader(Engine& owner, std::unique_ptr<Connection> borrowed)
        : engine(&owner), connection(std::move(borrowed)) {}
    Reader(Reader&&) noexcept = default;
    Reader& operator=(Reader&&) = delete;
    ~Reader() {
      if (connection != nullptr) engine->give_back(std::move(connection));
    }
  };

  Engine(std::filesystem::path directory, const StoreOptions& options, UniqueFd lock,
         std::unique_ptr<Connection> writer);
  Status start();
  Result<Reader> borrow();
  Result<std::unique_ptr<Connection>> open_reader() const;
  void give_back(std::unique_ptr<Connection> connection);
  /// The writer's mutex is held.
  void after_write(bool committed);
  Status truncate_log();

  std::filesystem::path directory_;
  Clock clock_;
  std::chrono::milliseconds busy_timeout_;
  UniqueFd lock_;

  std::mutex writing_;
  std::unique_ptr<Connection> writer_;
  std::int64_t added_event_ = 0;  ///< By the write that is going on.
  bool scrub_ = false;

  std::mutex reading_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<Connection>> idle_readers_;
  std::size_t readers_ = 0;

  mutable std::mutex telling_;
  mutable std::condition_variable_any told_;
  std::int64_t last_event_ = 0;
};

/// A JSON object of texts, for events. Never of anything secret.
std::string event_data(
    std::initializer_list<std::pair<std::string_view, std::string_view>> members);

}  // namespace ovaport::store
