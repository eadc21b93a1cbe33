#include "ovaport/store/imports.h"

#include <algorithm>

#include "support.h"

namespace ovaport::store {
namespace {

using namespace testing;

class ImportsTest : public StoreTest {
 protected:
  Imports& imports() { return store().imports(); }
  Import enqueue(int priority = 0, std::optional<environment::Secret> secret = {}) {
    now_ += 1;
    return must(
        imports().enqueue({"a1", R"({"option":"small"})", priority, std::move(secret), {}}));
  }
  Import claim() {
    const auto claimed = must(imports().claim_next("node1"));
    EXPECT_TRUE(claimed.has_value());
    return claimed.value_or(Import());
  }
  static Claim claim_of(const Import& import) { return {import.id, import.attempt}; }
  bool has_secret(const std::string& id) {
    return must(store().secrets().get(SecretOf::import, id)).has_value();
  }
};

const Error kBroken(ErrorKind::child, "guest.failed", "the converter failed");

TEST_F(ImportsTest, AreClaimedByPriorityThenAge) {
  const Import low = enqueue(0);
  const Import older = enqueue(5);
  const Import newer = enqueue(5);
  EXPECT_EQ(claim().id, older.id);
  EXPECT_EQ(claim().id, newer.id);
  const Import last = claim();
  EXPECT_EQ(last.id, low.id);
  EXPECT_EQ(last.state, ImportState::running);
  EXPECT_EQ(last.owner, "node1");
  EXPECT_EQ(last.attempt, 1);
  EXPECT_EQ(last.started, now_);
  EXPECT_FALSE(must(imports().claim_next("node1")).has_value());
}

TEST_F(ImportsTest, RecordEachStepBeforeTheNextStarts) {
  enqueue();
  const Import running = claim();
  const Claim mine = claim_of(running);
  must(imports().begin_step(mine, ImportStep::initialize));
  now_ += 5;
  must(imports().complete_step(mine, ImportStep::initialize, R"({"disks":2})"));
  must(imports().begin_step(mine, ImportStep::disk_transfer));
  must(imports().set_progress(mine, 10, 1ULL << 40U));
  const Import seen = must(imports().get(running.id));
  EXPECT_EQ(seen.step, ImportStep::disk_transfer);
  EXPECT_EQ(seen.done, 10U);
  EXPECT_EQ(seen.total, 1ULL << 40U);
  const auto steps = must(imports().steps(running.id));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].record, R"({"disks":2})");
  EXPECT_EQ(steps[0].finished, now_);
  EXPECT_FALSE(steps[1].finished.has_value());
}

TEST_F(ImportsTest, AStepCannotEndWithoutHavingBegun) {
  enqueue();
  const Claim mine = claim_of(claim());
  EXPECT_EQ(code_of(imports().complete_step(mine, ImportStep::disk_transfer, "{}")),
            "store.internal");
}

TEST_F(ImportsTest, ContinueAtTheirStepAfterACrash) {
  const Import queued = enqueue();
  const Claim dead = claim_of(claim());
  must(imports().begin_step(dead, ImportStep::initialize));
  must(imports().complete_step(dead, ImportStep::initialize, "{}"));
  reopen();
  EXPECT_EQ(must(imports().recover()), 1U);
  const Import again = claim();
  EXPECT_EQ(again.id, queued.id);
  EXPECT_EQ(again.step, ImportStep::disk_transfer);
  EXPECT_EQ(again.attempt, 2);
}

TEST_F(ImportsTest, AnAttemptThatLostItsClaimChangesNothing) {
  enqueue();
  const Claim dead = claim_of(claim());
  must(imports().recover());
  const Import again = claim();
  EXPECT_EQ(code_of(imports().begin_step(dead, ImportStep::initialize)), "store.claim");
  EXPECT_EQ(code_of(imports().complete_step(dead, ImportStep::initialize, "")), "store.claim");
  EXPECT_EQ(code_of(imports().set_progress(dead, 1, 2)), "store.claim");
  EXPECT_EQ(code_of(imports().wish_for(dead)), "store.claim");
  EXPECT_EQ(code_of(imports().succeed(dead, "{}")), "store.claim");
  EXPECT_EQ(code_of(imports().fail(dead, kBroken)), "store.claim");
  EXPECT_EQ(code_of(imports().paused(dead)), "store.claim");
  EXPECT_EQ(code_of(imports().release(dead)), "store.claim");
  EXPECT_EQ(must(imports().get(again.id)).state, ImportState::running);
  EXPECT_EQ(must(imports().succeed(claim_of(again), "{}")).state, ImportState::succeeded);
}

