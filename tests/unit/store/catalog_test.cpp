#include "ovaport/store/catalog.h"

#include "support.h"

namespace ovaport::store {
namespace {

using namespace testing;

class CatalogTest : public StoreTest {
 protected:
  Catalog& catalog() { return store().catalog(); }
  std::size_t events() { return must(store().events().since(0, 1000)).items.size(); }
};

TEST_F(CatalogTest, ShowsWhatWasRecorded) {
  Found one = found("a1", "alpha");
  one.appliance.os = "Linux";
  one.appliance.transport = "iso com.vmware.guestInfo";
  one.appliance.has_properties = true;
  one.appliance.severity = Severity::warning;
  one.appliance.size = 1ULL << 40U;
  one.appliance.disks = 3;
  record(store(), one);
  const Appliance shown = must(catalog().appliance("a1"));
  EXPECT_EQ(shown.name, "alpha");
  EXPECT_EQ(shown.os, "Linux");
  EXPECT_EQ(shown.transport, "iso com.vmware.guestInfo");
  EXPECT_TRUE(shown.has_properties);
  EXPECT_EQ(shown.severity, Severity::warning);
  EXPECT_EQ(shown.size, 1ULL << 40U);
  EXPECT_EQ(shown.disks, 3U);
  EXPECT_EQ(shown.availability, Availability::available);
  EXPECT_EQ(shown.first_seen, now_);
  EXPECT_EQ(shown.revision, 1);
  EXPECT_EQ(must(catalog().documents("a1")).model, R"({"model":1})");
  const auto locations = must(catalog().locations_of("a1"));
  ASSERT_EQ(locations.size(), 1U);
  EXPECT_EQ(locations[0].path, "alpha.ova");
  EXPECT_EQ(locations[0].inode, 7U);
}

TEST_F(CatalogTest, RecordingTheSameAgainChangesNothing) {
  record(store(), found("a1", "alpha"));
  const std::size_t before = events();
  now_ += 1000;
  record(store(), found("a1", "alpha"));
  EXPECT_EQ(must(catalog().appliance("a1")).revision, 1);
  EXPECT_EQ(must(catalog().appliance("a1")).updated, now_ - 1000);
  EXPECT_EQ(events(), before);
}

TEST_F(CatalogTest, AChangeOfTheDocumentsCounts) {
  Found one = found("a1", "alpha");
  record(store(), one);
  one.documents.concerns = "[1]";
  now_ += 1000;
  record(store(), one);
  EXPECT_EQ(must(catalog().appliance("a1")).revision, 2);
  EXPECT_EQ(must(catalog().appliance("a1")).updated, now_);
}

TEST_F(CatalogTest, IsIdentifiedByContentNotByPlace) {
  Found one = found("a1", "alpha");
  record(store(), one);
  one.location.path = "copies/alpha.ova";
  record(store(), one);
  EXPECT_EQ(must(catalog().locations_of("a1")).size(), 2U);
  EXPECT_EQ(must(catalog().search({})).total, 1U);
}

TEST_F(CatalogTest, AReplacedFileLeavesTheOldPackageInTheCatalogAsRemoved) {
  record(store(), found("a1", "alpha"));
  Found other = found("a2", "beta");
  other.location.path = "alpha.ova";
  record(store(), other);
  EXPECT_EQ(must(catalog().appliance("a1")).availability, Availability::removed);
  EXPECT_EQ(must(catalog().appliance("a2")).availability, Availability::available);
}

TEST_F(CatalogTest, RecordsAllOrNothing) {
  std::vector<Found> batch{found("a1", "alpha"), found("a2", "beta")};
  batch[1].appliance.id = std::string(1, '\0');  // Any text is an id.
  must(catalog().record(batch));
  EXPECT_EQ(must(catalog().search({})).total, 2U);
}

TEST_F(CatalogTest, AShareThatIsAwayMakesItsPackagesUnavailableNotRemoved) {
  record(store(), found("a1", "alpha"));
  Found elsewhere = found("a2", "beta");
  record(store(), elsewhere);
  elsewhere.location.share = "other";
  record(store(), elsewhere);
  EXPECT_EQ(must(catalog().mark_share("lab", Availability::unavailable)), 2U);
  EXPECT_EQ(must(catalog().appliance("a1")).availability, Availability::unavailable);
  EXPECT_EQ(must(catalog().appliance("a2")).availability, Availability::available);
  EXPECT_EQ(must(catalog().known_files("lab")).size(), 2U);
  EXPECT_EQ(must(catalog().mark_share("lab", Availability::available)), 2U);
  EXPECT_EQ(must(catalog().appliance("a1")).availability, Availability::available);
}

TEST_F(CatalogTest, WhatIsRemovedDoesNotComeBackWithItsShare) {
  record(store(), found("a1", "alpha"));
  const std::string path = "alpha.ova";
  must(catalog().mark_removed("lab", {&path, 1}));
  must(catalog().mark_share("lab", Availability::unavailable));
  must(catalog().mark_share("lab", Availability::available));
  EXPECT_EQ(must(catalog().appliance("a1")).availability, Availability::removed);
  EXPECT_TRUE(must(catalog().known_files("lab")).empty());
  record(store(), found("a1", "alpha"));
  EXPECT_EQ(must(catalog().appliance("a1")).availability, Availability::available);
}

TEST_F(CatalogTest, KeepsBrokenFilesWithTheirErrorForTheRescan) {
  Location broken = found("", "torn").location;
  broken.error_code = "package.truncated";
  broken.error_message = "ends early";
  must(catalog().record_broken({&broken, 1}));
  const auto known = must(catalog().known_files("lab"));
  ASSERT_EQ(known.count("torn.ova"), 1U);
  EXPECT_EQ(known.at("torn.ova").error_code, "package.truncated");
  EXPECT_EQ(known.at("torn.ova").mtime_ns, 5);
  const auto shown = must(catalog().broken_files());
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].error_message, "ends early");
  // Copied completely by now:
  record(store(), found("a1", "torn"));
  EXPECT_TRUE(must(catalog().broken_files()).empty());
  EXPECT_EQ(must(catalog().known_files("lab")).at("torn.ova").appliance_id, "a1");
}

