#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {
namespace {

constexpr int kIde = 5;
constexpr int kScsi = 6;
constexpr int kCdrom = 15;
constexpr int kDisk = 17;
constexpr int kOther = 20;

std::string item(int type, const std::string& id, const std::string& rest) {
  return "<Item><rasd:ElementName>" + id + "</rasd:ElementName><rasd:InstanceID>" + id +
         "</rasd:InstanceID>" + rest + "<rasd:ResourceType>" + std::to_string(type) +
         "</rasd:ResourceType></Item>";
}

std::string subtype(const std::string& name) {
  return "<rasd:ResourceSubType>" + name + "</rasd:ResourceSubType>";
}

std::string disk(const std::string& id, const std::string& parent, const std::string& slot,
                 const std::string& resource = "ovf:/disk/d") {
  return item(kDisk, id,
              "<rasd:AddressOnParent>" + slot + "</rasd:AddressOnParent><rasd:HostResource>" +
                  resource + "</rasd:HostResource><rasd:Parent>" + parent + "</rasd:Parent>");
}

class DiskOrder : public testing::Test {
 protected:
  Machine machine_of(const std::string& items, const std::string& sections = "") {
    const std::string text = R"(<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
      xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
      xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
      xmlns:vmw="http://www.vmware.com/schema/ovf">
      <References><File ovf:id="f" ovf:href="d.vmdk"/></References>
      <DiskSection><Info/><Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="1048576"/></DiskSection>
      <VirtualSystem ovf:id="vm"><Info/>)" +
                             sections + "<VirtualHardwareSection><Info/>" + items +
                             "</VirtualHardwareSection></VirtualSystem></Envelope>";
    const auto envelope = parse_envelope(text, "a.ovf", concerns_);
    EXPECT_TRUE(envelope.ok());
    if (!envelope.ok()) return {};
    auto machine = configure(*envelope, *envelope->virtual_systems().front(), {}, concerns_);
    EXPECT_TRUE(machine.ok());
    return machine.ok() ? std::move(*machine) : Machine{};
  }
  std::vector<std::string> order_of(const std::string& items, const std::string& sections = "") {
    std::vector<std::string> names;
    for (const MachineDisk& disk : machine_of(items, sections).disks)
      names.push_back(disk.name);
    return names;
  }
  [[nodiscard]] bool has(const std::string& code) const {
    return std::any_of(concerns_.begin(), concerns_.end(),
                       [&](const Concern& concern) { return concern.code == code; });
  }
  Concerns concerns_;
};

using testing::ElementsAre;

TEST_F(DiskOrder, AtOneAddressTheDocumentDecides) {
  EXPECT_THAT(order_of(item(kScsi, "1", "") + disk("20", "1", "1") + disk("10", "1", "0") +
                       disk("11", "1", "0")),
              ElementsAre("10", "11", "20"));
}

TEST_F(DiskOrder, UnusableAddressesComeLastOnTheirController) {
  EXPECT_THAT(order_of(item(kScsi, "1", "") + item(kScsi, "2", "") + disk("10", "1", "-1") +
                       disk("11", "1", "ddd") + disk("12", "1", "") + disk("13", "1", "9") +
                       disk("14", "2", "0")),
              ElementsAre("13", "10", "11", "12", "14"));
}

TEST_F(DiskOrder, DisksOfAMissingControllerComeLastAndAreTold) {
  EXPECT_THAT(order_of(disk("10", "99", "0") + item(kScsi, "1", "") + disk("11", "1", "5")),
              ElementsAre("11", "10"));
  EXPECT_TRUE(has("ovf.no-controller"));
}

TEST_F(DiskOrder, ParentThatIsNoControllerCountsAsMissing) {
  EXPECT_THAT(order_of(disk("10", "2", "0") + item(35, "2", subtype("odd")) + item(kScsi, "1", "") +
                       disk("11", "1", "5")),
              ElementsAre("11", "10"));
  EXPECT_TRUE(has("ovf.no-controller"));
}

TEST_F(DiskOrder, MixedControllersCountInTheOrderOfTheDocument) {
  const Machine machine = machine_of(disk("10", "4", "0") + disk("11", "3", "0") +
                                     disk("12", "2", "0") + disk("13", "1", "0") +
                                     item(kIde, "1", "") + item(kScsi, "2", subtype("lsilogic")) +
                                     item(kOther, "3", subtype("vmware.sata.ahci")) +
                                     item(kOther, "4", subtype("vmware.nvme.controller")));
  std::vector<std::pair<std::string, Bus>> found;
  for (const MachineDisk& disk : machine.disks)
    found.emplace_back(disk.name, disk.bus);
  EXPECT_THAT(found, ElementsAre(std::pair("13", Bus::ide), std::pair("12", Bus::scsi),
                                 std::pair("11", Bus::sata), std::pair("10", Bus::nvme)));
}

TEST_F(DiskOrder, BootOrderGoesFirstAndFileNamesNeverCount) {
  EXPECT_THAT(order_of(item(kScsi, "1", "") + disk("10", "1", "0") + disk("11", "1", "1"),
                       "<vmw:BootOrderSection vmw:instanceId=\"11\" vmw:type=\"disk\"><Info/>"
                       "</vmw:BootOrderSection>"),
              ElementsAre("11", "10"));
}

TEST_F(DiskOrder, EverySpellingOfAResourceIsRead) {
  const Machine machine = machine_of(
      item(kScsi, "1", "") + disk("10", "1", "0", "ovf:/disk/d") + disk("11", "1", "1", "/disk/d") +
      disk("12", "1", "2", "ovf://disk/d") + disk("13", "1", "3", "ovf:/file/f"));
  ASSERT_EQ(machine.disks.size(), 4U);
  for (const MachineDisk& disk : machine.disks) {
    ASSERT_TRUE(disk.file) << disk.name;
    EXPECT_EQ(disk.file->href, "d.vmdk");
  }
}

TEST_F(DiskOrder, DriveWithoutAMediumIsAnEmptyDrive) {
  const Machine machine =
      machine_of(item(kIde, "1", "") + item(kCdrom, "2",
                                            "<rasd:HostResource></rasd:HostResource>"
                                            "<rasd:Parent>1</rasd:Parent>"));
  ASSERT_EQ(machine.cdroms.size(), 1U);
  EXPECT_FALSE(machine.cdroms[0].file);
}

}  // namespace
}  // namespace ovaport::ovf
