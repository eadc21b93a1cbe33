#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "ovaport/base/digest.h"
#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// Reads, judges and configures a descriptor with every option; what comes of it
/// must be usable or a proper error.
bool survives(const std::string& xml, const std::string& name) {
  Concerns concerns;
  const auto envelope = parse_envelope(xml, name, concerns);
  if (!envelope.ok()) {
    EXPECT_FALSE(envelope.error().code.empty()) << name;
    EXPECT_FALSE(envelope.error().message.empty()) << name;
    EXPECT_EQ(envelope.error().file, name);
    return false;
  }
  (void)validate(*envelope);
  for (const Content* system : envelope->virtual_systems()) {
    MachineChoices choices;
    choices.property = [](std::string_view) { return "16"; };
    const auto machine = configure(*envelope, *system, choices, concerns);
    if (!machine.ok()) return false;
    EXPECT_GE(machine->cpus, 1U) << name;
    EXPECT_GT(machine->memory, 0U) << name;
    EXPECT_EQ(machine->cpus % machine->cores_per_socket, 0U) << name;
    for (const DeploymentOption& option : envelope->deployment_options) {
      choices.option = option.id;
      (void)configure(*envelope, *system, choices, concerns).ok();
    }
  }
  return true;
}

// Real descriptors of many producers, good and bad ones.
TEST(Corpus, RealDescriptorsAreReadOrRefusedProperly) {
  const fs::path corpus = fs::path(OVAPORT_SHARED_DIR) / "corpus";
  if (!fs::is_directory(corpus)) GTEST_SKIP() << "no real descriptors at " << corpus;
  int good = 0;
  int refused = 0;
  for (const auto& item : fs::recursive_directory_iterator(corpus)) {
    if (!item.is_regular_file() || item.path().extension() != ".ovf") continue;
    survives(read(item.path()), item.path().filename().string()) ? ++good : ++refused;
  }
  std::cout << good << " descriptors read and configured, " << refused << " refused\n";
  EXPECT_GT(good, 300);
}

}  // namespace
}  // namespace ovaport::ovf
