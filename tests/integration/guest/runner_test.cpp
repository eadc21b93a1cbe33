#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ovaport/base/child.h"
#include "runner_image.h"

namespace ovaport::guest {
namespace {

namespace fs = std::filesystem;

// Registers the service, gives it a command as virt-v2v does, starts it as Windows
// would, waits for the command's trace and removes the service.
constexpr const char* kScript =
    "@echo off\r\n"
    "C:\\runner.exe -s ovaport-test install\r\n"
    "echo installed %errorlevel%\r\n"
    "set KEY=HKLM\\SYSTEM\\CurrentControlSet\\Services\\ovaport-test\\Parameters\r\n"
    "reg add %KEY% /v CommandLine /d C:\\command.bat /f\r\n"
    "reg add %KEY% /v PWD /d C:\\windows /f\r\n"
    "net start ovaport-test\r\n"
    ":wait\r\n"
    "if not exist C:\\ran.txt goto wait\r\n"
    "C:\\runner.exe -s ovaport-test uninstall\r\n"
    "echo removed %errorlevel%\r\n";

constexpr const char* kCommand =
    "@echo off\r\n"
    "echo ran in %CD%> C:\\ran.tmp\r\n"
    "ren C:\\ran.tmp ran.txt\r\n";

Result<ChildOutcome> wine(const fs::path& prefix, const std::vector<std::string>& arguments) {
  ChildOptions options;
  options.arguments = {"wine"};
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  options.environment = {"PATH=/usr/bin:/bin", "WINEPREFIX=" + prefix.string(), "WINEDEBUG=-all",
                         "HOME=" + prefix.string()};
  options.deadline = std::chrono::seconds(240);
  return run_child(options);
}

TEST(ServiceRunner, RunsTheCommandOfItsServiceInItsDirectory) {
  if (service_runner_image().empty()) GTEST_SKIP() << "this build carries no service runner";
  if (::access("/usr/bin/wine", X_OK) != 0) GTEST_SKIP() << "wine is missing";
  std::string name = (fs::temp_directory_path() / "ovaport-wine-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const fs::path prefix = name;
  // All in one call: what outlives it is killed, and the registry lost with it.
  const fs::path drive = prefix / "drive_c";
  fs::create_directories(drive);
  const auto image = service_runner_image();
  std::ofstream(drive / "runner.exe", std::ios::binary)
      .write(reinterpret_cast<const char*>(image.data()),
             static_cast<std::streamsize>(image.size()));
  std::ofstream(drive / "test.bat", std::ios::binary) << kScript;
  std::ofstream(drive / "command.bat", std::ios::binary) << kCommand;

  const auto outcome = wine(prefix, {"cmd", "/c", "C:\\test.bat"});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_THAT(outcome->standard_output, testing::HasSubstr("installed 0"));
  EXPECT_THAT(outcome->standard_output, testing::HasSubstr("removed 0"));
  std::ostringstream trace;
  trace << std::ifstream(drive / "ran.txt").rdbuf();
  EXPECT_EQ(trace.str().substr(0, 17), "ran in C:\\windows");

  const auto refused = wine(prefix, {"C:\\runner.exe"});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->exit_code, 2);
  std::error_code ignored;
  fs::remove_all(prefix, ignored);
}

}  // namespace
}  // namespace ovaport::guest
