#include "ovaport/store/store.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "support.h"

namespace ovaport::store {
namespace {

using namespace testing;

class StoreOpening : public StoreTest {};

unsigned mode_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777U;
}

TEST_F(StoreOpening, MakesAPrivateDirectoryWithPrivateFiles) {
  store().events();
  must(store().events().append("note", "", "{}"));
  EXPECT_EQ(mode_of(state()), 0700U);
  EXPECT_EQ(mode_of(database()), 0600U);
  EXPECT_EQ(mode_of(state() / "lock"), 0600U);
  EXPECT_EQ(mode_of(state() / "ovaport.db-wal"), 0600U);
  EXPECT_EQ(mode_of(state() / "ovaport.db-shm"), 0600U);
}

TEST_F(StoreOpening, KeepsWhatWasWritten) {
  const Import import = must(store().imports().enqueue({"a1", "{}", 0, {}, {}}));
  reopen();
  EXPECT_EQ(must(store().imports().get(import.id)).appliance_id, "a1");
}

TEST_F(StoreOpening, RefusesASecondOpenerAndSaysWhoHasIt) {
  store();
  const auto second = Store::open(state(), options());
  ASSERT_EQ(code_of(second), "store.locked");
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid()) + " on host "),
            std::string::npos)
      << second.error().message;
}

