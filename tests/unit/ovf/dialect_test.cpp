#include <gtest/gtest.h>

#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {
namespace {

constexpr const char* kRasd =
    R"(xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" )"
    R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")";

struct Read {
  Envelope envelope;
  Machine machine;
  Concerns concerns;
};

Result<Read> read(const std::string& xml) {
  Read read;
  OVAPORT_TRY(read.envelope, parse_envelope(xml, "a.ovf", read.concerns));
  OVAPORT_TRY(read.machine, configure(read.envelope, *read.envelope.virtual_systems().front(), {},
                                      read.concerns));
  for (Concern& concern : validate(read.envelope))
    read.concerns.push_back(std::move(concern));
  return read;
}

bool is_refused(const Concerns& concerns) {
  for (const Concern& concern : concerns)
    if (concern.severity == Severity::critical) return true;
  return false;
}

// oVirt counts sockets, cores and threads, and names images by group and volume.
std::string ovirt(const std::string& root) {
  return "<ovf:Envelope " + root + " " + kRasd + R"( ovf:version="4.4.0.0">
    <References>
      <File ovf:href="group/volume" ovf:id="volume" ovf:size="4096"/>
      <Nic ovf:id="n"/>
    </References>
    <Section xsi:type="ovf:DiskSection_Type">
      <Disk ovf:diskId="volume" ovf:fileRef="group/volume" ovf:size="16" ovf:parentRef=""
            ovf:disk-interface="VirtIO" ovf:boot="true"/>
    </Section>
    <Content ovf:id="out" xsi:type="ovf:VirtualSystem_Type">
      <Name>mail</Name><TemplateId>0</TemplateId><CreationDate>2024/01/01</CreationDate>
      <Section xsi:type="ovf:VirtualHardwareSection_Type">
        <Info>4 CPU</Info>
        <Item><rasd:InstanceId>1</rasd:InstanceId><rasd:ResourceType>3</rasd:ResourceType>
          <rasd:num_of_sockets>2</rasd:num_of_sockets><rasd:cpu_per_socket>2</rasd:cpu_per_socket>
          <rasd:threads_per_cpu>1</rasd:threads_per_cpu></Item>
        <Item><rasd:InstanceId>2</rasd:InstanceId><rasd:ResourceType>4</rasd:ResourceType>
          <rasd:AllocationUnits>MegaBytes</rasd:AllocationUnits>
          <rasd:VirtualQuantity>2048</rasd:VirtualQuantity></Item>
        <Item><rasd:InstanceId>volume</rasd:InstanceId><rasd:ResourceType>17</rasd:ResourceType>
          <rasd:HostResource>group/volume</rasd:HostResource><Type>disk</Type></Item>
        <Item><rasd:InstanceId>n</rasd:InstanceId><rasd:ResourceType>10</rasd:ResourceType>
          <rasd:Connection>lan</rasd:Connection><rasd:Linked>true</rasd:Linked>
          <rasd:MACAddress>00:1a:4a:00:00:01</rasd:MACAddress></Item>
      </Section>
    </Content></ovf:Envelope>)";
}

TEST(Dialect, OvirtIsReadInBothOfItsNamespaces) {
  for (
      const std::string root :
      {R"(xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1/")",
       R"(xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovirt="http://www.ovirt.org/ovf")"}) {
    const auto result = read(ovirt(root));
    ASSERT_TRUE(result.ok()) << describe(result.error());
    EXPECT_EQ(result->envelope.dialect, Dialect::ovirt);
    EXPECT_EQ(result->envelope.producer, "oVirt");
    EXPECT_FALSE(is_refused(result->concerns));
    const Machine& machine = result->machine;
    EXPECT_EQ(machine.name, "mail");
    EXPECT_EQ(machine.cpus, 4U);
    EXPECT_EQ(machine.cores_per_socket, 2U);
    EXPECT_EQ(machine.memory, 2048ULL << 20);
    ASSERT_EQ(machine.disks.size(), 1U);
    EXPECT_EQ(machine.disks[0].capacity, 16ULL << 30);
    ASSERT_TRUE(machine.disks[0].file);
    EXPECT_EQ(machine.disks[0].file->href, "group/volume");
    ASSERT_EQ(machine.nics.size(), 1U);
    EXPECT_EQ(machine.nics[0].mac, "00:1a:4a:00:00:01");
    EXPECT_TRUE(machine.nics[0].connected);
  }
}

std::string ovf_1(const std::string& namespaces, const std::string& system) {
  return R"(<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" )"
         R"(xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" )" +
         namespaces + " " + kRasd + R"(><References/><VirtualSystem ovf:id="vm"><Info/>)" + system +
         "</VirtualSystem></Envelope>";
}

TEST(Dialect, VirtualBoxFillsInOnlyWhatTheStandardPartLeavesOut) {
  const std::string machine =
      R"(<v:Machine ovf:required="false"><Hardware><CPU count="3"/><Memory RAMSize="768"/>)"
      R"(<Firmware type="EFI"/></Hardware></v:Machine>)";
  const std::string space = R"(xmlns:v="http://www.virtualbox.org/ovf/machine")";
  const auto silent = read(ovf_1(space, machine));
  ASSERT_TRUE(silent.ok());
  EXPECT_EQ(silent->machine.cpus, 3U);
  EXPECT_EQ(silent->machine.memory, 768ULL << 20);
  EXPECT_EQ(silent->machine.firmware, Firmware::efi);
  EXPECT_EQ(silent->envelope.producer, "VirtualBox");
  const auto said = read(
      ovf_1(space,
            "<VirtualHardwareSection><Info/><Item><rasd:InstanceID>1</rasd:InstanceID>"
            "<rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>1</rasd:VirtualQuantity>"
            "</Item></VirtualHardwareSection>" +
                machine));
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(said->machine.cpus, 1U);
  EXPECT_EQ(said->machine.memory, 768ULL << 20);
}

