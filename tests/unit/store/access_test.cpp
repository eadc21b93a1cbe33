// Tokens, audit log, idempotency keys and events.
#include <chrono>
#include <future>
#include <limits>
#include <thread>

#include "support.h"

namespace ovaport::store {
namespace {

using namespace testing;
using namespace std::chrono_literals;

class TokensTest : public StoreTest {
 protected:
  bool valid(const std::string& text) {
    return must(store().tokens().authenticate(text)).has_value();
  }
};

TEST_F(TokensTest, AuthenticateTheirBearer) {
  const IssuedToken issued = must(store().tokens().create("robot", Role::importer));
  const auto token = must(store().tokens().authenticate(issued.text.reveal()));
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->id, issued.token.id);
  EXPECT_EQ(token->name, "robot");
  EXPECT_EQ(token->role, Role::importer);
}

TEST_F(TokensTest, RefuseWhateverIsNotTheirText) {
  const std::string text = must(store().tokens().create("robot", Role::admin)).text.reveal();
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = wrong[i] == '0' ? '1' : '0';
    EXPECT_FALSE(valid(wrong)) << i;
  }
  for (const std::string& wrong :
       {std::string(), text.substr(1), text + "0", text.substr(0, text.size() - 1),
        std::string("ovp_"), std::string(text.size(), '\0'), text.substr(0, 21)})
    EXPECT_FALSE(valid(wrong));
  EXPECT_TRUE(valid(text));
}

TEST_F(TokensTest, EndByExpiryAndRevocation) {
  const IssuedToken brief = must(store().tokens().create("brief", Role::viewer, now_ + 10));
  const IssuedToken revoked = must(store().tokens().create("revoked", Role::viewer));
  EXPECT_TRUE(valid(brief.text.reveal()));
  now_ += 10;
  EXPECT_FALSE(valid(brief.text.reveal()));
  EXPECT_TRUE(valid(revoked.text.reveal()));
  EXPECT_EQ(code_of(store().tokens().revoke(revoked.token.id, 7)), "store.conflict");
  const Token gone = must(store().tokens().revoke(revoked.token.id, 1));
  EXPECT_EQ(gone.revoked, now_);
  EXPECT_FALSE(valid(revoked.text.reveal()));
  now_ += 5;
  EXPECT_EQ(must(store().tokens().revoke(revoked.token.id)).revoked, now_ - 5);
  EXPECT_EQ(must(store().tokens().list()).size(), 2U);
  EXPECT_EQ(code_of(store().tokens().revoke("nonsense")), "store.not-found");
}

TEST_F(TokensTest, AreNowhereInTheDatabase) {
  const std::string text = must(store().tokens().create("robot", Role::admin)).text.reveal();
  const std::string secret = text.substr(text.rfind('_') + 1);
  close();
  EXPECT_EQ(read_bytes(database()).find(secret), std::string::npos);
}

TEST_F(TokensTest, RolesHaveNames) {
  for (const Role role : {Role::viewer, Role::importer, Role::admin})
    EXPECT_EQ(parse_role(to_string(role)), role);
  EXPECT_FALSE(parse_role("root").has_value());
}

class AuditTest : public StoreTest {};

TEST_F(AuditTest, IsReadNewestFirstAndPrunedByAge) {
  for (const char* action : {"one", "two", "three"}) {
    must(store().audit().append({0, 0, "token1", action, "a1", "ok"}));
    now_ += 10;
  }
  auto entries = must(store().audit().before(0, 2));
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].action, "three");
  EXPECT_EQ(entries[0].time, now_ - 10);
  entries = must(store().audit().before(entries[1].number, 2));
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].action, "one");
  EXPECT_EQ(must(store().audit().prune(now_ - 10)), 2U);
}

class IdempotencyTest : public StoreTest {
 protected:
  Result<KeyRecord> begin(const std::string& hash = "h1") {
    return store().idempotency().begin(key_, hash, now_ + 100);
  }
  KeyReference key_{"key", "token"};
};

TEST_F(IdempotencyTest, AnswersTheSameAgain) {
  EXPECT_EQ(must(begin()).state, KeyState::fresh);
  EXPECT_EQ(must(begin()).state, KeyState::running);
  must(store().idempotency().complete(key_, 202, R"({"id":"x"})"));
  const KeyRecord record = must(begin());
  EXPECT_EQ(record.state, KeyState::answered);
  EXPECT_EQ(record.status, 202);
  EXPECT_EQ(record.body, R"({"id":"x"})");
}

