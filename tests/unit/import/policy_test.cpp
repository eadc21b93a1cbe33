#include "ovaport/import/policy.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ovaport/base/file.h"

namespace ovaport::imports {
namespace {

Appliance appliance() {
  auto opened = open_descriptor(OVAPORT_SOURCE_DIR "/fixtures/descriptors/prefixed_1x.ovf");
  EXPECT_TRUE(opened.ok());
  return std::move(*opened);
}

std::vector<SystemView> views(const Appliance& appliance) {
  std::vector<SystemView> views;
  Concerns concerns;
  for (const ovf::Content* system : appliance.envelope.virtual_systems()) {
    auto view = view_system(appliance, *system, "", {}, concerns);
    EXPECT_TRUE(view.ok());
    views.push_back(std::move(*view));
  }
  return views;
}

std::vector<std::string> violations(const std::string& policy_text) {
  const auto policy = parse_policy(policy_text, "policy.json");
  EXPECT_TRUE(policy.ok()) << policy_text;
  const Appliance opened = appliance();
  std::vector<std::string> codes;
  for (const Concern& concern : check_policy(*policy, opened, views(opened))) {
    EXPECT_EQ(concern.severity, Severity::critical);
    EXPECT_FALSE(concern.advice.empty());
    codes.push_back(concern.code);
  }
  return codes;
}

using Codes = std::vector<std::string>;

TEST(Policy, TheDefaultDemandsNothing) {
  EXPECT_EQ(violations("{}"), Codes{});
}

// The fixture has 4 processors, 2 GiB of memory, two disks, one of 3 GiB.
TEST(Policy, EachLimitHasItsViolation) {
  EXPECT_EQ(violations(R"({"max_cpus": 3})"), Codes{"policy.cpus"});
  EXPECT_EQ(violations(R"({"max_cpus": 4})"), Codes{});
  EXPECT_EQ(violations(R"({"max_memory": "1 GiB"})"), Codes{"policy.memory"});
  EXPECT_EQ(violations(R"({"max_memory": "2 GiB"})"), Codes{});
  EXPECT_EQ(violations(R"({"max_disks": 1})"), Codes{"policy.disks"});
  EXPECT_EQ(violations(R"({"max_disk_capacity": 3221225472})"), Codes{});
  EXPECT_EQ(violations(R"({"max_disk_capacity": "2 GiB"})"), Codes{"policy.disk-capacity"});
  EXPECT_EQ(violations(R"({"max_virtual_systems": 0})"), Codes{"policy.virtual-systems"});
  EXPECT_EQ(violations(R"({"forbidden_dialects": ["0.9", "1"]})"), Codes{"policy.dialect"});
  EXPECT_EQ(violations(R"({"forbidden_producers": ["vmware"]})"), Codes{"policy.producer"});
}

TEST(Policy, StrictModeRefusesTolerancesOnly) {
  Concerns concerns(3);
  concerns[0].code = "ovf.no-info";
  concerns[0].severity = Severity::information;
  concerns[1].code = "ovf.device-skipped";
  concerns[2].code = "ovf.section-ignored";
  Policy strict;
  strict.strict = true;
  apply_policy(strict, concerns);
  EXPECT_EQ(concerns[0].severity, Severity::critical);
  EXPECT_EQ(concerns[1].severity, Severity::warning);
  Policy named;
  named.refuse_concerns = {"ovf.section-ignored"};
  apply_policy(named, concerns);
  EXPECT_EQ(concerns[1].severity, Severity::warning);
  EXPECT_EQ(concerns[2].severity, Severity::critical);
  Policy all;
  all.refuse_warnings = true;
  apply_policy(all, concerns);
  EXPECT_EQ(concerns[1].severity, Severity::critical);
}

TEST(Policy, AWrongFileIsRefusedWithTheReason) {
  const std::pair<const char*, const char*> table[] = {
      {"", "is not valid JSON"},
      {"[]", "is no JSON object"},
      {R"({"strict": 1})", "must be true or false"},
      {R"({"max_memory": -1})", "must be a number"},
      {R"({"max_memory": "much"})", "must be a number"},
      {R"({"max_cpus": "4 GiB"})", "must be a number"},
      {R"({"allowed_digests": ["MD5"]})", "\"MD5\" is not known"},
      {R"({"allowed_digests": "SHA256"})", "must be a list"},
      {R"({"refuse_concerns": ["ovf.nonsense"]})", "there is no concern"},
      {R"({"max_cpu": 4})", "there is no rule \"max_cpu\""},
  };
  for (const auto& [text, reason] : table) {
    const auto policy = parse_policy(text, "policy.json");
    ASSERT_FALSE(policy.ok()) << text;
    EXPECT_EQ(policy.error().code, "policy.file");
    EXPECT_EQ(policy.error().file, "policy.json");
    EXPECT_NE(policy.error().message.find(reason), std::string::npos) << policy.error().message;
  }
  const auto misspelt = parse_policy(R"({"max_cpu": 4})", "policy.json");
  EXPECT_NE(misspelt.error().advice.find("max_cpus"), std::string::npos);
}

TEST(Policy, CommentsAndSizesWithUnitsAreRead) {
  const auto policy = parse_policy("// ours\n{\"max_package_size\": \"50GiB\"}", "policy.json");
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy->max_package_size, 50ULL << 30);
}

}  // namespace
}  // namespace ovaport::imports
