#include "ovaport/store/uploads.h"

#include <limits>

#include "support.h"

namespace ovaport::store {
namespace {

using namespace testing;

class UploadsTest : public StoreTest {
 protected:
  Uploads& uploads() { return store().uploads(); }
  Upload create(std::optional<std::uint64_t> length, std::optional<Time> expires = {}) {
    NewUpload wanted;
    wanted.file_name = "probe.ova";
    wanted.length = length;
    wanted.metadata = "{}";
    wanted.expires = expires;
    return must(uploads().create(wanted));
  }
};

TEST_F(UploadsTest, GoForwardOnlyAndNeverTwiceFromOnePlace) {
  const Upload upload = create(100);
  EXPECT_EQ(upload.path, "uploads/" + upload.id);
  EXPECT_EQ(must(uploads().advance(upload.id, 0, 60)).offset, 60U);
  EXPECT_EQ(code_of(uploads().advance(upload.id, 0, 60)), "store.offset") << "the slower one";
  EXPECT_EQ(code_of(uploads().advance(upload.id, 60, 50)), "store.offset") << "backwards";
  EXPECT_EQ(code_of(uploads().advance(upload.id, 60, 101)), "store.offset") << "too far";
  EXPECT_EQ(must(uploads().advance(upload.id, 60, 100)).offset, 100U);
  reopen();
  EXPECT_EQ(must(uploads().get(upload.id)).offset, 100U);
}

TEST_F(UploadsTest, MayLearnTheirLengthLaterAndOnce) {
  const Upload upload = create({});
  EXPECT_FALSE(upload.length.has_value());
  must(uploads().advance(upload.id, 0, 10));
  EXPECT_EQ(code_of(uploads().set_length(upload.id, 9)), "store.offset");
  EXPECT_EQ(must(uploads().set_length(upload.id, 10)).length, 10U);
  EXPECT_EQ(code_of(uploads().set_length(upload.id, 11)), "store.offset");
}

TEST_F(UploadsTest, RefuseLengthsThatAreNone) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  NewUpload wanted;
  wanted.length = kMost + 1;
  EXPECT_EQ(code_of(uploads().create(wanted)), "store.too-large");
  const Upload unknown = create({});
  EXPECT_EQ(code_of(uploads().set_length(unknown.id, kMost + 1)), "store.too-large");
  EXPECT_EQ(code_of(uploads().advance(unknown.id, 0, kMost + 1)), "store.too-large");
  create(kMost);
  create(kMost);
  EXPECT_EQ(must(uploads().announced_bytes()), kMost) << "no overflow";
}

TEST_F(UploadsTest, EndOnce) {
  const Upload upload = create(10);
  must(store().secrets().put(SecretOf::upload, upload.id, environment::Secret("geheim")));
  must(uploads().set_verdict(upload.id, R"({"fine":true})"));
  must(uploads().advance(upload.id, 0, 10));
  const Upload ended = must(uploads().finish(upload.id, "a1"));
  EXPECT_EQ(ended.state, UploadState::complete);
  EXPECT_EQ(ended.appliance_id, "a1");
  EXPECT_EQ(ended.verdict, R"({"fine":true})");
  EXPECT_FALSE(must(store().secrets().get(SecretOf::upload, upload.id)).has_value());
  EXPECT_EQ(code_of(uploads().finish(upload.id, "a2")), "store.state");
  EXPECT_EQ(code_of(uploads().terminate(upload.id)), "store.state");
  EXPECT_EQ(code_of(uploads().advance(upload.id, 10, 10)), "store.state");
  EXPECT_EQ(code_of(store().secrets().put(SecretOf::upload, upload.id, environment::Secret("x"))),
            "store.state");
  EXPECT_EQ(code_of(uploads().get("nonsense")), "store.not-found");
}

TEST_F(UploadsTest, FailWithTheirError) {
  const Upload upload = create(10);
  const Upload failed =
      must(uploads().fail(upload.id, Error(ErrorKind::invalid, "ovf.bad", "is bad")));
  EXPECT_EQ(failed.state, UploadState::failed);
  EXPECT_EQ(failed.error_code, "ovf.bad");
  EXPECT_EQ(failed.error_message, "is bad");
}

TEST_F(UploadsTest, ExpireWhenTheirTimeIsOverAndTheyAreStillReceiving) {
  const Upload late = create(10, now_ + 20);
  const Upload early = create(10, now_ + 10);
  create(10);
  const Upload ended = create(10, now_);
  must(uploads().terminate(ended.id));
  EXPECT_TRUE(must(uploads().list_expired(now_ + 9)).empty());
  const auto expired = must(uploads().list_expired(now_ + 20));
  ASSERT_EQ(expired.size(), 2U);
  EXPECT_EQ(expired[0].id, early.id);
  must(uploads().set_expiry(late.id, now_ + 100));
  must(uploads().set_expiry(early.id, {}));
  EXPECT_TRUE(must(uploads().list_expired(now_ + 99)).empty());
}

TEST_F(UploadsTest, AddUpWhatIsStillToCome) {
  const Upload first = create(100);
  create(50);
  create({});
  must(uploads().advance(first.id, 0, 30));
  EXPECT_EQ(must(uploads().announced_bytes()), 120U);
  must(uploads().terminate(first.id));
  EXPECT_EQ(must(uploads().announced_bytes()), 50U);
}

TEST_F(UploadsTest, AreListedAndPruned) {
  const Upload first = create(1);
  const Upload second = create(1);
  must(uploads().terminate(first.id));
  EXPECT_EQ(must(uploads().list()).at(0).id, second.id);
  EXPECT_EQ(must(uploads().list(UploadState::terminated)).size(), 1U);
  EXPECT_EQ(must(uploads().prune(now_)), 0U);
  EXPECT_EQ(must(uploads().prune(now_ + 1)), 1U);
  EXPECT_EQ(must(uploads().list()).size(), 1U);
}

}  // namespace
}  // namespace ovaport::store