TEST_F(StoreOpening, RefusesAnotherProcessAndTakesOverWhenItDies) {
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto opened = Store::open(state(), options());
    const char answer = opened.ok() ? 'y' : 'n';
    static_cast<void>(::write(ready[1], &answer, 1) == 1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_EQ(code_of(Store::open(state(), options())), "store.locked");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(code_of(Store::open(state(), options())), "");
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(StoreOpening, BringsAnOlderSchemaUpToDateAndKeepsItsRows) {
  fs::create_directories(state());
  run_sql(database(),
          read_bytes(OVAPORT_SOURCE_DIR "/src/store/migrations/0001-catalog-and-work.sql") +
              "PRAGMA user_version = 1;"
              "INSERT INTO imports (id, appliance_id, request, priority, created) "
              "VALUES ('old', 'a1', '{}', 3, 4)");
  EXPECT_EQ(must(store().imports().get("old")).priority, 3);
  EXPECT_TRUE(must(store().tokens().list()).empty());
  EXPECT_TRUE(must(store().check()).empty());
}

TEST_F(StoreOpening, RefusesANewerSchemaAndLeavesItAlone) {
  store();
  close();
  run_sql(database(), "PRAGMA user_version = 99");
  const std::string before = read_bytes(database());
  const auto opened = Store::open(state(), options());
  ASSERT_EQ(code_of(opened), "store.newer");
  EXPECT_EQ(opened.error().kind, ErrorKind::unsupported);
  EXPECT_NE(opened.error().message.find("version 99"), std::string::npos);
  EXPECT_EQ(read_bytes(database()), before);
}

TEST_F(StoreOpening, RefusesADatabaseOfSomethingElse) {
  fs::create_directories(state());
  run_sql(database(), "CREATE TABLE mine (x)");
  EXPECT_EQ(code_of(Store::open(state(), options())), "store.foreign");
}

TEST_F(StoreOpening, RefusesAFileThatIsNoDatabase) {
  fs::create_directories(state());
  std::ofstream(database()) << std::string(8192, 'x');
  const auto opened = Store::open(state(), options());
  ASSERT_EQ(code_of(opened), "store.corrupt");
  EXPECT_EQ(opened.error().kind, ErrorKind::integrity);
  EXPECT_EQ(opened.error().file, database().string());
}

TEST_F(StoreOpening, LiesBehindALinkToItsDirectory) {
  fs::create_directories(scratch_ / "disk");
  fs::create_directory_symlink(scratch_ / "disk", scratch_ / "link");
  const fs::path behind = scratch_ / "link" / "state";
  {
    const auto opened = Store::open(behind, options());
    ASSERT_TRUE(opened.ok()) << describe(opened.error());
    must((*opened)->backup(scratch_ / "link" / "copy"));
  }
  EXPECT_TRUE(must(check_state(behind)).empty());
}

TEST_F(StoreOpening, DoesNotFollowLinks) {
  fs::create_directories(state());
  std::ofstream(scratch_ / "victim").flush();
  fs::create_symlink(scratch_ / "victim", database());
  EXPECT_FALSE(Store::open(state(), options()).ok());
  EXPECT_EQ(fs::file_size(scratch_ / "victim"), 0U);
}

class StoreCheck : public StoreTest {};

TEST_F(StoreCheck, FindsNothingInASoundDatabase) {
  record(store(), found("a1", "alpha"));
  EXPECT_TRUE(must(store().check()).empty());
  EXPECT_TRUE(must(check_state(state())).empty()) << "also while it is open";
}

TEST_F(StoreCheck, FindsDamagedPages) {
  for (int i = 0; i < 500; ++i)
    record(store(), found("a" + std::to_string(i), "name"));
  close();
  std::fstream file(database(), std::ios::in | std::ios::out | std::ios::binary);
  for (std::uint64_t at = 8192 + 100; at + 200 < fs::file_size(database()); at += 4096) {
    file.seekp(static_cast<std::streamoff>(at));
    file << std::string(200, '\x5a');
  }
  file.close();
  const auto problems = check_state(state());
  ASSERT_TRUE(problems.ok()) << describe(problems.error());
  EXPECT_FALSE(problems->empty());
}

TEST_F(StoreCheck, FindsRowsThatReferToNothing) {
  record(store(), found("a1", "alpha"));
  close();
  run_sql(database(), "PRAGMA foreign_keys = OFF; DELETE FROM appliances");
  const auto problems = must(check_state(state()));
  ASSERT_FALSE(problems.empty());
  EXPECT_NE(problems.front().find("that is missing"), std::string::npos) << problems.front();
}

TEST_F(StoreCheck, FindsASecretThatOutlivedItsImport) {
  const Import import =
      must(store().imports().enqueue({"a1", "{}", 0, environment::Secret("geheim"), {}}));
  close();
  run_sql(database(), "UPDATE imports SET state = 'cancelled', finished = 1");
  EXPECT_EQ(must(check_state(state())),
            std::vector<std::string>{"1 secrets belong to something that has ended"});
}

TEST_F(StoreCheck, SaysWhenThereIsNoState) {
  EXPECT_EQ(code_of(check_state(scratch_ / "nowhere")), "store.not-found");
}

class StoreBackup : public StoreTest {};

TEST_F(StoreBackup, IsAWholeDatabaseWithoutSecrets) {
  const std::string secret = "correct-horse-battery-staple";
  const Import import =
      must(store().imports().enqueue({"a1", "{}", 0, environment::Secret(secret), {}}));
  const fs::path copy = scratch_ / "copy.db";
  must(store().backup(copy));
  EXPECT_EQ(read_bytes(copy).find(secret), std::string::npos);
  EXPECT_EQ(mode_of(copy), 0600U);

  const fs::path restored = scratch_ / "restored";
  fs::create_directories(restored);
  fs::copy_file(copy, restored / "ovaport.db");
  const auto other = must(Store::open(restored, options()));
  EXPECT_EQ(must(other->imports().get(import.id)).appliance_id, "a1");
  EXPECT_TRUE(must(other->check()).empty());
  EXPECT_FALSE(must(other->secrets().get(SecretOf::import, import.id)).has_value());
  EXPECT_EQ(must(store().secrets().get(SecretOf::import, import.id))->reveal(), secret);
}

TEST_F(StoreBackup, OverwritesNothingAndLeavesNothingBehind) {
  std::ofstream(scratch_ / "precious") << "x";
  EXPECT_EQ(code_of(store().backup(scratch_ / "precious")), "store.backup-exists");
  EXPECT_EQ(read_bytes(scratch_ / "precious"), "x");
  EXPECT_EQ(code_of(store().backup(scratch_ / "no" / "where")), "base.io");
  std::size_t entries = 0;
  for (const auto& entry : fs::directory_iterator(scratch_))
    entries += entry.exists() ? 1 : 0;
  EXPECT_EQ(entries, 2U) << "the file and the state directory";
}

class StoreMaintenance : public StoreTest {};

TEST_F(StoreMaintenance, RemovesWhatRetentionAllowsAndNothingElse) {
  const Import ended = must(store().imports().enqueue({"a1", "{}", 0, {}, {}}));
  must(store().imports().cancel(ended.id));
  const Import waiting = must(store().imports().enqueue({"a1", "{}", 0, {}, {}}));
  record(store(), found("a1", "alpha"));
  record(store(), found("a2", "beta"));
  const std::string path = "alpha.ova";
  must(store().catalog().mark_removed("lab", {&path, 1}));
  now_ += 1000LL * 3600 * 50;
  Retention retention;
  retention.ended = std::chrono::hours(49);
  retention.removed = std::chrono::hours(49);
  retention.events = 3;
  must(store().maintain(retention));
  EXPECT_EQ(code_of(store().imports().get(ended.id)), "store.not-found");
  EXPECT_EQ(code_of(store().imports().get(waiting.id)), "");
  EXPECT_EQ(code_of(store().catalog().appliance("a1")), "store.not-found");
  EXPECT_EQ(code_of(store().catalog().appliance("a2")), "");
  EXPECT_EQ(must(store().events().since(0, 100)).items.size(), 3U);
  EXPECT_EQ(fs::file_size(state() / "ovaport.db-wal"), 0U);
  EXPECT_TRUE(must(store().check()).empty());
}

}  // namespace
}  // namespace ovaport::store
