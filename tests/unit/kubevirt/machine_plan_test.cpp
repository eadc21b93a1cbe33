#include "ovaport/kubevirt/machine_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ovaport/kubevirt/names.h"
#include "samples.h"

namespace ovaport::kubevirt {
namespace {

using samples::Sample;
using testing::HasSubstr;

MachinePlan planned(const Sample& sample) {
  Concerns concerns;
  auto plan = plan_machine(sample.machine, sample.choices, concerns);
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : describe(plan.error()));
  return plan.ok() ? *plan : MachinePlan{};
}

Error refused(const Sample& sample) {
  Concerns concerns;
  auto plan = plan_machine(sample.machine, sample.choices, concerns);
  EXPECT_FALSE(plan.ok());
  return plan.ok() ? Error{} : plan.error();
}

bool warned(const Sample& sample, std::string_view code) {
  Concerns concerns;
  EXPECT_TRUE(plan_machine(sample.machine, sample.choices, concerns).ok());
  return std::any_of(concerns.begin(), concerns.end(),
                     [&](const Concern& concern) { return concern.code == code; });
}

TEST(Plan, SplitsProcessorsIntoSockets) {
  const MachinePlan plan = planned(samples::windows_secure_boot());
  EXPECT_EQ(plan.sockets, 2U);
  EXPECT_EQ(plan.cores, 4U);
}

TEST(Plan, RoundsSizesUpToWholeMebibytes) {
  Sample sample = samples::two_disks_two_networks();
  EXPECT_EQ(planned(sample).disks[1].size, (3 * samples::kGiB) + (1U << 20));
  sample.choices.disk_sizes = {1, 5ULL << 20};
  EXPECT_EQ(planned(sample).disks[0].size, 1U << 20);
  EXPECT_EQ(planned(sample).disks[1].size, 5U << 20);
  sample.machine.memory = samples::kGiB + 1;
  EXPECT_EQ(planned(sample).memory, samples::kGiB + (1U << 20));
}

TEST(Plan, UsesSafeDevicesUntilDriversAreProven) {
  Sample sample = samples::linux_bios();
  EXPECT_EQ(planned(sample).disks[0].bus, "sata");
  EXPECT_EQ(planned(sample).nics[0].model, "e1000e");
  EXPECT_TRUE(warned(sample, "kubevirt.safe-bus"));
  sample.choices.guest = GuestFindings{"virtio", "virtio", ""};
  EXPECT_EQ(planned(sample).disks[0].bus, "virtio");
  EXPECT_EQ(planned(sample).nics[0].model, "virtio");
  EXPECT_FALSE(warned(sample, "kubevirt.safe-bus"));
}

TEST(Plan, ChoosesTheAdapterThatTheDescriptorOffers) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"VmxNet3", "e1000e"}, {"E1000", "e1000"},         {"E1000e", "e1000e"},
      {"PCNet32", "pcnet"},  {"PCNet32 E1000", "e1000"}, {"virtio", "virtio"},
      {"", "e1000e"},        {"something new", "e1000e"}};
  for (const auto& [subtype, model] : cases) {
    Sample sample = samples::linux_bios();
    sample.machine.nics[0].subtype = subtype;
    EXPECT_EQ(planned(sample).nics[0].model, model) << subtype;
  }
}

TEST(Plan, FollowsTheDescriptorsFirmwareBeforeTheGuests) {
  Sample sample = samples::linux_bios();
  sample.choices.guest = GuestFindings{"sata", "e1000e", "efi"};
  EXPECT_FALSE(planned(sample).efi);
  sample.machine.firmware = ovf::Firmware::unspecified;
  EXPECT_TRUE(planned(sample).efi);
}

TEST(Plan, RecognisesWindows) {
  EXPECT_TRUE(planned(samples::windows_secure_boot()).windows);
  EXPECT_FALSE(planned(samples::linux_bios()).windows);
  Sample sample = samples::linux_bios();
  sample.machine.operating_system = {};
  sample.machine.operating_system.vbox_os_type = "Windows10_64";
  EXPECT_TRUE(planned(sample).windows);
  sample.machine.operating_system.vbox_os_type.clear();
  sample.machine.operating_system.vmw_os_type = "winNetEnterpriseGuest";
  EXPECT_TRUE(planned(sample).windows);
}

TEST(Plan, TriesTheMediumAfterTheDisks) {
  const MachinePlan plan = planned(samples::blank_disk());
  EXPECT_TRUE(plan.disks[0].blank);
  EXPECT_EQ(plan.disks[0].boot_order, 1);
  ASSERT_EQ(plan.cdroms.size(), 1U) << "empty drives are left out";
  EXPECT_EQ(plan.cdroms[0].boot_order, 2);
  EXPECT_EQ(plan.cdroms[0].size, 6U << 20);
}

TEST(Plan, GivesThePodNetworkToTheFirstUnmappedAdapter) {
  const MachinePlan plan = planned(samples::linux_bios());
  ASSERT_EQ(plan.nics.size(), 1U);
  EXPECT_EQ(plan.nics[0].multus, "");
}

