#include "network_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ovaport::guest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(InterfaceNames, AreReadFromIfupdown) {
  EXPECT_THAT(interface_names(NetworkSyntax::ifupdown, "interfaces",
                              "auto lo\niface lo inet loopback\n# iface ens1 inet dhcp\n"
                              "auto ens192 ens224\niface ens192 inet static\n  address 1.2.3.4\n"
                              "allow-hotplug eth0\niface vmbr0 inet manual\n"),
              ElementsAre("ens192", "ens224", "eth0"));
}

TEST(InterfaceNames, AreReadFromNetplan) {
  EXPECT_THAT(interface_names(NetworkSyntax::netplan, "01.yaml",
                              "network:\n  version: 2\n  ethernets:\n    ens160:\n"
                              "      dhcp4: true\n    \"ens192\":\n      nameservers:\n"
                              "        addresses: [ens1]\n    nic:\n      match:\n"
                              "        macaddress: aa:bb:cc:dd:ee:ff\n      set-name: eth7\n"
                              "  vlans:\n    ens160.5:\n      id: 5\n    ens999:\n      id: 6\n"),
              ElementsAre("ens160", "ens192", "eth7"));
}

TEST(InterfaceNames, AreReadFromKeyfilesAndNetworkd) {
  EXPECT_THAT(interface_names(NetworkSyntax::keyfile, "a.nmconnection",
                              "[connection]\nid=x\ninterface-name=ens192\n"),
              ElementsAre("ens192"));
  EXPECT_THAT(interface_names(NetworkSyntax::networkd, "a.network",
                              "[Match]\nName=eth0 en* br0\n[Network]\nDHCP=yes\n"),
              ElementsAre("eth0"));
}

TEST(InterfaceNames, AreReadFromIfcfgOrItsFileName) {
  EXPECT_THAT(interface_names(NetworkSyntax::ifcfg, "ifcfg-lan", "DEVICE=\"ens192\"\n"),
              ElementsAre("ens192"));
  EXPECT_THAT(interface_names(NetworkSyntax::ifcfg, "ifcfg-eth1", "BOOTPROTO='dhcp'\n"),
              ElementsAre("eth1"));
  EXPECT_THAT(interface_names(NetworkSyntax::ifcfg, "ifcfg-lo", "DEVICE=lo\n"), IsEmpty());
}

TEST(InterfaceNames, NeverCarryQuotesOrOverlongText) {
  EXPECT_THAT(interface_names(NetworkSyntax::ifupdown, "interfaces",
                              "iface ens1\",RUN+=\"x2 inet dhcp\n"
                              "iface ens11111111111111111111111111 inet dhcp\n"),
              IsEmpty());
}

TEST(SlotOrder, FollowsVmwaresBridgesThenTheirFunctions) {
  EXPECT_THAT(in_slot_order({"ens161", "eth0", "ens256", "ens193", "ens33", "ens192", "ens224",
                             "ens160", "eth1"}),
              ElementsAre("ens33", "ens160", "ens192", "ens224", "ens256", "ens161", "ens193",
                          "eth0", "eth1"));
}

TEST(PairNames, FollowsTheOrderOfTheAdapters) {
  EXPECT_THAT(
      pair_names({{"ens224", ""}, {"ens192", ""}},
                 {{"52:54:00:00:00:01", {}}, {"52:54:00:00:00:02", {}}}),
      ElementsAre(Pair("52:54:00:00:00:01", "ens192"), Pair("52:54:00:00:00:02", "ens224")));
}

TEST(PairNames, PrefersAKnownSlot) {
  EXPECT_THAT(
      pair_names({{"ens192", ""}, {"ens224", ""}},
                 {{"52:54:00:00:00:01", 224}, {"52:54:00:00:00:02", 192}}),
      ElementsAre(Pair("52:54:00:00:00:01", "ens224"), Pair("52:54:00:00:00:02", "ens192")));
}

TEST(PairNames, KeepsTheNumberOfEthernetNames) {
  EXPECT_THAT(pair_names({{"eth1", ""}}, {{"52:54:00:00:00:01", {}}, {"52:54:00:00:00:02", {}}}),
              ElementsAre(Pair("52:54:00:00:00:02", "eth1")));
}

TEST(PairNames, LeavesOutWhatIsNoMac) {
  EXPECT_THAT(pair_names({{"eth0", ""}}, {{"52:54:00:00:00:0\"", {}}}), IsEmpty());
  EXPECT_THAT(pair_names({{"eth0", ""}}, {{"", {}}}), IsEmpty());
}

TEST(UdevRules, MatchTheDeviceAndNotWhatBorrowsItsMac) {
  EXPECT_THAT(render_udev_rules({{"52:54:00:00:00:01", "ens192"}}),
              testing::HasSubstr(R"(SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", )"
                                 R"(ATTR{address}=="52:54:00:00:00:01", ATTR{type}=="1", )"
                                 R"(NAME="ens192")"));
}

}  // namespace
}  // namespace ovaport::guest
