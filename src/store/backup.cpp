#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine.h"
#include "ovaport/base/file.h"
#include "ovaport/base/text.h"
#include "schema.h"

namespace ovaport::store {

namespace fs = std::filesystem;

namespace {

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

Status copy_all(Connection& from, Connection& to) {
  const std::unique_ptr<sqlite3_backup, FinishBackup> backup(
      sqlite3_backup_init(to.handle(), "main", from.handle(), "main"));
  if (backup == nullptr)
    return sqlite_error(to.handle(), sqlite3_errcode(to.handle()), "cannot back up");
  const int code = sqlite3_backup_step(backup.get(), -1);
  if (code == SQLITE_DONE) return {};
  return sqlite_error(nullptr, code, "cannot back up the state database");
}

/// A whole database in one file, without secrets.
Status clean(Connection& copy) {
  OVAPORT_CHECK(copy.script("PRAGMA journal_mode = DELETE"));
  OVAPORT_CHECK(configure(copy));
  return copy.script("DELETE FROM secrets");
}

Status sync_file(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return system_error("cannot sync the backup", errno);
  return {};
}

/// `partial` becomes `target`, which must not exist.
Status publish(const fs::path& partial, const fs::path& target) {
  OVAPORT_CHECK(sync_file(partial));
  if (::link(partial.c_str(), target.c_str()) != 0) {
    if (errno == EEXIST)
      return Error(ErrorKind::conflict, "store.backup-exists", "exists already")
          .advise("Choose another name for the backup");
    return system_error("cannot name the backup", errno);
  }
  return sync_directory(target.has_parent_path() ? target.parent_path() : fs::path("."));
}

}  // namespace

Status Store::backup(const fs::path& target) {
  const fs::path partial = target.string() + ".partial-" + std::to_string(::getpid());
  ::unlink(partial.c_str());  // Of a process with our number that was killed.
  auto done = [&]() -> Status {
    OVAPORT_CHECK(write_new_file(partial, "", 0600));
    OVAPORT_TRY(const auto copy, Connection::open(partial, std::chrono::milliseconds(0)));
    // A reader sees one state for as long as it likes; writers go on beside it.
    OVAPORT_CHECK(engine_->read([&](Connection& db) { return copy_all(db, *copy); }));
    return clean(*copy);
  }();
  if (done.ok()) done = publish(partial, target);
  for (const char* suffix : {"", "-journal", "-wal", "-shm"})
    ::unlink((partial.string() + suffix).c_str());
  if (!done.ok()) return std::move(done).error().in_file(target.string());
  return {};
}

}  // namespace ovaport::store
