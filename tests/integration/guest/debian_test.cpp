#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "support.h"

namespace ovaport::guest::testing_support {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A real guest: Debian with open-vm-tools, whose initramfs has no VirtIO driver and
/// whose network configuration names ens192. OVAPORT_TEST_GUEST names its raw disk.
class DebianGuest : public GuestTest {
 protected:
  void SetUp() override {
    GuestTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const char* made = std::getenv("OVAPORT_TEST_GUEST");
    if (made == nullptr || ::access(made, R_OK) != 0)
      GTEST_SKIP() << "OVAPORT_TEST_GUEST does not name a guest's disk";
    if (::access("/usr/bin/virt-v2v-in-place", X_OK) != 0 || ::access("/usr/bin/nbdkit", X_OK) != 0)
      GTEST_SKIP() << "virt-v2v-in-place or nbdkit is missing";
    run({"cp", "--sparse=always", made, disk()});
  }
  [[nodiscard]] fs::path disk() const { return scratch() / "disk.raw"; }
};

TEST_F(DebianGuest, LosesVmwareToolsAndGainsVirtioAndTheStandIn) {
  WorkerOptions wanted = options();
  wanted.nics = {{"52:54:00:12:34:56", 192}};
  wanted.access = EnvironmentAccess::root;
  int last = 0;
  wanted.on_step = [&](std::string_view, int percent) { last = percent; };
  const auto report = convert({{disk(), ovf::Bus::scsi}}, Mode::convert, wanted);
  ASSERT_TRUE(report) << describe(report.error());
  for (const auto& [phase, seconds] : report->seconds)
    std::cout << phase << ": " << seconds << " s\n";

  EXPECT_EQ(report->before.distribution, "debian");
  EXPECT_FALSE(recommend(report->before).virtio_disk_proven);
  EXPECT_TRUE(report->converted);
  EXPECT_TRUE(report->injected);
  EXPECT_THAT(report->removed, Contains("package open-vm-tools"));
  EXPECT_THAT(report->added, Contains(StartsWith("/usr/bin/vmtoolsd")));
  EXPECT_THAT(report->added, Contains(StartsWith("/etc/udev/rules.d/70-ovaport-net.rules")));
  EXPECT_EQ(report->recommendation.disk_bus, "virtio");
  EXPECT_EQ(report->recommendation.nic_model, "virtio");
  EXPECT_TRUE(report->recommendation.virtio_disk_proven);
  EXPECT_EQ(last, 100);

  // Once more, by hand: nothing that is ours is set aside.
  const auto again = convert({{disk(), ovf::Bus::scsi}}, Mode::inject, wanted);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_TRUE(again->before.stand_in);
  EXPECT_TRUE(again->injected);
  EXPECT_THAT(again->removed, Not(Contains(HasSubstr("vmware-orig"))));
}

}  // namespace
}  // namespace ovaport::guest::testing_support
