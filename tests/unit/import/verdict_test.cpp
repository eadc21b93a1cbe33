// VMware's own verdicts about descriptors, from the test-suite of its OVF tool, against
// ours. What it accepts must be accepted. What it rejects must be refused, at least in
// strict mode: some deviations that its tool does not forgive are forgiven here, because
// appliances in the field have them.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "ovaport/import/policy.h"

namespace ovaport::imports {
namespace {

namespace fs = std::filesystem;

/// The reviewed deviations: verdicts that a descriptor alone cannot give.
const std::map<std::string, std::string>& deviations() {
  static const std::map<std::string, std::string> list{
      {"DiskSection/Neg/invalid_delta_reference_disk.ovf", "the fault is inside the disk"},
      {"DiskSection_1_0/Neg/invalid_delta_reference_disk.ovf", "the fault is inside the disk"},
      {"DiskSection_1_0/Neg/invalid_createType_disk.ovf", "the fault is inside the disk"},
      {"HttpLocators/Neg/valid_no_disk.ovf", "the fault is that the disk is absent"},
      {"HttpLocators/Neg/valid_no_disk_in_server.ovf", "the fault is that the disk is absent"},
      {"Envelope/Neg/invalid_ref_size_neg.ovf", "the fault is the size of the file"},
      {"Envelope/Neg/invalid_ref_size_null.ovf", "the fault is the size of the file"},
      {"Options/Neg/nvm001.ovf", "the fault is in options of the tool's command line"},
  };
  return list;
}

struct Verdict {
  std::string path;
  bool accepted;
};

// Fields of a CSV line, as far as needed.
std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> found(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      found.emplace_back();
    else
      found.back() += c;
  }
  return found;
}

std::vector<Verdict> verdicts(const fs::path& corpus) {
  std::vector<Verdict> list;
  std::ifstream index(corpus / "INDEX.csv");
  for (std::string line; std::getline(index, line);) {
    const auto row = fields(line);
    if (row.size() > 3 && (row[3] == "accept" || row[3] == "reject"))
      list.push_back({row[0], row[3] == "accept"});
  }
  return list;
}

bool is_refused(const fs::path& path, bool strict) {
  Policy policy;
  policy.strict = strict;
  OpenOptions options;
  options.check_schema = strict;
  const auto appliance = open_descriptor(path, options);
  if (!appliance.ok()) return true;
  Concerns concerns = appliance->concerns;
  for (const ovf::Content* system : appliance->envelope.virtual_systems())
    if (!view_system(*appliance, *system, "", {{"size", environment::Secret("16")}}, concerns).ok())
      return true;
  apply_policy(policy, concerns);
  return std::any_of(concerns.begin(), concerns.end(),
                     [](const Concern& concern) { return concern.severity == Severity::critical; });
}

TEST(Verdicts, AreVMwaresOrAReviewedDeviation) {
  const fs::path corpus = fs::path(OVAPORT_SHARED_DIR) / "corpus";
  if (!fs::is_directory(corpus)) GTEST_SKIP() << "no real descriptors at " << corpus;
  std::map<std::string, int> counts;
  for (const Verdict& verdict : verdicts(corpus)) {
    const fs::path path = corpus / verdict.path;
    const bool refused = is_refused(path, false);
    const bool refused_strictly = refused || is_refused(path, true);
    const auto after = verdict.path.find("xmltestfiles/");
    const std::string name =
        after == std::string::npos ? verdict.path : verdict.path.substr(after + 13);
    if (verdict.accepted) {
      EXPECT_FALSE(refused) << name << " is accepted by VMware";
      ++counts[refused_strictly ? "accepted, refused when strict" : "accepted, strict too"];
    } else if (deviations().count(name) != 0) {
      EXPECT_FALSE(refused_strictly) << name << " is no deviation any more";
      ++counts["deviations"];
    } else {
      EXPECT_TRUE(refused_strictly) << name << " is rejected by VMware";
      ++counts[refused ? "refused" : "refused when strict"];
    }
  }
  for (const auto& [what, count] : counts)
    std::cout << count << " " << what << "\n";
  EXPECT_LE(deviations().size(), 10U);
  EXPECT_GT(counts["refused"], 0);
}

}  // namespace
}  // namespace ovaport::imports
