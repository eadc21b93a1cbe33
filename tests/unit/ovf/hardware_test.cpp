#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {
namespace {

/// A descriptor with the given hardware items and sections, namespaces and all.
struct Document {
  std::string items;
  std::string envelope;       // sections before the virtual system
  std::string system;         // sections of the virtual system
  std::string more_hardware;  // behind the items
  std::string uri = "http://schemas.dmtf.org/ovf/envelope/1";

  [[nodiscard]] std::string text() const {
    return R"(<Envelope xmlns=")" + uri + R"(" xmlns:ovf=")" + uri + R"("
      xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
      xmlns:vmw="http://www.vmware.com/schema/ovf">
      <References><File ovf:id="f" ovf:href="d.vmdk"/></References>)" +
           envelope + R"(<VirtualSystem ovf:id="vm"><Info/><Name>vm</Name>)" + system +
           "<VirtualHardwareSection><Info/>" + items + more_hardware +
           "</VirtualHardwareSection></VirtualSystem></Envelope>";
  }
};

std::string item(int type, int id, const std::string& rest, const std::string& attributes = "") {
  return "<Item" + attributes + "><rasd:InstanceID>" + std::to_string(id) +
         "</rasd:InstanceID><rasd:ResourceType>" + std::to_string(type) + "</rasd:ResourceType>" +
         rest + "</Item>";
}

std::string quantity(const std::string& value, const std::string& unit = "") {
  return (unit.empty() ? "" : "<rasd:AllocationUnits>" + unit + "</rasd:AllocationUnits>") +
         "<rasd:VirtualQuantity>" + value + "</rasd:VirtualQuantity>";
}

Result<Machine> machine_of(const Document& document, const std::string& option = "") {
  Concerns concerns;
  OVAPORT_TRY(const Envelope envelope, parse_envelope(document.text(), "a.ovf", concerns));
  MachineChoices choices;
  choices.option = option;
  choices.property = [](std::string_view key) -> std::optional<std::string> {
    if (key == "words") return "many";
    return key == "size" ? std::optional<std::string>("3") : std::nullopt;
  };
  return configure(envelope, *envelope.virtual_systems().front(), choices, concerns);
}

Concerns judged(const Document& document) {
  Concerns concerns;
  const auto envelope = parse_envelope(document.text(), "a.ovf", concerns);
  EXPECT_TRUE(envelope.ok());
  for (const Concern& concern : validate(*envelope))
    concerns.push_back(concern);
  return concerns;
}

bool has(const Concerns& concerns, const std::string& code, Severity severity) {
  for (const Concern& concern : concerns)
    if (concern.code == code && concern.severity == severity) return true;
  return false;
}

TEST(Memory, UnitsOfPracticeAreUnderstood) {
  const struct {
    const char* value;
    const char* unit;
    std::uint64_t bytes;
  } cases[] = {{"1024", "byte * 2^20", 1ULL << 30},      {"4", "byte * 2 ^ 30", 4ULL << 30},
               {"2048", "MegaBytes", 2ULL << 30},        {"2", "GB", 2ULL << 30},
               {"1", "byte*1024*1024*1024", 1ULL << 30}, {"512", "", 512ULL << 20}};
  for (const auto& test : cases) {
    const auto machine = machine_of({item(4, 1, quantity(test.value, test.unit)), "", "", ""});
    ASSERT_TRUE(machine.ok()) << describe(machine.error());
    EXPECT_EQ(machine->memory, test.bytes) << test.value << " " << test.unit;
  }
}

TEST(Memory, WordsAndOverflowsAreRefused) {
  for (const char* value : {"Thousand and Twenty Four", "-4", "99999999999999999999"})
    EXPECT_FALSE(machine_of({item(4, 1, quantity(value, "byte * 2^20")), "", "", ""}).ok());
  EXPECT_FALSE(
      machine_of({item(4, 1, quantity("18446744073709551615", "byte * 2^60")), "", "", ""}).ok());
}

TEST(Processors, CoresThatDoNotDivideMakeOneSocket) {
  const auto machine = machine_of(
      {item(3, 1, quantity("6") + "<vmw:CoresPerSocket>4</vmw:CoresPerSocket>"), "", "", ""});
  EXPECT_EQ(machine->cpus, 6U);
  EXPECT_EQ(machine->cores_per_socket, 6U);
}

TEST(Options, ItemsOfTheChosenOneReplaceTheGeneralOnes) {
  Document document;
  document.envelope = R"(<DeploymentOptionSection><Info/>
    <Configuration ovf:id="s"><Label>S</Label></Configuration>
    <Configuration ovf:id="l" ovf:default="true"><Label>L</Label></Configuration>
    </DeploymentOptionSection>)";
  document.items = item(3, 1, quantity("1")) +
                   item(3, 1, quantity("8"), R"( ovf:configuration="l xl")") +
                   item(4, 2, quantity("1024", "byte * 2^20"));
  EXPECT_EQ(machine_of(document)->cpus, 8U);
  EXPECT_EQ(machine_of(document, "s")->cpus, 1U);
  const auto unknown = machine_of(document, "m");
  EXPECT_EQ(unknown.error().kind, ErrorKind::choice);
  EXPECT_THAT(unknown.error().message, testing::HasSubstr("\"s\" \"l\""));
}

