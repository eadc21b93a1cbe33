#include "ovaport/store/secrets.h"

#include "support.h"

namespace ovaport::store {
namespace {

using namespace testing;
using environment::Secret;

class SecretsTest : public StoreTest {
 protected:
  Import enqueue(const std::string& secret) {
    return must(store().imports().enqueue({"a1", "{}", 0, Secret(secret), {}}));
  }
  /// In which files of the state directory a text can be found.
  std::vector<std::string> files_with(const std::string& text) {
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(state()))
      if (read_bytes(entry.path()).find(text) != std::string::npos)
        files.push_back(entry.path().filename().string());
    return files;
  }
};

const std::string kMark = "correct-horse-battery-staple";

TEST_F(SecretsTest, AreKeptOverARestartAndReplaced) {
  const Import import = enqueue(std::string("with\0zero", 9));
  reopen();
  EXPECT_EQ(must(store().secrets().get(SecretOf::import, import.id))->reveal(),
            std::string("with\0zero", 9));
  must(store().secrets().put(SecretOf::import, import.id, Secret("other")));
  EXPECT_EQ(must(store().secrets().get(SecretOf::import, import.id))->reveal(), "other");
  must(store().secrets().erase(SecretOf::import, import.id));
  EXPECT_FALSE(must(store().secrets().get(SecretOf::import, import.id)).has_value());
  must(store().secrets().erase(SecretOf::import, "nonsense"));
}

TEST_F(SecretsTest, LeaveNoByteInAnyFileOnceTheirImportEnds) {
  const Import import = enqueue(kMark);
  EXPECT_FALSE(files_with(kMark).empty()) << "or the test looks in the wrong place";
  must(store().imports().cancel(import.id));
  EXPECT_TRUE(files_with(kMark).empty());
}

TEST_F(SecretsTest, LeaveNoByteAmongManyThatComeAndGo) {
  std::vector<std::string> ids;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 20; ++i) {
      // Of many sizes: rows that fit a page, and that need several.
      ids.push_back(enqueue(std::string(static_cast<std::size_t>(i) * 700, 'x') + kMark).id);
    }
    for (std::size_t i = ids.size() - 20; i < ids.size(); i += 2)
      must(store().imports().cancel(ids[i]));
  }
  for (std::size_t i = 1; i < ids.size(); i += 2) {
    must(store().secrets().put(SecretOf::import, ids[i], Secret("short")));
    must(store().imports().cancel(ids[i]));
  }
  EXPECT_TRUE(files_with(kMark).empty());
  EXPECT_TRUE(must(store().check()).empty());
}

TEST_F(SecretsTest, LeaveTheLogAfterTheReaderThatWasInTheWay) {
  const Import import = enqueue(kMark);
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(database().c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT * FROM imports", nullptr, nullptr, nullptr),
            SQLITE_OK);
  must(store().imports().cancel(import.id));
  EXPECT_FALSE(files_with(kMark).empty()) << "the reader still needs it";
  sqlite3_close(reader);
  must(store().events().append("note", "", "{}"));
  EXPECT_TRUE(files_with(kMark).empty()) << "the next change cleans up";
}

TEST_F(SecretsTest, LeaveTheLogOfAProcessThatDiedAtTheNextStart) {
  const Import import = enqueue(kMark);
  // As if killed between the change and the cleaning: a reader keeps the log from going.
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(database().c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT * FROM imports", nullptr, nullptr, nullptr),
            SQLITE_OK);
  must(store().imports().cancel(import.id));
  close();
  sqlite3_exec(reader, "COMMIT", nullptr, nullptr, nullptr);
  store();
  sqlite3_close(reader);
  EXPECT_TRUE(files_with(kMark).empty());
}

TEST_F(SecretsTest, AreInNoListAndNoEvent) {
  const Import import = enqueue(kMark);
  const ImportPage page = must(store().imports().list({}));
  for (const Import& one : page.items)
    for (const std::string* text : {&one.request, &one.result, &one.error_message})
      EXPECT_EQ(text->find(kMark), std::string::npos);
  for (const Event& event : must(store().events().since(0, 100)).items)
    EXPECT_EQ((event.data + event.subject).find(kMark), std::string::npos);
}

}  // namespace
}  // namespace ovaport::store
