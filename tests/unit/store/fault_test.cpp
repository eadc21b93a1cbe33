// What happens to the state when the machine, not the caller, does wrong.
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <random>
#include <thread>

#include "support.h"

namespace ovaport::store {
namespace {

using namespace testing;

/// Says on `pipe` what was acknowledged; the kernel keeps it when this process dies.
void acknowledge(int pipe, const std::string& id) {
  const std::string line = id + "\n";
  if (::write(pipe, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(3);
}

/// Does what a server does, for ever.
[[noreturn]] void work(const fs::path& directory, int pipe) {
  auto opened = Store::open(directory);
  if (!opened.ok()) ::_exit(2);
  Store& store = **opened;
  if (!store.imports().recover().ok()) ::_exit(2);
  for (int i = 0;; ++i) {
    const std::string name = std::to_string(::getpid()) + "-" + std::to_string(i);
    const Found one = found(name, name);
    if (store.catalog().record({&one, 1}).ok()) acknowledge(pipe, "appliance " + name);
    const auto import =
        store.imports().enqueue({name, "{}", i % 3, environment::Secret("mark-" + name), {}});
    if (import.ok()) acknowledge(pipe, "import " + import->id);
    const auto claimed = store.imports().claim_next("node");
    if (claimed.ok() && *claimed) {
      const Claim mine{(*claimed)->id, (*claimed)->attempt};
      static_cast<void>(store.imports().begin_step(mine, ImportStep::initialize));
      if (store.imports().complete_step(mine, ImportStep::initialize, "{}").ok())
        acknowledge(pipe, "step " + mine.import_id);
      if (i % 2 == 0 && store.imports().succeed(mine, "{}").ok())
        acknowledge(pipe, "success " + mine.import_id);
    }
    if (i % 10 == 9) static_cast<void>(store.events().trim(20));
  }
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

class Killing : public StoreTest {
 protected:
  /// Whether the database says what was acknowledged.
  bool holds(const std::string& what, const std::string& id) {
    if (what == "appliance") return store().catalog().appliance(id).ok();
    const auto import = store().imports().get(id);
    if (!import.ok()) return false;
    if (what == "import") return true;
    if (what == "success") return import->state == ImportState::succeeded;
    return import->step != ImportStep::initialize;
  }
  /// One life of a worker; returns how many acknowledgements were checked.
  std::size_t live_and_die(std::chrono::microseconds life) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) work(state(), pipe[1]);
    ::close(pipe[1]);
    // The pipe's end must not fill up while the worker lives.
    std::string told;
    std::jthread reading([&] { told = read_all(pipe[0]); });
    std::this_thread::sleep_for(life);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << WEXITSTATUS(status);
    reading.join();
    ::close(pipe[0]);

    std::size_t checked = 0;
    std::istringstream lines(told);
    for (std::string what, id; lines >> what >> id; ++checked)
      EXPECT_TRUE(holds(what, id)) << what << " " << id << " was acknowledged and is lost";
    EXPECT_EQ(must(store().check()), std::vector<std::string>());
    close();
    return checked;
  }
};

TEST_F(Killing, AtAnyInstantLosesNothingThatWasAcknowledged) {
  constexpr int kKills = 60;
  std::mt19937 random(20261);
  std::uniform_int_distribution<int> life(0, 250'000);
  std::size_t checked = 0;
  for (int i = 0; i < kKills; ++i)
    checked += live_and_die(std::chrono::microseconds(life(random)));
  EXPECT_GT(checked, 100U) << "the workers were killed before they did anything";
  std::printf("[ CHECKED  ] %zu acknowledgements over %d kills\n", checked, kKills);
}

/// A file system of a given size that vanishes at its end.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& where, const char* options) : where_(where) {
    fs::create_directories(where);
    mounted_ = ::mount("tmpfs", where.c_str(), "tmpfs", 0, options) == 0;
    error_ = mounted_ ? 0 : errno;
  }
  SmallDisk(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(where_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] int error() const { return error_; }

 private:
  fs::path where_;
  bool mounted_ = false;
  int error_ = 0;
};

class FullDisk : public StoreTest {};

TEST_F(FullDisk, RefusesNewWorkKeepsTheOldAndGoesOnWhenThereIsRoom) {
  const SmallDisk disk(state(), "size=3m");
  if (!disk.mounted()) GTEST_SKIP() << "cannot mount a tmpfs: " << std::strerror(disk.error());
  std::vector<std::string> kept;
  std::string refusal;
  for (int i = 0; i < 10'000 && refusal.empty(); ++i) {
    const auto import = store().imports().enqueue({"a1", std::string(3000, 'r'), 0, {}, {}});
    if (import.ok()) {
      kept.push_back(import->id);
      continue;
    }
    EXPECT_EQ(import.error().kind, ErrorKind::no_space) << describe(import.error());
    refusal = import.error().code;
  }
  EXPECT_EQ(refusal, "store.no-space");
  EXPECT_GT(kept.size(), 20U);
  for (const std::string& id : kept)
    EXPECT_TRUE(store().imports().get(id).ok());
  EXPECT_EQ(must(store().imports().list({})).total, kept.size()) << "nothing half-made";

  ASSERT_EQ(::mount("tmpfs", state().c_str(), "tmpfs", MS_REMOUNT, "size=8m"), 0);
  kept.push_back(must(store().imports().enqueue({"a1", "{}", 0, {}, {}})).id);
  EXPECT_TRUE(must(store().check()).empty());
  reopen();
  EXPECT_EQ(must(store().imports().list({})).total, kept.size());
  close();
}

TEST_F(FullDisk, IsNoReasonNotToStartAndToRead) {
  const SmallDisk disk(state(), "size=3m");
  if (!disk.mounted()) GTEST_SKIP() << "cannot mount a tmpfs: " << std::strerror(disk.error());
  const Import import = must(store().imports().enqueue({"a1", "{}", 0, {}, {}}));
  close();
  {
    // All but the pages that the shared memory of the log needs.
    std::ofstream filler(state() / "filler", std::ios::binary);
    const std::string block(65536, 'f');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  fs::resize_file(state() / "filler", fs::file_size(state() / "filler") - 65536);
  EXPECT_EQ(must(store().imports().get(import.id)).appliance_id, "a1");
  close();
}

class Threads : public StoreTest {};

TEST_F(Threads, ReadWhileOthersWriteAndSeeWholeChanges) {
  constexpr int kWriters = 2;
  constexpr int kReaders = 12;  // More than there are connections for.
  constexpr int kChanges = 15;
  record(store(), found("a1", "0"));
  std::atomic<int> writing{kWriters};
  std::atomic<int> torn{0};
  std::vector<std::jthread> threads;
  threads.reserve(kWriters + kReaders);
  for (int w = 0; w < kWriters; ++w)
    threads.emplace_back([&, w] {
      for (int i = 0; i < kChanges; ++i) {
        Found one = found("a1", std::to_string(w * 1000 + i));
        one.appliance.product = one.appliance.name;
        one.location.path = "one.ova";
        must(store_->catalog().record({&one, 1}));
        must(store_->imports().enqueue({"a1", "{}", 0, environment::Secret("s"), {}}));
        const auto claimed = must(store_->imports().claim_next("w" + std::to_string(w)));
        if (claimed) must(store_->imports().succeed({claimed->id, claimed->attempt}, "{}"));
      }
      --writing;
    });
  for (int r = 0; r < kReaders; ++r)
    threads.emplace_back([&] {
      while (writing > 0) {
        const AppliancePage page = must(store_->catalog().search({}));
        if (page.total != page.items.size()) ++torn;
        for (const Appliance& one : page.items)
          if (one.name != "0" && one.name != one.product) ++torn;
        must(store_->imports().list({}));
        must(store_->events().since(0, 50));
      }
    });
  threads.clear();
  EXPECT_EQ(torn, 0);
  ImportQuery succeeded;
  succeeded.state = ImportState::succeeded;
  EXPECT_EQ(must(store().imports().list(succeeded)).total,
            static_cast<std::uint64_t>(kWriters * kChanges))
      << "each claimed once";
  EXPECT_TRUE(must(store().check()).empty());
}

TEST_F(Threads, BackupGoesOnBesideWriters) {
  record(store(), found("a1", "alpha"));
  std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested())
      must(store_->events().append("note", "", "{}"));
  });
  for (int i = 0; i < 5; ++i)
    must(store().backup(scratch_ / ("copy" + std::to_string(i))));
  writer.request_stop();
  writer.join();
  fs::create_directories(scratch_ / "restored");
  fs::copy_file(scratch_ / "copy4", scratch_ / "restored" / "ovaport.db");
  EXPECT_TRUE(must(check_state(scratch_ / "restored")).empty());
}

TEST_F(Threads, AWriterWaitsABoundedTimeForAnotherProgram) {
  store();
  close();
  StoreOptions hurried = options();
  hurried.busy_timeout = std::chrono::milliseconds(50);
  store_ = must(Store::open(state(), hurried));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(database().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto refused = store().events().append("note", "", "{}");
  EXPECT_EQ(code_of(refused), "store.busy");
  EXPECT_TRUE(store().events().since(0, 1).ok()) << "reading goes on";
  sqlite3_close(other);
  EXPECT_TRUE(store().events().append("note", "", "{}").ok());
}

}  // namespace
}  // namespace ovaport::store