TEST(Disks, AreOrderedByControllerThenSlotAndTheBootOrderComesFirst) {
  Document document;
  document.envelope = R"(<DiskSection><Info/>
    <Disk ovf:diskId="a" ovf:capacity="1" ovf:capacityAllocationUnits="byte * 2^30"/>
    <Disk ovf:diskId="b" ovf:fileRef="f" ovf:capacity="${size}"
          ovf:capacityAllocationUnits="byte * 2^30"/></DiskSection>)";
  const auto disk = [](int id, const std::string& name, int parent, int slot) {
    return item(17, id,
                "<rasd:ElementName>" + name + "</rasd:ElementName><rasd:HostResource>ovf:/disk/" +
                    name + "</rasd:HostResource><rasd:Parent>" + std::to_string(parent) +
                    "</rasd:Parent><rasd:AddressOnParent>" + std::to_string(slot) +
                    "</rasd:AddressOnParent>");
  };
  document.items = item(6, 3, "<rasd:ResourceSubType>VirtualSCSI</rasd:ResourceSubType>") +
                   disk(10, "a", 3, 1) + disk(11, "b", 3, 0);
  auto machine = machine_of(document);
  ASSERT_TRUE(machine.ok()) << describe(machine.error());
  EXPECT_EQ(machine->disks[0].disk_id, "b");
  EXPECT_EQ(machine->disks[0].capacity, 3ULL << 30);
  EXPECT_EQ(machine->disks[0].bus, Bus::scsi);
  EXPECT_FALSE(machine->disks[1].file);
  document.system = R"(<vmw:BootOrderSection vmw:instanceId="10"><Info/></vmw:BootOrderSection>)";
  EXPECT_EQ(machine_of(document)->disks[0].disk_id, "a");
}

TEST(Disks, UnknownOnesAreRefused) {
  Document document;
  document.items = item(17, 1, "<rasd:HostResource>ovf:/disk/absent</rasd:HostResource>");
  EXPECT_EQ(machine_of(document).error().code, "ovf.unknown-disk");
}

TEST(Firmware, ConfigCountsBeforeExtraConfig) {
  Document document;
  document.more_hardware = R"(<vmw:Config vmw:key="firmware" vmw:value="efi"/>
    <vmw:Config vmw:key="bootOptions.efiSecureBootEnabled" vmw:value="true"/>
    <vmw:ExtraConfig vmw:key="firmware" vmw:value="bios"/>
    <vmw:ExtraConfig vmw:key="guestinfo.a" vmw:value="1"/>)";
  const auto machine = machine_of(document);
  EXPECT_EQ(machine->firmware, Firmware::efi);
  EXPECT_TRUE(machine->secure_boot);
  EXPECT_THAT(machine->guest_info,
              testing::ElementsAre(std::pair<std::string, std::string>("guestinfo.a", "1")));
}

TEST(Firmware, NvramIsToldAndSaysNothingOfTheFirmware) {
  Document document;
  document.more_hardware = R"(<vmw:ExtraConfig vmw:key="nvram" vmw:value="ovf:/file/f"/>)";
  Concerns concerns;
  const auto envelope = parse_envelope(document.text(), "a.ovf", concerns);
  ASSERT_TRUE(envelope.ok());
  const auto machine = configure(*envelope, *envelope->virtual_systems().front(), {}, concerns);
  ASSERT_TRUE(machine.ok());
  EXPECT_EQ(machine->firmware, Firmware::unspecified);
  EXPECT_TRUE(has(concerns, "ovf.nvram", Severity::information));
}

TEST(Disks, CapacityOfWordsIsRefused) {
  for (const char* capacity : {"ten", "-1", "1.5", "${words}"}) {
    Document document;
    document.envelope = std::string(R"(<DiskSection><Info/><Disk ovf:diskId="a" ovf:capacity=")") +
                        capacity + R"("/></DiskSection>)";
    document.items = item(17, 2, "<rasd:HostResource>ovf:/disk/a</rasd:HostResource>");
    EXPECT_EQ(machine_of(document).error().code, "ovf.capacity") << capacity;
  }
}

TEST(Devices, RequiredUnknownOnesAreRefusedAndOptionalOnesLeftOut) {
  EXPECT_EQ(machine_of({item(35000, 1, ""), "", "", ""}).error().code, "ovf.unknown-device");
  EXPECT_TRUE(machine_of({item(35000, 1, "", R"( ovf:required="false")"), "", "", ""}).ok());
}

