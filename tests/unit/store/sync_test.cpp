// What was acknowledged is on the disk, not only with the kernel: the store runs on a
// file layer of SQLite that watches its write-ahead log.
#include <sqlite3.h>

#include "support.h"

namespace ovaport::store {
namespace {

using namespace testing;

/// What happened to the log. SQLite's file layer is a table of C functions.
struct LogWatch {
  const sqlite3_io_methods* real = nullptr;
  sqlite3_io_methods watched{};
  int syncs = 0;
  bool unsynced = false;  ///< Something was written since the last sync.
  bool fail_syncs = false;
};

LogWatch& watch() {
  static LogWatch it;
  return it;
}

int watch_write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  watch().unsynced = true;
  return watch().real->xWrite(file, bytes, count, offset);
}

int watch_sync(sqlite3_file* file, int flags) {
  if (watch().fail_syncs) return SQLITE_IOERR_FSYNC;
  ++watch().syncs;
  watch().unsynced = false;
  return watch().real->xSync(file, flags);
}

sqlite3_vfs* real_layer() {
  static sqlite3_vfs* const real = sqlite3_vfs_find("unix");
  return real;
}

int watch_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  const int code = real_layer()->xOpen(real_layer(), name, file, flags, out);
  if (code != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return code;
  watch().real = file->pMethods;
  watch().watched = *file->pMethods;
  watch().watched.xWrite = watch_write;
  watch().watched.xSync = watch_sync;
  file->pMethods = &watch().watched;
  return code;
}

class Durability : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    watch() = LogWatch();
    layer_ = *real_layer();
    layer_.zName = "watched";
    layer_.pNext = nullptr;
    layer_.xOpen = watch_open;
    ASSERT_EQ(sqlite3_vfs_register(&layer_, 1), SQLITE_OK);
  }
  void TearDown() override {
    StoreTest::TearDown();
    sqlite3_vfs_unregister(&layer_);
    sqlite3_vfs_register(real_layer(), 1);
  }

  sqlite3_vfs layer_{};
};

TEST_F(Durability, EveryChangeIsSyncedBeforeItIsAcknowledged) {
  store();
  const Upload upload = must(store().uploads().create({}));
  const auto expect_synced = [&](const char* what, const auto& change) {
    const int before = watch().syncs;
    change();
    EXPECT_GT(watch().syncs, before) << what;
    EXPECT_FALSE(watch().unsynced) << what;
  };
  expect_synced("an import", [&] { must(store().imports().enqueue({"a1", "{}", 0, {}, {}})); });
  expect_synced("a claim", [&] { must(store().imports().claim_next("node")); });
  expect_synced("a step", [&] {
    must(store().imports().begin_step({must(store().imports().list({})).items.at(0).id, 1},
                                      ImportStep::initialize));
  });
  expect_synced("an offset", [&] { must(store().uploads().advance(upload.id, 0, 5)); });
  expect_synced("a package", [&] { record(store(), found("a1", "alpha")); });
  expect_synced("a token", [&] { must(store().tokens().create("t", Role::viewer)); });
  expect_synced("an event", [&] { must(store().events().append("note", "", "{}")); });
}

TEST_F(Durability, WhatCannotBeSyncedIsNotAcknowledgedAndNotThere) {
  must(store().events().append("before", "", "{}"));
  watch().fail_syncs = true;
  const auto refused = store().events().append("during", "", "{}");
  ASSERT_EQ(code_of(refused), "store.io");
  EXPECT_EQ(must(store().events().since(0, 10)).items.size(), 1U);
  EXPECT_EQ(store().events().last(), 1) << "nobody was woken for it";
  watch().fail_syncs = false;
  must(store().events().append("after", "", "{}"));
  const auto events = must(store().events().since(0, 10)).items;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].kind, "after");
  EXPECT_TRUE(must(store().check()).empty());
}

}  // namespace
}  // namespace ovaport::store
