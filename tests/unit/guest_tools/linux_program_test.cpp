// The built program, as a guest would call it.
#include <thread>

#include "calls.h"

namespace ovaport::guest {
namespace {

constexpr std::uint32_t kNobody = 65534;

class LinuxProgram : public Workplace {
 protected:
  void SetUp() override {
    Workplace::SetUp();
    program_ = directory_ / "vmtoolsd";
    // A copy, as an unprivileged user may not reach the build directory.
    std::filesystem::copy_file(OVAPORT_LINUX_TOOLS, program_);
    state_ = directory_ / "state";
    image_ = directory_ / "disk.iso";
  }

  void make_image() {
    if (!make_disk(image_, put("ovf-env.xml", document()))) GTEST_SKIP() << "xorriso is missing";
  }

  /// Calls with `options` first.
  ChildOutcome call(const std::vector<std::string>& options,
                    const std::vector<std::string>& arguments,
                    std::optional<std::uint32_t> user = {}) {
    std::vector<std::string> command = {program_};
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), arguments.begin(), arguments.end());
    auto outcome = run(command, {"OVAPORT_TOOLS_WAIT=0"}, user);
    EXPECT_TRUE(outcome.ok());
    return outcome.ok() ? *outcome : ChildOutcome{};
  }

  std::vector<std::string> from_image() {
    return {"--ovaport-device", image_, "--ovaport-state", state_};
  }
  std::vector<std::string> from_state() { return {"--ovaport-state", state_}; }

  /// Somebody who may not write the state directory, if the test can be that.
  std::optional<std::uint32_t> stranger() {
    if (geteuid() == 0) return kNobody;
    chmod(state_.c_str(), 0555);
    return std::nullopt;
  }

  std::filesystem::path program_;
  std::filesystem::path state_;
  std::filesystem::path image_;
};

TEST_F(LinuxProgram, IsStaticAndSmall) {
  const auto ldd = run({"ldd", program_});
  ASSERT_TRUE(ldd.ok());
  EXPECT_NE((ldd->standard_output + ldd->standard_error).find("not a dynamic executable"),
            std::string::npos);
}

TEST_F(LinuxProgram, AnswersFromTheDisk) {
  ASSERT_NO_FATAL_FAILURE(make_image());
  if (IsSkipped()) return;
  for (const Call& each : value_calls())
    expect_answer(each, call(from_image(), each.arguments));
}

TEST_F(LinuxProgram, AnswersFixedCallsWithoutADisk) {
  for (const Call& each : fixed_calls())
    expect_answer(each, call(from_image(), each.arguments));
}

TEST_F(LinuxProgram, GoesByItsName) {
  for (const char* name : {"vmware-checkvm", "vmware-rpctool", "vmware-toolbox-cmd"})
    std::filesystem::create_symlink(program_, directory_ / name);
  EXPECT_EQ(run({directory_ / "vmware-checkvm"})->standard_output,
            "VMware software version 6 (good)\n");
  EXPECT_EQ(run({directory_ / "vmware-rpctool", "frob"})->standard_error, "Unknown command\n");
  EXPECT_EQ(run({directory_ / "vmware-toolbox-cmd", "-v"})->exit_code, 0);
}