TEST_F(CatalogTest, FollowsRenames) {
  record(store(), found("a1", "alpha"));
  record(store(), found("a2", "beta"));
  const std::vector<std::pair<std::string, std::string>> moves{{"alpha.ova", "beta.ova"}};
  must(catalog().mark_moved("lab", moves));
  const auto known = must(catalog().known_files("lab"));
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known.at("beta.ova").appliance_id, "a1");
  EXPECT_EQ(must(catalog().appliance("a2")).availability, Availability::removed);
  Query query;
  query.text = "beta";
  EXPECT_EQ(must(catalog().search(query)).items.front().id, "a1");
}

TEST_F(CatalogTest, KeepsPathsThatAreNotUtf8) {
  Found one = found("a1", "alpha");
  one.location.path = "\xff\xfe.ova";
  record(store(), one);
  EXPECT_EQ(must(catalog().known_files("lab")).begin()->first, "\xff\xfe.ova");
}

TEST_F(CatalogTest, EveryChangeThatShowsHasARevisionOfItsOwn) {
  record(store(), found("a1", "alpha"));
  Revision last = must(catalog().appliance("a1")).revision;
  const auto expect_new = [&](const char* what) {
    const Appliance now = must(catalog().appliance("a1"));
    EXPECT_GT(now.revision, last) << what;
    EXPECT_EQ(now.updated, now.first_seen) << what;
    last = now.revision;
  };
  now_ += 1000;
  Found copy = found("a1", "alpha");
  copy.location.path = "copy.ova";
  record(store(), copy);
  expect_new("a second location");
  must(catalog().mark_share("lab", Availability::unavailable));
  expect_new("the share is away");
  const std::string path = "copy.ova";
  must(catalog().mark_removed("lab", {&path, 1}));
  expect_new("a file is gone");
  Found other = found("a2", "beta");
  other.location.path = "alpha.ova";
  record(store(), other);
  expect_new("a file was replaced");
}

TEST_F(CatalogTest, ForgetsAnUploadOnRequestButNothingInAShare) {
  Found uploaded = found("a1", "alpha");
  uploaded.location.source = Source::upload;
  uploaded.location.share.clear();
  record(store(), uploaded);
  record(store(), found("a2", "beta"));
  EXPECT_EQ(code_of(catalog().forget("a2")), "store.state");
  EXPECT_EQ(code_of(catalog().forget("a1", 7)), "store.conflict");
  must(catalog().forget("a1", 1));
  EXPECT_EQ(code_of(catalog().forget("a1")), "store.not-found");
  EXPECT_EQ(must(store().events().since(0, 100, "a1")).items.back().kind, "appliance-forgotten");
  EXPECT_TRUE(must(store().check()).empty());
}

TEST_F(CatalogTest, ForgetsOnlyWhatIsNowhereForLong) {
  record(store(), found("a1", "alpha"));
  record(store(), found("a2", "beta"));
  const std::string path = "alpha.ova";
  now_ += 10;
  must(catalog().mark_removed("lab", {&path, 1}));
  EXPECT_EQ(must(catalog().forget_removed(now_)), 0U);
  EXPECT_EQ(must(catalog().forget_removed(now_ + 1)), 1U);
  EXPECT_EQ(code_of(catalog().appliance("a1")), "store.not-found");
  EXPECT_EQ(code_of(catalog().appliance("a2")), "");
  EXPECT_TRUE(must(store().check()).empty());
}

TEST_F(CatalogTest, ListsVersionsOfAProductNewestFirst) {
  for (const char* version : {"7.0.9", "7.0.10", "6.5", "7.0.10-rc1"}) {
    Found one = found(std::string("v") + version, "probe");
    one.appliance.version = version;
    one.location.path = version;
    record(store(), one);
  }
  record(store(), [] {
    Found other = found("x", "x");
    other.appliance.product = "Else";
    return other;
  }());
  std::vector<std::string> versions;
  for (const Appliance& one : must(catalog().versions_of("NORDLICHT", "probe")))
    versions.push_back(one.version);
  EXPECT_EQ(versions, (std::vector<std::string>{"7.0.10-rc1", "7.0.10", "7.0.9", "6.5"}));
}

TEST_F(CatalogTest, TheIdentityDependsOnDescriptorAndManifest) {
  const Digest a = digest_of(DigestAlgorithm::sha256, "a");
  const Digest b = digest_of(DigestAlgorithm::sha256, "b");
  EXPECT_EQ(appliance_id(a, b), appliance_id(a, b));
  EXPECT_NE(appliance_id(a, b), appliance_id(b, a));
  EXPECT_NE(appliance_id(a, b), appliance_id(a, {}));
  EXPECT_EQ(appliance_id(a, b).size(), 40U);
}

}  // namespace
}  // namespace ovaport::store