TEST(Dialect, VirtualBoxKnowsTheAddressesOfAdapters) {
  const std::string space = R"(xmlns:v="http://www.virtualbox.org/ovf/machine")";
  const auto with = [&](const std::string& address, const std::string& adapters) {
    return read(
        ovf_1(space, "<VirtualHardwareSection><Info/><Item><rasd:InstanceID>1</rasd:InstanceID>" +
                         address +
                         "<rasd:ResourceType>10</rasd:ResourceType></Item>"
                         "</VirtualHardwareSection><v:Machine><Hardware><Network>" +
                         adapters + "</Network></Hardware></v:Machine>"));
  };
  const std::string off = R"(<Adapter slot="0" MACAddress="080027000001"/>)";
  const std::string on = R"(<Adapter slot="1" enabled="true" MACAddress="080027AABBCC"/>)";
  EXPECT_EQ(with("", off + on)->machine.nics.at(0).mac, "08:00:27:AA:BB:CC");
  EXPECT_EQ(with("<rasd:Address>02:00:00:00:00:09</rasd:Address>", on)->machine.nics.at(0).mac,
            "02:00:00:00:00:09");
  EXPECT_EQ(with("", on + on)->machine.nics.at(0).mac, "");
}

TEST(Dialect, ADiskWithoutImageIsCreatedBlankWhereItsSizeIsStated) {
  const auto hardware = [](const std::string& item) {
    return "<VirtualHardwareSection><Info/>" + item + "</VirtualHardwareSection>";
  };
  const auto storage = read(ovf_1(
      "", hardware("<StorageItem><rasd:AllocationUnits>byte*2^30</rasd:AllocationUnits>"
                   "<rasd:InstanceID>4</rasd:InstanceID><rasd:Reservation>100</rasd:Reservation>"
                   "<rasd:ResourceType>31</rasd:ResourceType>"
                   "<rasd:VirtualQuantity>1</rasd:VirtualQuantity></StorageItem>")));
  ASSERT_TRUE(storage.ok()) << describe(storage.error());
  ASSERT_EQ(storage->machine.disks.size(), 1U);
  EXPECT_EQ(storage->machine.disks[0].capacity, 100ULL << 30);
  const auto vcloud = read(
      ovf_1(R"(xmlns:vcloud="http://www.vmware.com/vcloud/v1.5")",
            hardware("<Item><rasd:HostResource vcloud:capacity=\"808\"/>"
                     "<rasd:InstanceID>4</rasd:InstanceID><rasd:ResourceType>17</rasd:ResourceType>"
                     "</Item>")));
  ASSERT_TRUE(vcloud.ok()) << describe(vcloud.error());
  EXPECT_EQ(vcloud->machine.disks.at(0).capacity, 808ULL << 20);
  const auto unknown =
      read(ovf_1("", hardware("<Item><rasd:HostResource>[datastore] x.vmdk</rasd:HostResource>"
                              "<rasd:InstanceID>4</rasd:InstanceID>"
                              "<rasd:ResourceType>17</rasd:ResourceType></Item>")));
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, "ovf.no-backing");
}

TEST(Dialect, FibreChannelAndIscsiControllersCountAsScsi) {
  for (const char* type : {"7", "8"}) {
    const auto result = read(
        ovf_1("", std::string("<VirtualHardwareSection><Info/><Item><rasd:InstanceID>1"
                              "</rasd:InstanceID><rasd:ResourceType>") +
                      type +
                      "</rasd:ResourceType></Item><Item><rasd:InstanceID>2</rasd:InstanceID>"
                      "<rasd:AllocationUnits>byte*2^30</rasd:AllocationUnits>"
                      "<rasd:Reservation>1</rasd:Reservation><rasd:Parent>1</rasd:Parent>"
                      "<rasd:ResourceType>17</rasd:ResourceType></Item></VirtualHardwareSection>"));
    ASSERT_TRUE(result.ok()) << describe(result.error());
    EXPECT_EQ(result->machine.disks.at(0).bus, Bus::scsi);
  }
}

TEST(Dialect, SharedDisksAreDisks) {
  const auto result =
      read(R"(<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/2" )"
           R"(xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/2" )" +
           std::string(kRasd) +
           R"(><References/><SharedDiskSection><Info/><SharedDisk ovf:diskId="s" )"
           R"(ovf:capacity="1" ovf:capacityAllocationUnits="byte*2^30"/></SharedDiskSection>)"
           R"(<VirtualSystem ovf:id="vm"><Info/><VirtualHardwareSection><Info/>)"
           "<Item><rasd:HostResource>ovf:/disk/s</rasd:HostResource>"
           "<rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>17</rasd:ResourceType></Item>"
           "</VirtualHardwareSection></VirtualSystem></Envelope>");
  ASSERT_TRUE(result.ok()) << describe(result.error());
  EXPECT_EQ(result->machine.disks.at(0).capacity, 1ULL << 30);
}

}  // namespace
}  // namespace ovaport::ovf