TEST_F(ImportsTest, EndWithTheirResultOrError) {
  enqueue();
  const Import won = must(imports().succeed(claim_of(claim()), R"({"vm":"x"})"));
  EXPECT_EQ(won.result, R"({"vm":"x"})");
  EXPECT_EQ(won.finished, now_);
  enqueue();
  const Import lost = must(imports().fail(claim_of(claim()), kBroken));
  EXPECT_EQ(lost.state, ImportState::failed);
  EXPECT_EQ(lost.error_code, "guest.failed");
  EXPECT_EQ(lost.error_message, "the converter failed");
}

TEST_F(ImportsTest, ArePausedAndResumed) {
  const Import queued = enqueue();
  EXPECT_EQ(must(imports().pause(queued.id)).state, ImportState::paused);
  EXPECT_FALSE(must(imports().claim_next("node1")).has_value());
  EXPECT_EQ(must(imports().resume(queued.id)).state, ImportState::queued);
  const Claim mine = claim_of(claim());
  EXPECT_EQ(must(imports().pause(queued.id)).wish, ImportWish::pause);
  EXPECT_EQ(must(imports().wish_for(mine)), ImportWish::pause);
  EXPECT_EQ(must(imports().resume(queued.id)).wish, ImportWish::none) << "taken back";
  must(imports().pause(queued.id));
  const Import paused = must(imports().paused(mine));
  EXPECT_EQ(paused.state, ImportState::paused);
  EXPECT_EQ(paused.wish, ImportWish::none);
}

TEST_F(ImportsTest, AreCancelledAtOnceWhenNobodyBeganThem) {
  const Import queued = enqueue(0, environment::Secret("geheim"));
  const Import ended = must(imports().cancel(queued.id));
  EXPECT_EQ(ended.state, ImportState::cancelled);
  EXPECT_EQ(ended.finished, now_);
  EXPECT_FALSE(has_secret(queued.id));
}

TEST_F(ImportsTest, AreCleanedUpByAnOwnerBeforeTheyAreCancelled) {
  const Import first = enqueue();
  must(imports().release(claim_of(claim())));
  EXPECT_EQ(must(imports().cancel(first.id)).state, ImportState::queued);
  enqueue(100);
  const Import claimed = claim();
  EXPECT_EQ(claimed.id, first.id) << "before all others";
  EXPECT_EQ(claimed.wish, ImportWish::cancel);
  EXPECT_EQ(must(imports().cancelled(claim_of(claimed))).state, ImportState::cancelled);
}

TEST_F(ImportsTest, ACrashForgetsNoWish) {
  const Import pausing = enqueue();
  claim();
  const Import cancelling = enqueue();
  claim();
  must(imports().pause(pausing.id));
  must(imports().cancel(cancelling.id));
  reopen();
  EXPECT_EQ(must(imports().recover()), 2U);
  EXPECT_EQ(must(imports().get(pausing.id)).state, ImportState::paused);
  EXPECT_EQ(must(imports().get(cancelling.id)).state, ImportState::queued);
  EXPECT_EQ(must(imports().get(cancelling.id)).wish, ImportWish::cancel);
}

TEST_F(ImportsTest, AWishOfTheLastMomentSurvivesARelease) {
  const Import first = enqueue();
  Claim mine = claim_of(claim());
  must(imports().pause(first.id));
  EXPECT_EQ(must(imports().release(mine, kBroken, now_ + 1000)).state, ImportState::paused);
  must(imports().resume(first.id));
  mine = claim_of(claim());
  must(imports().cancel(first.id));
  const Import released = must(imports().paused(mine));
  EXPECT_EQ(released.state, ImportState::queued);
  EXPECT_EQ(released.wish, ImportWish::cancel);
}

TEST_F(ImportsTest, PausingDoesNotUndoACancellation) {
  const Import first = enqueue();
  claim();
  must(imports().cancel(first.id));
  EXPECT_EQ(must(imports().pause(first.id)).wish, ImportWish::cancel);
}

TEST_F(ImportsTest, WaitBeforeTheyAreTriedAgain) {
  const Import first = enqueue(0, environment::Secret("geheim"));
  const Import released = must(imports().release(claim_of(claim()), kBroken, now_ + 1000));
  EXPECT_EQ(released.error_code, "guest.failed");
  EXPECT_TRUE(has_secret(first.id)) << "it has not ended";
  EXPECT_FALSE(must(imports().claim_next("node1")).has_value());
  now_ += 1000;
  EXPECT_EQ(claim().id, first.id);
}

TEST_F(ImportsTest, AClockThatJumpedBackDoesNotHoldThemUpAfterARestart) {
  enqueue();
  must(imports().release(claim_of(claim()), kBroken, now_ + 1'000'000'000'000));
  must(imports().recover());
  EXPECT_EQ(claim().attempt, 2);
}