TEST_F(IdempotencyTest, RefusesAKeyForAnotherRequest) {
  must(begin());
  EXPECT_EQ(code_of(begin("h2")), "store.idempotency-key");
  key_.token_id = "other";
  EXPECT_EQ(must(begin("h2")).state, KeyState::fresh) << "of somebody else";
}

TEST_F(IdempotencyTest, ForgetsWhatWasAbandonedOrIsExpired) {
  must(begin());
  must(store().idempotency().abandon(key_));
  EXPECT_EQ(must(begin()).state, KeyState::fresh);
  must(store().idempotency().complete(key_, 200, ""));
  must(store().idempotency().abandon(key_));
  EXPECT_EQ(must(begin()).state, KeyState::answered) << "too late";
  now_ += 100;
  EXPECT_EQ(must(begin()).state, KeyState::fresh);
}

TEST_F(IdempotencyTest, KnowsAfterACrashWhatTheRequestMade) {
  must(begin());
  const Import made = must(store().imports().enqueue({"a1", "{}", 0, {}, key_}));
  reopen();
  const KeyRecord record = must(begin());
  EXPECT_EQ(record.state, KeyState::committed);
  EXPECT_EQ(record.subject, made.id);
}

TEST_F(IdempotencyTest, IsFreshAfterACrashBeforeAnythingWasMade) {
  must(begin());
  reopen();
  EXPECT_EQ(must(begin()).state, KeyState::fresh);
}

TEST_F(IdempotencyTest, MakesNothingUnderAKeyThatWasNotTaken) {
  EXPECT_EQ(code_of(store().imports().enqueue({"a1", "{}", 0, {}, key_})), "store.internal");
  EXPECT_EQ(must(store().imports().list({})).total, 0U);
}

class EventsTest : public StoreTest {
 protected:
  std::int64_t append(const std::string& kind) {
    return must(store().events().append(kind, "s", "{}"));
  }
};

TEST_F(EventsTest, AreReadSinceASequence) {
  const std::int64_t first = append("one");
  const std::int64_t second = append("two");
  EXPECT_GT(second, first);
  const auto page = must(store().events().since(first, 10));
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.items[0].kind, "two");
  EXPECT_EQ(page.items[0].time, now_);
  EXPECT_TRUE(page.complete);
  EXPECT_EQ(store().events().last(), second);
  EXPECT_TRUE(must(store().events().since(0, 10, "nobody")).items.empty());
}

TEST_F(EventsTest, ASequenceIsNeverUsedTwice) {
  append("one");
  const std::int64_t last = append("two");
  must(store().events().trim(0));
  reopen();
  EXPECT_EQ(store().events().last(), last);
  EXPECT_GT(append("three"), last);
}

TEST_F(EventsTest, TellWhenSomeAreMissing) {
  const std::int64_t first = append("one");
  const std::int64_t second = append("two");
  append("three");
  must(store().events().trim(1));
  EXPECT_FALSE(must(store().events().since(first, 10)).complete);
  EXPECT_TRUE(must(store().events().since(second, 10)).complete);
  EXPECT_EQ(must(store().events().since(0, 10)).items.size(), 1U);
}

TEST_F(EventsTest, WakeWhoWaits) {
  store();
  auto waiting = std::async(std::launch::async, [this] {
    return store_->events().wait_after(0, 60s, std::stop_token());
  });
  append("one");
  EXPECT_TRUE(waiting.get());
  EXPECT_FALSE(store().events().wait_after(store().events().last(), 1ms, {}));
  std::stop_source source;
  auto stopped = std::async(std::launch::async, [&] {
    return store_->events().wait_after(store_->events().last(), 60s, source.get_token());
  });
  source.request_stop();
  EXPECT_FALSE(stopped.get());
}

TEST_F(EventsTest, AChangeThatFailsIsNotTold) {
  store();
  EXPECT_FALSE(store().imports().enqueue({"a1", "{}", 0, {}, KeyReference{"k", "t"}}).ok());
  EXPECT_EQ(store().events().last(), 0);
  EXPECT_TRUE(must(store().events().since(0, 10)).items.empty());
}

}  // namespace
}  // namespace ovaport::store
