#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "ovaport/store/store.h"

/// What the tests of the store share.
namespace ovaport::store::testing {

namespace fs = std::filesystem;

/// A state directory that is gone at its end, and a clock that the test sets.
class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ovaport-store-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    scratch_ = name;
  }
  void TearDown() override {
    store_.reset();
    std::error_code ignored;
    fs::remove_all(scratch_, ignored);
  }

  [[nodiscard]] fs::path state() const { return scratch_ / "state"; }
  [[nodiscard]] fs::path database() const { return state() / "ovaport.db"; }
  [[nodiscard]] StoreOptions options() {
    StoreOptions wanted;
    wanted.clock = [this] { return now_; };
    return wanted;
  }
  /// The open store; opens it first when it is not.
  Store& store() {
    if (store_ == nullptr) {
      auto opened = Store::open(state(), options());
      if (!opened.ok()) {
        ADD_FAILURE() << describe(opened.error());
        std::abort();
      }
      store_ = std::move(opened).value();
    }
    return *store_;
  }
  void close() { store_.reset(); }
  void reopen() {
    close();
    store();
  }

  fs::path scratch_;
  Time now_ = 1'700'000'000'000;
  std::unique_ptr<Store> store_;
};

/// A result that must be there.
template <typename T>
T must(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << describe(result.error());
    std::abort();
  }
  return std::move(result).value();
}
inline void must(Status status) {
  if (status.ok()) return;
  ADD_FAILURE() << describe(status.error());
  std::abort();
}

/// The code of an error, or "" of a success.
template <typename T>
std::string code_of(const Result<T>& result) {
  return result.ok() ? "" : result.error().code;
}

/// Runs SQL on a database file behind the store's back.
inline void run_sql(const fs::path& file, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
      << (message != nullptr ? message : "");
  sqlite3_free(message);
  sqlite3_close(handle);
}

inline std::string read_bytes(const fs::path& file) {
  std::stringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// An appliance of that id and name with one location in the share "lab".
inline Found found(const std::string& id, const std::string& name) {
  Found one;
  one.appliance.id = id;
  one.appliance.name = name;
  one.appliance.vendor = "Nordlicht";
  one.appliance.product = "Probe";
  one.appliance.version = "1.0";
  one.documents = {R"({"model":1})", "[]", "{}"};
  one.location.share = "lab";
  one.location.path = name + ".ova";
  one.location.size = 1000;
  one.location.mtime_ns = 5;
  one.location.inode = 7;
  return one;
}

inline void record(Store& store, const Found& one) {
  must(store.catalog().record({&one, 1}));
}

}  // namespace ovaport::store::testing
