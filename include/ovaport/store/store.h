#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ovaport/base/result.h"
#include "ovaport/store/audit.h"
#include "ovaport/store/catalog.h"
#include "ovaport/store/events.h"
#include "ovaport/store/idempotency.h"
#include "ovaport/store/imports.h"
#include "ovaport/store/secrets.h"
#include "ovaport/store/time.h"
#include "ovaport/store/tokens.h"
#include "ovaport/store/uploads.h"

/// The durable state of the service.
namespace ovaport::store {

struct StoreOptions {
  Clock clock = system_time;
  /// How long a call waits for another program that has the database locked.
  std::chrono::milliseconds busy_timeout{5000};
};

/// What maintain() removes.
struct Retention {
  std::uint64_t events = 100'000;       ///< How many are kept.
  std::chrono::hours ended{24 * 90};    ///< Imports and uploads that ended.
  std::chrono::hours removed{24 * 30};  ///< Appliances that are nowhere any more.
  std::chrono::hours audit{24 * 365};
};

/// The state of one server: `<directory>/ovaport.db` (SQLite) and `<directory>/lock`.
///
/// A call that changes something returns after the change is on disk; one that fails
/// changed nothing. Any number of threads may call; changes are done one at a time,
/// reads beside them.
///
/// Errors of all functions: kind no_space, code "store.no-space"; kind integrity, code
/// "store.corrupt" for a damaged database; kind io, codes "store.busy" (another program
/// keeps it locked for longer than the busy timeout) and "store.io".
class Store {
 public:
  /// Opens the state in `directory`, made with mode 0700 when missing, and brings its
  /// schema up to date. Kind conflict, code "store.locked" when another process has it
  /// open (the message says which); kind unsupported, code "store.newer" when a newer
  /// ovaport wrote it; kind invalid, code "store.foreign" for a database of something
  /// else.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& directory,
                                             const StoreOptions& options = {});
  Store(const Store&) = delete;
  ~Store();

  Catalog& catalog() { return catalog_; }
  Uploads& uploads() { return uploads_; }
  Imports& imports() { return imports_; }
  Secrets& secrets() { return secrets_; }
  Events& events() { return events_; }
  Tokens& tokens() { return tokens_; }
  Audit& audit() { return audit_; }
  Idempotency& idempotency() { return idempotency_; }

  [[nodiscard]] const std::filesystem::path& directory() const;

  /// What is wrong with the database, in sentences; empty when nothing is.
  Result<std::vector<std::string>> check();
  /// Writes a copy of the database as it is now to the new file `target` (mode 0600),
  /// while others go on reading and writing. It is complete or not there, and holds no
  /// secret.
  Status backup(const std::filesystem::path& target);
  /// Deletes what retention allows, and empties the write-ahead log.
  Status maintain(const Retention& retention);

 private:
  explicit Store(std::unique_ptr<Engine> engine);

  std::unique_ptr<Engine> engine_;
  Catalog catalog_;
  Uploads uploads_;
  Imports imports_;
  Secrets secrets_;
  Events events_;
  Tokens tokens_;
  Audit audit_;
  Idempotency idempotency_;
};

/// The same as Store::check() for the state in `directory`, which a server may have open.
/// Changes nothing.
Result<std::vector<std::string>> check_state(const std::filesystem::path& directory);

}  // namespace ovaport::store
