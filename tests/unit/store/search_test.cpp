#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <set>

#include "cursor.h"
#include "search_text.h"
#include "support.h"

namespace ovaport::store {
namespace {

using namespace testing;

class SearchTest : public StoreTest {
 protected:
  AppliancePage search(const Query& query) { return must(store().catalog().search(query)); }
  std::vector<std::string> ids(const Query& query) {
    std::vector<std::string> found;
    for (const Appliance& one : search(query).items)
      found.push_back(one.id);
    return found;
  }
  std::vector<std::string> ids_of_text(const std::string& text) {
    Query query;
    query.text = text;
    return ids(query);
  }
  void enter(
      const std::string& id, const std::string& name,
      const std::function<void(Found&)>& change = [](Found&) {}) {
    Found one = found(id, name);
    change(one);
    record(store(), one);
  }
};

using Ids = std::vector<std::string>;

TEST_F(SearchTest, FindsWordsInEveryFieldByTheirBeginning) {
  enter("a1", "Mail gateway", [](Found& one) {
    one.appliance.vendor = "Brückenwerk";
    one.appliance.os = "Debian 12";
    one.appliance.description = "filters unwanted messages";
    one.location.path = "mail/mx-edge-2.1.ova";
  });
  enter("a2", "Database");
  for (const char* text : {"mail", "GATE", "bruckenwerk", "Brück", "debian", "unwanted", "mx-edge",
                           "2.1", "mail debian", "prob mail"})
    EXPECT_EQ(ids_of_text(text), Ids{"a1"}) << text;
  EXPECT_EQ(ids_of_text("mail database"), Ids{});
  EXPECT_EQ(ids_of_text("ateway"), Ids{}) << "the middle of a word";
}

TEST_F(SearchTest, TakesNothingInATextAsAnOperator) {
  enter("a1", "alpha");
  for (const char* text : {"\"", "alpha\"", "*", "a* OR b", "NEAR(alpha)", "name:alpha", "-alpha",
                           "alpha AND", "(", "^alpha", "'; DROP TABLE appliances; --", "\xc2\xa0"})
    EXPECT_EQ(code_of(store().catalog().search([&] {
                Query query;
                query.text = text;
                return query;
              }())),
              "")
        << text;
  EXPECT_EQ(ids_of_text("alpha\""), Ids{"a1"});
  EXPECT_EQ(ids_of_text("..."), Ids{"a1"}) << "no word to search";
  EXPECT_EQ(ids_of_text("alpha OR beta"), Ids{}) << "OR is a word";
}

TEST_F(SearchTest, RefusesTextsThatAreTooMuch) {
  EXPECT_EQ(code_of(match_expression(std::string(513, 'a'))), "store.query");
  EXPECT_EQ(code_of(match_expression("\xff")), "store.query");
  std::string words;
  for (int i = 0; i < 17; ++i)
    words += "w ";
  EXPECT_EQ(code_of(match_expression(words)), "store.query");
  EXPECT_EQ(must(match_expression("a \"b - c")), "\"a\"* AND \"\"\"b\"* AND \"c\"*");
}

TEST_F(SearchTest, FollowsChangesOfNames) {
  enter("a1", "alpha");
  enter("a1", "omega");
  EXPECT_EQ(ids_of_text("alpha"), Ids{"a1"}) << "the old file is there still";
  const std::string path = "alpha.ova";
  must(store().catalog().mark_removed("lab", {&path, 1}));
  EXPECT_EQ(ids_of_text("alpha"), Ids{});
  EXPECT_EQ(ids_of_text("omega"), Ids{"a1"});
}

TEST_F(SearchTest, FiltersByEachCriterion) {
  enter("a1", "alpha", [](Found& one) {
    one.appliance.vendor = "Eins";
    one.appliance.os = "Linux";
    one.appliance.producer = "vSphere";
    one.appliance.transport = "iso com.vmware.guestInfo";
    one.appliance.has_properties = true;
    one.appliance.severity = Severity::critical;
  });
  enter("a2", "beta", [](Found& one) {
    one.appliance.transport = "com.vmware.guestInfo";
    one.appliance.severity = Severity::information;
    one.location.share = "other";
  });
  const auto with = [](const std::function<void(Query&)>& change) {
    Query query;
    change(query);
    return query;
  };
  EXPECT_EQ(ids({}), (Ids{"a1", "a2"}));
  EXPECT_EQ(ids(with([](Query& q) { q.vendor = "EINS"; })), Ids{"a1"});
  EXPECT_EQ(ids(with([](Query& q) { q.os = "linux"; })), Ids{"a1"});
  EXPECT_EQ(ids(with([](Query& q) { q.producer = "vsphere"; })), Ids{"a1"});
  EXPECT_EQ(ids(with([](Query& q) { q.transport = "iso"; })), Ids{"a1"});
  EXPECT_EQ(ids(with([](Query& q) { q.transport = "com.vmware"; })), Ids{});
  EXPECT_EQ(ids(with([](Query& q) { q.share = "other"; })), Ids{"a2"});
  EXPECT_EQ(ids(with([](Query& q) { q.has_properties = false; })), Ids{"a2"});
  EXPECT_EQ(ids(with([](Query& q) { q.at_least = Severity::warning; })), Ids{"a1"});
  EXPECT_EQ(ids(with([](Query& q) { q.at_least = Severity::information; })), (Ids{"a1", "a2"}));
  must(store().catalog().mark_share("other", Availability::unavailable));
  EXPECT_EQ(ids(with([](Query& q) { q.availability = Availability::unavailable; })), Ids{"a2"});
  EXPECT_EQ(ids(with([](Query& q) { q.availability = Availability::available; })), Ids{"a1"});
  EXPECT_EQ(ids(with([](Query& q) { q.availability = Availability::removed; })), Ids{});
}

TEST_F(SearchTest, SortsByEachOrder) {
  enter("a1", "beta", [](Found& one) { one.appliance.size = 3; });
  now_ += 1;
  enter("a2", "Alpha", [](Found& one) { one.appliance.size = 1; });
  now_ += 1;
  enter("a3", "gamma", [](Found& one) { one.appliance.size = 2; });
  Query query;
  EXPECT_EQ(ids(query), (Ids{"a2", "a1", "a3"})) << "case does not matter";
  query.descending = true;
  EXPECT_EQ(ids(query), (Ids{"a3", "a1", "a2"}));
  query.order = Order::size;
  EXPECT_EQ(ids(query), (Ids{"a1", "a3", "a2"}));
  query.order = Order::updated;
  EXPECT_EQ(ids(query), (Ids{"a3", "a2", "a1"}));
  query.order = Order::vendor;
  EXPECT_EQ(ids(query), (Ids{"a3", "a2", "a1"})) << "equal ones by id";
}

/// All pages from a query, with `between` done after each.
Ids all_pages(Catalog& catalog, Query query, const std::function<void()>& between) {
  Ids found;
  while (true) {
    const AppliancePage page = must(catalog.search(query));
    for (const Appliance& one : page.items)
      found.push_back(one.id);
    if (page.next.empty()) return found;
    query.cursor = page.next;
    between();
  }
}

TEST_F(SearchTest, PagesStayStableWhenAppliancesAreAddedAndRemovedMeanwhile) {
  for (const Order order : {Order::name, Order::vendor, Order::size}) {
    for (const bool descending : {false, true}) {
      close();
      fs::remove_all(state());
      Ids expected;
      for (int i = 0; i < 50; ++i) {
        // Many have equal keys.
        enter("a" + std::to_string(100 + i), "name" + std::to_string(i % 7),
              [i](Found& one) { one.location.path = std::to_string(i); });
        expected.push_back("a" + std::to_string(100 + i));
      }
      Query query;
      query.order = order;
      query.descending = descending;
      query.limit = 7;
      int added = 0;
      const Ids seen = all_pages(store().catalog(), query, [&] {
        ++added;
        enter("b" + std::to_string(added), "name" + std::to_string(added % 7),
              [added](Found& one) { one.location.path = "new" + std::to_string(added); });
      });
      std::set<std::string> unique(seen.begin(), seen.end());
      EXPECT_EQ(unique.size(), seen.size()) << "none twice";
      for (const std::string& id : expected)
        EXPECT_EQ(unique.count(id), 1U) << id << " left out";
    }
  }
}

TEST_F(SearchTest, RefusesCursorsOfOtherQueriesAndForgedOnes) {
  for (int i = 0; i < 3; ++i)
    enter("a" + std::to_string(i), "n" + std::to_string(i));
  Query query;
  query.limit = 1;
  query.cursor = search(query).next;
  ASSERT_FALSE(query.cursor.empty());
  Query other = query;
  other.vendor = "Nordlicht";
  EXPECT_EQ(code_of(store().catalog().search(other)), "store.cursor");
  other = query;
  other.order = Order::size;
  EXPECT_EQ(code_of(store().catalog().search(other)), "store.cursor");
  for (const char* forged : {"x", "00", ".", "...", "zz.zz.zz.", "414.", "\xff"}) {
    other = query;
    other.cursor = forged;
    EXPECT_EQ(code_of(store().catalog().search(other)), "store.cursor") << forged;
  }
}

TEST_F(SearchTest, CountsAllPagesAndEndsTheLastOne) {
  for (int i = 0; i < 4; ++i)
    enter("a" + std::to_string(i), "n" + std::to_string(i));
  Query query;
  query.limit = 2;
  AppliancePage page = search(query);
  EXPECT_EQ(page.total, 4U);
  query.cursor = page.next;
  page = search(query);
  EXPECT_EQ(page.total, 4U);
  EXPECT_EQ(page.items.size(), 2U);
  EXPECT_TRUE(page.next.empty());
}

TEST(Cursor, KeepsAnyBytes) {
  const std::vector<std::string> fields{"", std::string("\0.\xff", 3), "name"};
  EXPECT_EQ(parse_cursor(make_cursor(fields), 3), fields);
  EXPECT_FALSE(parse_cursor(make_cursor(fields), 2).has_value());
}

/// Printed, not judged: the machine may be busy.
TEST_F(SearchTest, MeasuresTenThousandAppliances) {
  constexpr int kAppliances = 10'000;
  std::vector<Found> batch;
  batch.reserve(kAppliances);
  for (int i = 0; i < kAppliances; ++i) {
    Found one = found("id" + std::to_string(i), "appliance " + std::to_string(i * 7919 % 10'007));
    one.appliance.vendor = "Vendor " + std::to_string(i % 97);
    one.appliance.product = "Product " + std::to_string(i % 503);
    one.appliance.os = i % 3 == 0 ? "Debian GNU/Linux 12 (64-bit)" : "Windows Server 2022";
    one.appliance.description = "A machine for task " + std::to_string(i % 1009) +
                                " with a description of some length that people wrote";
    one.appliance.severity = i % 5 == 0 ? Severity::critical : Severity::information;
    one.appliance.transport = i % 2 == 0 ? "iso" : "com.vmware.guestInfo";
    one.documents.model = std::string(8000, 'm');
    one.location.path = "dir" + std::to_string(i % 50) + "/file" + std::to_string(i) + ".ova";
    batch.push_back(std::move(one));
  }
  const auto timed = [](const char* what, const auto& work) {
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
      const auto start = std::chrono::steady_clock::now();
      work();
      best = std::min(
          best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                    .count());
    }
    std::printf("[ MEASURED ] %-45s %8.2f ms\n", what, best);
  };
  const auto query = [&](const char* what, const std::function<void(Query&)>& change) {
    Query wanted;
    change(wanted);
    timed(what, [&] { search(wanted); });
  };
  const auto start = std::chrono::steady_clock::now();
  must(store().catalog().record(batch));
  std::printf(
      "[ MEASURED ] %-45s %8.2f ms\n", "record 10,000",
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  timed("record 10,000, nothing new", [&] { must(store().catalog().record(batch)); });
  query("first page", [](Query&) {});
  query("a rare word", [](Query& q) { q.text = "file4711"; });
  query("a common word", [](Query& q) { q.text = "debian"; });
  query("the shortest beginning of a word", [](Query& q) { q.text = "a"; });
  query("three words", [](Query& q) { q.text = "machine debian vendor"; });
  query("a vendor", [](Query& q) { q.vendor = "vendor 7"; });
  query("severity, transport and properties", [](Query& q) {
    q.at_least = Severity::warning;
    q.transport = "iso";
    q.has_properties = false;
  });
  query("available", [](Query& q) { q.availability = Availability::available; });
  query("in a share, by size", [](Query& q) {
    q.share = "lab";
    q.order = Order::size;
    q.descending = true;
  });
  query("1000 a page", [](Query& q) { q.limit = 1000; });
  timed("versions of a product",
        [&] { must(store().catalog().versions_of("Vendor 7", "Product 7")); });
  timed("known files of the share",
        [&] { EXPECT_EQ(must(store().catalog().known_files("lab")).size(), 10'000U); });
}

}  // namespace
}  // namespace ovaport::store
