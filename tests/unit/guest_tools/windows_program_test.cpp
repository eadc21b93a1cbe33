// The Windows program under wine says what the Linux program says, byte for byte.
#include "calls.h"

namespace ovaport::guest {
namespace {

class WindowsProgram : public Workplace {
 protected:
  void SetUp() override {
    Workplace::SetUp();
    if (std::string_view(OVAPORT_WINDOWS_TOOLS).empty())
      GTEST_SKIP() << "built without x86_64-w64-mingw32-gcc";
    if (!std::string_view(OVAPORT_SANITIZED).empty())
      GTEST_SKIP() << "the program is the same in every build tree; the unsanitized one runs it";
    if (!run({"wine", "--version"}).ok()) GTEST_SKIP() << "wine is not installed";
    if (!make_disk(directory_ / "disk.iso", put("cd/ovf-env.xml", document())))
      GTEST_SKIP() << "xorriso is missing";
    ASSERT_NO_FATAL_FAILURE(make_prefix());
  }

  void TearDown() override {
    if (prefix_made_) wine({"wineserver", "-k"});
    Workplace::TearDown();
  }

  static ChildOutcome wine(const std::vector<std::string>& command, const std::string& wait = "0") {
    const std::string prefix = OVAPORT_WINE_PREFIX;
    auto outcome = run(command, {"WINEPREFIX=" + prefix, "HOME=" + prefix, "WINEDEBUG=-all",
                                 "WINEDLLOVERRIDES=mscoree,mshtml=", "OVAPORT_TOOLS_WAIT=" + wait});
    EXPECT_TRUE(outcome.ok());
    return outcome.ok() ? *outcome : ChildOutcome{};
  }

  /// A wine of this build tree, whose D: is a CD-ROM drive with our disk.
  void make_prefix() {
    const std::filesystem::path prefix = OVAPORT_WINE_PREFIX;
    std::filesystem::create_directories(prefix);
    prefix_made_ = true;
    if (!std::filesystem::exists(prefix / "ready")) {
      ASSERT_TRUE(wine({"wineboot", "-i"}).ok());
      ASSERT_TRUE(wine({"wine", "reg", "add", "HKLM\\Software\\Wine\\Drives", "/v", "d:", "/t",
                        "REG_SZ", "/d", "cdrom", "/f"})
                      .ok());
      std::ofstream(prefix / "ready") << "";
    }
    // The kinds of drives are read when wine starts.
    wine({"wineserver", "-k"});
    std::filesystem::remove(prefix / "dosdevices/d:");
    std::filesystem::create_symlink(directory_ / "cd", prefix / "dosdevices/d:");
    wine({"wineserver", "-p"});
  }

  static ChildOutcome windows(std::vector<std::string> options,
                              const std::vector<std::string>& arguments) {
    options.insert(options.begin(), {"wine", OVAPORT_WINDOWS_TOOLS});
    options.insert(options.end(), arguments.begin(), arguments.end());
    ChildOutcome outcome = wine(options);
    // On a busy machine wine sometimes fails to start a program. It then says nothing,
    // which our program never does when it fails.
    for (int again = 0; again < 2 && !outcome.ok() && outcome.standard_output.empty() &&
                        outcome.standard_error.empty();
         ++again)
      outcome = wine(options);
    return outcome;
  }

  static ChildOutcome linux(std::vector<std::string> options,
                            const std::vector<std::string>& arguments) {
    options.insert(options.begin(), OVAPORT_LINUX_TOOLS);
    options.insert(options.end(), arguments.begin(), arguments.end());
    auto outcome = run(options, {"OVAPORT_TOOLS_WAIT=0"});
    return outcome.ok() ? *outcome : ChildOutcome{};
  }

  /// Calls that have no counterpart: an image by its Windows name, and an empty drive.
  void expect_images_and_empty_drives_to_work() {
    const std::string image = "Z:" + (directory_ / "disk.iso").string();
    const std::vector<std::string> get = {"--cmd", "info-get guestinfo.dns"};
    expect_answer(good(get, "192.0.2.53"), windows({"--ovaport-device", image}, get));
    expect_answer(bad(get, "No value found"), windows({"--ovaport-device", image + "x"}, get));
    std::filesystem::remove(directory_ / "cd/ovf-env.xml");
    expect_answer(bad(get, "No value found"), windows({}, get));
    expect_answer(bad({}, "No OVF environment: no CD-ROM holds ovf-env.xml."),
                  windows({"--ovaport-cache"}, {}));
  }

  void expect_same(const Call& call, const ChildOutcome& windows, const ChildOutcome& linux) {
    expect_answer(call, windows);
    expect_answer(call, linux);
    compared_++;
  }

  bool prefix_made_ = false;
  int compared_ = 0;
};

// One test, because there is one wine prefix and ctest runs tests at the same time.
TEST_F(WindowsProgram, AnswersAsTheLinuxProgramDoes) {
  const std::string state = directory_ / "state";
  const std::string image = directory_ / "disk.iso";
  const std::vector<std::string> here = {"--ovaport-device", image, "--ovaport-state", state};
  const std::vector<std::string> there = {"--ovaport-state", "Z:" + state + "-windows"};
  // Without a device it searches the drives, and finds D:.
  for (const Call& each : value_calls())
    expect_same(each, windows(there, each.arguments), linux(here, each.arguments));
  for (const Call& each : fixed_calls())
    expect_same(each, windows(there, each.arguments), linux(here, each.arguments));
  for (const Call& each : {good({"--cmd", "info-set guestinfo.set  two \"words\" gr\xC3\xBCn"}, ""),
                           good({"--cmd", "info-get guestinfo.set"}, " two \"words\" gr\xC3\xBCn"),
                           good({"--cmd", "info-get guestinfo.SET"}, " two \"words\" gr\xC3\xBCn")})
    expect_same(each, windows(there, each.arguments), linux(here, each.arguments));
  expect_images_and_empty_drives_to_work();
  std::printf("%d calls answered alike\n", compared_);
}

}  // namespace
}  // namespace ovaport::guest