TEST_F(ImportsTest, AFailedOneIsRetriedFromItsStepWithANewSecret) {
  const Import first = enqueue(0, environment::Secret("old"));
  const Claim mine = claim_of(claim());
  must(imports().begin_step(mine, ImportStep::initialize));
  must(imports().complete_step(mine, ImportStep::initialize, "{}"));
  must(imports().fail(mine, kBroken));
  EXPECT_FALSE(has_secret(first.id));
  const Import retried = must(imports().retry(first.id, environment::Secret("new")));
  EXPECT_EQ(retried.state, ImportState::queued);
  EXPECT_EQ(retried.step, ImportStep::disk_transfer);
  EXPECT_FALSE(retried.finished.has_value());
  EXPECT_EQ(must(store().secrets().get(SecretOf::import, first.id))->reveal(), "new");
}

TEST_F(ImportsTest, ACancelledOneIsRetriedFromTheStart) {
  const Import first = enqueue();
  const Claim mine = claim_of(claim());
  must(imports().begin_step(mine, ImportStep::disk_transfer));
  must(imports().cancel(first.id));
  must(imports().cancelled(mine));
  EXPECT_EQ(must(imports().retry(first.id)).step, ImportStep::initialize);
  EXPECT_TRUE(must(imports().steps(first.id)).empty());
}

TEST_F(ImportsTest, WhatHasEndedPermitsNoChange) {
  const Import first = enqueue();
  must(imports().succeed(claim_of(claim()), "{}"));
  EXPECT_EQ(code_of(imports().pause(first.id)), "store.state");
  EXPECT_EQ(code_of(imports().resume(first.id)), "store.state");
  EXPECT_EQ(code_of(imports().cancel(first.id)), "store.state");
  EXPECT_EQ(code_of(imports().retry(first.id)), "store.state");
  EXPECT_EQ(code_of(imports().set_priority(first.id, 1)), "store.state");
  EXPECT_EQ(code_of(imports().pause("nonsense")), "store.not-found");
}

TEST_F(ImportsTest, AChangeOnAnOldRevisionIsRefused) {
  const Import first = enqueue();
  const Import changed = must(imports().set_priority(first.id, 3, first.revision));
  EXPECT_EQ(changed.revision, first.revision + 1);
  const auto refused = imports().cancel(first.id, first.revision);
  EXPECT_EQ(code_of(refused), "store.conflict");
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_EQ(code_of(imports().cancel(first.id, changed.revision)), "");
}

TEST_F(ImportsTest, AreListedNewestFirstPageByPage) {
  std::vector<std::string> expected;
  for (int i = 0; i < 5; ++i)
    expected.insert(expected.begin(), enqueue().id);
  std::vector<std::string> seen;
  ImportQuery query;
  query.limit = 2;
  while (true) {
    const ImportPage page = must(imports().list(query));
    EXPECT_GE(page.total, 5U);
    for (const Import& one : page.items)
      seen.push_back(one.id);
    if (page.next.empty()) break;
    query.cursor = page.next;
    enqueue();  // Does not show up behind.
  }
  EXPECT_EQ(seen, expected);
  query.cursor = "nonsense";
  EXPECT_EQ(code_of(imports().list(query)), "store.cursor");
}

TEST_F(ImportsTest, AreListedByStateAndAppliance) {
  const Import first = enqueue();
  enqueue();
  must(imports().cancel(first.id));
  ImportQuery query;
  query.state = ImportState::cancelled;
  EXPECT_EQ(must(imports().list(query)).items.at(0).id, first.id);
  EXPECT_EQ(must(imports().list(query)).total, 1U);
  query.appliance_id = "other";
  EXPECT_EQ(must(imports().list(query)).total, 0U);
}

TEST_F(ImportsTest, EveryChangeIsAnEvent) {
  const Import first = enqueue();
  must(imports().fail(claim_of(claim()), kBroken));
  std::vector<std::string> kinds;
  for (const Event& event : must(store().events().since(0, 100, first.id)).items)
    kinds.push_back(event.kind + " " + event.data);
  EXPECT_EQ(
      kinds,
      (std::vector<std::string>{
          R"(import-queued {"state":"queued","wish":"none","step":"Initialize","attempt":"0","error":""})",
          R"(import-changed {"state":"running","wish":"none","step":"Initialize","attempt":"1","error":""})",
          R"(import-ended {"state":"failed","wish":"none","step":"Initialize","attempt":"1","error":"guest.failed"})"}));
}

}  // namespace
}  // namespace ovaport::store