TEST_F(LinuxProgram, SaysWhatItIs) {
  for (const char* name : {"vmtoolsd", "vmware-rpctool", "vmware-guestd"}) {
    const auto outcome = call({"--as", name}, {"--help"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_NE(outcome.standard_output.find("ovaport's stand-in for VMware Tools; answers from "
                                           "the OVF environment disk."),
              std::string::npos);
  }
}

TEST_F(LinuxProgram, ReadsClockProcessorAndMemory) {
  const auto memory = call({}, {"--as", "vmware-toolbox-cmd", "stat", "memory"});
  EXPECT_GT(std::strtoul(memory.standard_output.c_str(), nullptr, 10), 16U);
  EXPECT_NE(memory.standard_output.find(" MB\n"), std::string::npos);
  const auto time = call({}, {"--as", "vmware-toolbox-cmd", "stat", "hosttime"});
  EXPECT_EQ(time.standard_output.size(), std::string("23 Nov 2026 14:05:00\n").size());
}

TEST_F(LinuxProgram, SaysNoValueForEveryKindOfNoDisk) {
  const std::string foreign(1 << 20, 'x');
  const std::pair<const char*, std::string> disks[] = {
      {"absent", ""}, {"empty", ""}, {"foreign", foreign}, {"cut", std::string(40000, '\0')}};
  for (const auto& [name, bytes] : disks) {
    const auto path = directory_ / name;
    if (std::string_view(name) != "absent") put(name, bytes);
    const auto outcome = call({"--ovaport-device", path}, {"--cmd", "info-get guestinfo.ovfEnv"});
    expect_answer(bad({name}, "No value found"), outcome);
  }
  ASSERT_EQ(mkfifo((directory_ / "fifo").c_str(), 0600), 0);
  for (const auto& odd : {directory_ / "fifo", directory_, std::filesystem::path("/dev/null")})
    expect_answer(bad({odd}, "No value found"),
                  call({"--ovaport-device", odd}, {"--cmd", "info-get guestinfo.ovfEnv"}));
}

TEST_F(LinuxProgram, KeepsWhatTheGuestSets) {
  ASSERT_NO_FATAL_FAILURE(make_image());
  if (IsSkipped()) return;
  const auto set = [&](const std::string& what) {
    return call(from_image(), {"--cmd", "info-set " + what});
  };
  const auto get = [&](const std::string& key) {
    return call(from_image(), {"--as", "vmware-rpctool", "info-get " + key}).standard_output;
  };
  expect_answer(good({}, ""), set("guestinfo.status two words\nand a line"));
  EXPECT_EQ(get("guestinfo.status"), "two words\nand a line\n");
  EXPECT_EQ(get("guestinfo.STATUS"), "two words\nand a line\n");
  expect_answer(good({}, ""), set("guestinfo.ovfEnv  "));
  EXPECT_EQ(get("guestinfo.ovfEnv"), " \n") << "as appliances do to wipe their secrets";
  expect_answer(good({}, ""), set("guestinfo.dns"));
  EXPECT_EQ(get("guestinfo.dns"), "\n");
  EXPECT_EQ(get("guestinfo.hostname"), "acme\nfw & <>\"' gr\xC3\xBCn\n");
  expect_answer(bad({}, "Value too long"), set("guestinfo.x " + std::string(70000, 'x')));
}

TEST_F(LinuxProgram, LosesNothingWhenManySetAtOnce) {
  {
    std::vector<std::jthread> writers;
    writers.reserve(8);
    for (int i = 0; i < 8; i++) {
      writers.emplace_back([this, i] {
        const auto key = "info-set guestinfo.k" + std::to_string(i) + " v";
        EXPECT_EQ(call(from_state(), {"--cmd", key}).exit_code, 0);
      });
    }
  }
  for (int i = 0; i < 8; i++) {
    const auto key = "info-get guestinfo.k" + std::to_string(i);
    EXPECT_EQ(call(from_state(), {"--cmd", key}).standard_output, "v\n");
  }
}

TEST_F(LinuxProgram, DeniesSettingToWhomMayNot) {
  ASSERT_EQ(call(from_state(), {"--cmd", "info-set guestinfo.a root's"}).exit_code, 0);
  const auto user = stranger();
  expect_answer(bad({}, "Permission denied"),
                call(from_state(), {"--cmd", "info-set guestinfo.a mine"}, user));
  EXPECT_EQ(call(from_state(), {"--cmd", "info-get guestinfo.a"}, user).standard_output,
            "root's\n");
}

TEST_F(LinuxProgram, CachesTheDocumentForEveryUser) {
  ASSERT_NO_FATAL_FAILURE(make_image());
  if (IsSkipped()) return;
  auto options = from_image();
  options.emplace_back("--ovaport-cache");
  expect_answer({{}, 0, "", ""}, call(options, {}));
  EXPECT_EQ(contents(state_ / "ovf-env.xml"), document());
  std::filesystem::remove(image_);
  const auto outcome = call(from_state(), {"--cmd", "info-get guestinfo.ovfEnv"}, stranger());
  expect_answer(good({}, document()), outcome);
}

TEST_F(LinuxProgram, CachesForRootAloneWhenAsked) {
  ASSERT_NO_FATAL_FAILURE(make_image());
  if (IsSkipped()) return;
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  auto options = from_image();
  options.insert(options.end(), {"--ovaport-cache", "--mode", "0600"});
  ASSERT_EQ(call(options, {}).exit_code, 0);
  ASSERT_EQ(call(from_state(), {"--cmd", "info-set guestinfo.token secret"}).exit_code, 0);
  for (const char* what : {"info-get guestinfo.ovfEnv", "info-get guestinfo.token"}) {
    expect_answer(bad({what}, "No value found"), call(from_state(), {"--cmd", what}, kNobody));
    EXPECT_EQ(call(from_state(), {"--cmd", what}).exit_code, 0);
  }
}

TEST_F(LinuxProgram, TrustsNoCacheOfSomebodyElse) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  const auto cache = put("state/ovf-env.xml", document());
  ASSERT_EQ(chown(cache.c_str(), kNobody, kNobody), 0);
  EXPECT_EQ(call(from_state(), {"--cmd", "info-get guestinfo.dns"}).exit_code, 1);
  std::filesystem::remove(cache);
  std::filesystem::create_symlink(put("elsewhere", document()), cache);
  EXPECT_EQ(call(from_state(), {"--cmd", "info-get guestinfo.dns"}).exit_code, 1);
}

TEST_F(LinuxProgram, RemembersThatThereIsNoDisk) {
  auto options = from_image();
  options.emplace_back("--ovaport-cache");
  expect_answer(bad({}, "No OVF environment: no CD-ROM with a medium."), call(options, {}));
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = run({program_, "--ovaport-state", state_, "--ovaport-wait", "60", "--cmd",
                            "info-get guestinfo.dns"});
  EXPECT_EQ(outcome->standard_error, "No value found\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  // A disk after all, and the unit started again.
  ASSERT_NO_FATAL_FAILURE(make_image());
  if (IsSkipped()) return;
  ASSERT_EQ(call(options, {}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(state_ / "no-environment"));
}

TEST_F(LinuxProgram, SaysWhyThereIsNothingToCache) {
  auto options = from_image();
  options.emplace_back("--ovaport-cache");
  put("tree/readme", "x");
  const auto made = run({"genisoimage", "-quiet", "-o", image_, directory_ / "tree"});
  if (!made.ok()) GTEST_SKIP() << "genisoimage is not installed";
  expect_answer(bad({}, "No OVF environment: no CD-ROM holds ovf-env.xml."), call(options, {}));
  std::filesystem::resize_file(image_, std::uintmax_t{20} * 2048);
  expect_answer(bad({}, "No OVF environment: a CD-ROM is damaged."), call(options, {}));
}

TEST_F(LinuxProgram, WaitsForALateDiskWithinItsLimit) {
  const auto wait_for = [&](const char* seconds) {
    return run({program_, "--ovaport-device", image_, "--ovaport-wait", seconds, "--cmd",
                "info-get guestinfo.dns"});
  };
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(wait_for("1")->standard_error, "No value found\n");
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  const auto early = directory_ / "early.iso";
  if (!make_disk(early, put("ovf-env.xml", document()))) GTEST_SKIP() << "xorriso is missing";
  std::jthread late([&] {
    // Not for synchronisation: this is how late the disk is.
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    std::filesystem::rename(early, image_);
  });
  EXPECT_EQ(wait_for("60")->standard_output, "192.0.2.53\n");
}

}  // namespace
}  // namespace ovaport::guest