TEST(Plan, AsksForTheSecondUnmappedNetwork) {
  Sample sample = samples::two_disks_two_networks();
  sample.choices.networks.clear();
  const Error error = refused(sample);
  EXPECT_EQ(error.kind, ErrorKind::choice);
  EXPECT_THAT(error.message, HasSubstr("WAN: outside"));
  EXPECT_THAT(error.advice, HasSubstr("--network 'WAN: outside=multus:NAMESPACE/NAME'"));
  EXPECT_THAT(error.advice, HasSubstr("'WAN: outside=none'"));
  sample.choices.networks = {{"WAN: outside", "none"}};
  EXPECT_EQ(planned(sample).nics.size(), 1U);
}

TEST(Plan, KeepsThePodNetworkForWhomItWasPromised) {
  Sample sample = samples::two_disks_two_networks();
  sample.choices.networks = {{"WAN: outside", "pod"}};
  EXPECT_THAT(refused(sample).message, HasSubstr("LAN"));
  sample.choices.networks = {{"WAN: outside", "pod"}, {"LAN", "multus:lan"}};
  EXPECT_EQ(planned(sample).nics[0].multus, "lan");
  EXPECT_EQ(planned(sample).nics[1].multus, "");
}

TEST(Plan, RefusesTwoAdaptersOnThePodNetwork) {
  Sample sample = samples::two_disks_two_networks();
  sample.choices.networks = {{"WAN: outside", "pod"}, {"LAN", "pod"}};
  EXPECT_EQ(refused(sample).code, "kubevirt.two-pod-networks");
  sample = samples::linux_bios();
  sample.machine.nics.push_back(sample.machine.nics[0]);
  EXPECT_EQ(refused(sample).kind, ErrorKind::choice);
}

TEST(Plan, RefusesBadNetworkTargets) {
  for (const char* bad : {"", "Pod", "bridge", "multus:", "multus:/", "multus:a/", "multus:/b",
                          "multus:A/b", "multus:a/b/c", "multus:a b", "multus:a.b/c"}) {
    Sample sample = samples::linux_bios();
    sample.choices.networks = {{"VM Network", bad}};
    EXPECT_EQ(refused(sample).code, "kubevirt.network-target") << bad;
  }
  for (const char* good : {"multus:a", "multus:a/b", "multus:a/b.c"}) {
    Sample sample = samples::linux_bios();
    sample.choices.networks = {{"VM Network", good}};
    EXPECT_EQ(planned(sample).nics[0].multus, std::string(good).substr(7));
  }
}

TEST(Plan, SaysWhenAMappedNetworkIsNotThere) {
  Sample sample = samples::linux_bios();
  sample.choices.networks = {{"VM Netwrok", "pod"}};
  EXPECT_TRUE(warned(sample, "kubevirt.unused-network"));
}

TEST(Plan, KeepsOrGeneratesAddresses) {
  Sample sample = samples::two_disks_two_networks();
  EXPECT_EQ(planned(sample).nics[0].mac, "00:50:56:9a:11:22");
  sample.choices.macs = MacPolicy::generate;
  EXPECT_THAT(planned(sample).nics[0].mac, testing::StartsWith("02:"));
  sample.choices.macs = MacPolicy::keep;
  sample.machine.nics[1].mac = sample.machine.nics[0].mac;
  EXPECT_THAT(planned(sample).nics[1].mac, testing::StartsWith("02:"));
  EXPECT_TRUE(warned(sample, "kubevirt.mac"));
}

TEST(Plan, GivesEachDeploymentItsOwnIdentity) {
  Sample sample = samples::linux_bios();
  const MachinePlan first = planned(sample);
  EXPECT_EQ(first.firmware_uuid, planned(sample).firmware_uuid);
  EXPECT_EQ(first.nics[0].mac, planned(sample).nics[0].mac);
  sample.choices.name = "another";
  EXPECT_NE(first.firmware_uuid, planned(sample).firmware_uuid);
  EXPECT_NE(first.nics[0].mac, planned(sample).nics[0].mac);
  sample.choices.name.clear();
  sample.choices.name_space = "elsewhere";
  EXPECT_NE(first.firmware_uuid, planned(sample).firmware_uuid);
  EXPECT_NE(first.nics[0].mac, planned(sample).nics[0].mac);
}

TEST(Plan, KeepsClaimsOfLongNamesApart) {
  Sample sample = samples::linux_bios();
  sample.choices.name = std::string(57, 'a') + "-2";
  const MachinePlan first = planned(sample);
  sample.choices.name = std::string(57, 'a') + "-3";
  const MachinePlan second = planned(sample);
  EXPECT_TRUE(is_label(first.disks[0].claim));
  EXPECT_TRUE(is_label(first.config_secret));
  EXPECT_NE(first.disks[0].claim, second.disks[0].claim);
  EXPECT_NE(first.config_secret, second.config_secret);
}

TEST(Plan, RefusesNamesThatKubernetesWould) {
  for (const char* bad : {"Upper", "under_score", "-a", "a.b", "a b"}) {
    Sample sample = samples::linux_bios();
    sample.choices.name = bad;
    EXPECT_EQ(refused(sample).code, "kubevirt.name") << bad;
    sample.choices.name.clear();
    sample.choices.name_space = bad;
    EXPECT_EQ(refused(sample).code, "kubevirt.namespace") << bad;
  }
}

TEST(Plan, LeavesOutUnconnectedAdaptersWithAConcern) {
  Sample sample = samples::linux_bios();
  sample.machine.nics[0].connected = false;
  EXPECT_TRUE(planned(sample).nics.empty());
  EXPECT_TRUE(warned(sample, "kubevirt.adapter-skipped"));
}

}  // namespace
}  // namespace ovaport::kubevirt