TEST(Validate, NamesWhatIsWrong) {
  Document document;
  document.envelope = R"(<DiskSection><Info/>
    <Disk ovf:diskId="a" ovf:fileRef="nowhere" ovf:capacity="x"/>
    <Disk ovf:diskId="a" ovf:capacity="1" ovf:parentRef="b"/>
    <Disk ovf:diskId="c" ovf:capacity="1" ovf:parentRef="c"/></DiskSection>
    <odd:Section xmlns:odd="urn:odd"><Info/></odd:Section>)";
  document.items = item(3, 1, "") + item(4, 1, "");
  const Concerns concerns = judged(document);
  for (const char* code :
       {"ovf.unknown-file", "ovf.capacity", "ovf.duplicate-id", "ovf.unknown-parent",
        "ovf.parent-cycle", "ovf.unknown-section", "ovf.duplicate-instance"})
    EXPECT_TRUE(has(concerns, code, Severity::critical)) << code;
}

TEST(Validate, GoodDocumentHasNoCriticalConcern) {
  Document document;
  document.items = item(3, 1, quantity("1"));
  for (const Concern& concern : judged(document))
    EXPECT_NE(concern.severity, Severity::critical) << concern.message;
}

TEST(Dialects, AreToldApartAndOthersRefused) {
  for (const auto& [uri, dialect] :
       {std::pair("http://www.vmware.com/schema/ovf/1/envelope", Dialect::ovf_0_9),
        std::pair("http://schemas.dmtf.org/ovf/envelope/2", Dialect::ovf_2)}) {
    Document document;
    document.uri = uri;
    Concerns concerns;
    const auto envelope = parse_envelope(document.text(), "a.ovf", concerns);
    ASSERT_TRUE(envelope.ok()) << uri;
    EXPECT_EQ(envelope->dialect, dialect);
  }
  Document document;
  document.uri = "http://schemas.dmtf.org/ovf/envelope/3";
  Concerns concerns;
  EXPECT_EQ(parse_envelope(document.text(), "a.ovf", concerns).error().code, "ovf.namespace");
}

TEST(Collections, NestAndPassTheirProductsOn) {
  const std::string text = R"(<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
      xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"><References/>
    <VirtualSystemCollection ovf:id="all"><Info/>
      <ProductSection><Info/><Property ovf:key="shared" ovf:type="string"/></ProductSection>
      <StartupSection><Info/><Item ovf:id="db" ovf:order="1" ovf:startDelay="30"/></StartupSection>
      <VirtualSystem ovf:id="db"><Info/></VirtualSystem>
      <VirtualSystemCollection ovf:id="web"><Info/>
        <VirtualSystem ovf:id="web1"><Info/>
          <ProductSection><Info/><Property ovf:key="own" ovf:type="string"/></ProductSection>
        </VirtualSystem></VirtualSystemCollection>
    </VirtualSystemCollection></Envelope>)";
  Concerns concerns;
  const auto envelope = parse_envelope(text, "a.ovf", concerns);
  ASSERT_TRUE(envelope.ok()) << describe(envelope.error());
  const auto systems = envelope->virtual_systems();
  ASSERT_EQ(systems.size(), 2U);
  EXPECT_EQ(systems[1]->id, "web1");
  EXPECT_EQ(envelope->path_to(*systems[1]).size(), 3U);
  const auto products = products_in_scope(*envelope, *systems[1]);
  ASSERT_EQ(products.size(), 2U);
  EXPECT_EQ(products[0]->properties[0].key, "own");
  EXPECT_EQ(envelope->content.startup[0].start_delay, 30);
}

TEST(Hostile, WhatCouldHurtAParserIsRefusedBefore) {
  const auto code_of = [](const std::string& text) {
    Concerns concerns;
    return parse_envelope(text, "a.ovf", concerns).error().code;
  };
  EXPECT_EQ(code_of("<!DOCTYPE x [<!ENTITY a SYSTEM \"/etc/passwd\">]><Envelope/>"), "ovf.doctype");
  std::string deep;
  for (int i = 0; i < 300; ++i)
    deep += "<a>";
  EXPECT_EQ(code_of(deep), "ovf.too-deep");
  EXPECT_EQ(code_of("<Envelope>\xff</Envelope>"), "ovf.encoding");
  EXPECT_EQ(code_of(std::string("<Envelope>\0</Envelope>", 22)), "ovf.nul");
  EXPECT_EQ(code_of("  \n"), "ovf.empty");
  EXPECT_EQ(code_of("<Envelope><a></Envelope>"), "ovf.not-well-formed");
  EXPECT_EQ(code_of("<html/>"), "ovf.not-an-envelope");
}

TEST(Encodings, ByteOrderMarksAndUtf16AreRead) {
  Document document;
  Concerns concerns;
  EXPECT_TRUE(parse_envelope("\xEF\xBB\xBF" + document.text(), "a.ovf", concerns).ok());
  std::string wide = "\xFF\xFE";
  for (const char c : document.text())
    wide += std::string{c, '\0'};
  EXPECT_TRUE(parse_envelope(wide, "a.ovf", concerns).ok());
}

}  // namespace
}  // namespace ovaport::ovf
