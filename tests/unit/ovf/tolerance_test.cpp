#include <gtest/gtest.h>

#include <algorithm>

#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {
namespace {

constexpr const char* kRasd =
    R"(xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData")";

/// A whole descriptor around the given parts.
struct Parts {
  std::string root = R"(xmlns="http://schemas.dmtf.org/ovf/envelope/1" )"
                     R"(xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1")";
  std::string files;
  std::string disks;
  std::string sections;  // of the envelope
  std::string system;    // inside the virtual system, before the hardware
  std::string items;
  std::string info = "<Info/>";

  [[nodiscard]] std::string text() const {
    return "<Envelope " + root + " " + kRasd + "><References>" + files +
           "</References><DiskSection><Info/>" + disks + "</DiskSection>" + sections +
           R"(<VirtualSystem ovf:id="vm">)" + info + system + "<VirtualHardwareSection><Info/>" +
           items + "</VirtualHardwareSection></VirtualSystem></Envelope>";
  }
};

/// Everything that reading, judging and configuring a descriptor finds, an error as a
/// critical concern.
Concerns found(const std::string& xml) {
  Concerns concerns;
  const auto failed = [&](const Error& error) {
    Concern concern;
    concern.code = error.code;
    concern.severity = Severity::critical;
    concerns.push_back(concern);
  };
  const auto envelope = parse_envelope(xml, "a.ovf", concerns);
  if (!envelope.ok()) {
    failed(envelope.error());
    return concerns;
  }
  for (Concern& concern : validate(*envelope))
    concerns.push_back(std::move(concern));
  for (const Content* system : envelope->virtual_systems())
    if (const auto machine = configure(*envelope, *system, {}, concerns); !machine.ok())
      failed(machine.error());
  return concerns;
}

const Concern* find(const Concerns& concerns, const std::string& code) {
  const auto found = std::find_if(concerns.begin(), concerns.end(),
                                  [&](const Concern& concern) { return concern.code == code; });
  return found == concerns.end() ? nullptr : &*found;
}

bool is_refused(const Concerns& concerns) {
  return std::any_of(concerns.begin(), concerns.end(),
                     [](const Concern& concern) { return concern.severity == Severity::critical; });
}

std::string item(const std::string& type, const std::string& id, const std::string& rest,
                 const std::string& attributes = "") {
  return "<Item " + attributes + ">" +
         (id.empty() ? "" : "<rasd:InstanceID>" + id + "</rasd:InstanceID>") +
         (type.empty() ? "" : "<rasd:ResourceType>" + type + "</rasd:ResourceType>") + rest +
         "</Item>";
}

constexpr const char* kMegabytes = "<rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>";

std::string memory(const std::string& id, const std::string& size,
                   const std::string& attributes = "") {
  return item("4", id, kMegabytes + ("<rasd:VirtualQuantity>" + size + "</rasd:VirtualQuantity>"),
              attributes);
}

struct Case {
  const char* code;
  bool refused;
  Parts parts;
};

Parts with(std::string Parts::*member, std::string text) {
  Parts parts;
  parts.*member = std::move(text);
  return parts;
}

// What deviates from the standard, and whether that is tolerated.
TEST(Tolerance, EachDeviationHasItsFindingAndVerdict) {
  const std::string file = R"(<File ovf:id="f" ovf:href="d.vmdk"/>)";
  Parts shared = with(&Parts::files, file);
  shared.disks = R"(<Disk ovf:diskId="a" ovf:capacity="8" ovf:fileRef="f" ovf:format="x"/>)"
                 R"(<Disk ovf:diskId="b" ovf:capacity="8" ovf:fileRef="f" ovf:format="x"/>)";
  Parts order = with(&Parts::files, file + R"(<File ovf:id="g" ovf:href="e.vmdk"/>)");
  order.disks = R"(<Disk ovf:diskId="a" ovf:capacity="8" ovf:fileRef="g" ovf:format="x"/>)"
                R"(<Disk ovf:diskId="b" ovf:capacity="8" ovf:fileRef="f" ovf:format="x"/>)";
  Parts populated;
  populated.disks = R"(<Disk ovf:diskId="a" ovf:capacity="1" ovf:populatedSize="1048577" )"
                    R"(ovf:capacityAllocationUnits="byte * 2^20" ovf:format="x"/>)";
  Parts version = with(&Parts::root, R"(xmlns="http://schemas.dmtf.org/ovf/envelope/1" )"
                                     R"(xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" )"
                                     R"(ovf:version="3.1")");
  Parts unbound = with(&Parts::root, R"(xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1")");
  const std::vector<Case> cases{
      {"ovf.no-info", false, with(&Parts::info, "")},
      {"ovf.version", false, version},
      {"ovf.no-namespace", false, unbound},
      {"ovf.unbound-prefix", false, with(&Parts::disks, R"(<nowhere:Info/>)")},
      {"ovf.unbound-prefix", false,
       with(&Parts::disks,
            R"(<x xmlns:n="urn:n"/><Disk ovf:diskId="a" n:b="1" ovf:capacity="8"/>)")},
      {"ovf.shared-file", false, shared},
      {"ovf.disk-order", false, order},
      {"ovf.populated-size", false, populated},
      {"ovf.no-format", false, with(&Parts::disks, R"(<Disk ovf:diskId="a" ovf:capacity="8"/>)")},
      {"ovf.remote-href", false,
       with(&Parts::files, R"(<File ovf:id="f" ovf:href="https://example.com/d.vmdk"/>)")},
      {"ovf.misplaced-section", false,
       with(&Parts::sections, "<AnnotationSection><Info/></AnnotationSection>")},
      {"ovf.misplaced-section", false,
       with(&Parts::system, "<StartupSection><Info/></StartupSection>")},
      {"ovf.unknown-element", false, with(&Parts::disks, "<Novelty/>")},
      {"ovf.unknown-element", false, with(&Parts::disks, R"(<Novelty ovf:required="false"/>)")},
      {"ovf.required-element", true, with(&Parts::disks, R"(<Novelty ovf:required="true"/>)")},
      {"ovf.required-element", true,
       with(&Parts::items, item("20", "1", R"(<rasd:Novelty ovf:required="true"/>)"))},
      {"ovf.no-instance-id", false, with(&Parts::items, item("20", "", ""))},
      {"ovf.no-resource-type", false, with(&Parts::items, item("", "1", ""))},
      {"ovf.several-items", false, with(&Parts::items, memory("1", "64") + memory("2", "128"))},
      {"ovf.bound", true, with(&Parts::items, memory("1", "64", R"(ovf:bound="max")"))},
      {"ovf.duplicate-instance", true, with(&Parts::items, memory("1", "64") + memory("1", "128"))},
      {"ovf.no-property-type", false,
       with(&Parts::system, R"(<ProductSection><Info/><Property ovf:key="a"/></ProductSection>)")},
      {"ovf.duplicate-product", false,
       with(&Parts::system, R"(<ProductSection ovf:class="c"><Info/></ProductSection>)"
                            R"(<ProductSection ovf:class="c"><Info/></ProductSection>)")},
      {"ovf.encrypted", true,
       with(&Parts::sections, "<EncryptionSection><Info/></EncryptionSection>")},
      {"ovf.not-carried-over", false,
       with(&Parts::system, "<EnvironmentFilesSection><Info/></EnvironmentFilesSection>")},
      {"ovf.unknown-section", true, with(&Parts::system, "<QuantumSection/>")},
      {"ovf.unknown-section", true,
       with(&Parts::system, R"(<v:vServiceDependencySection )"
                            R"(xmlns:v="http://www.vmware.com/schema/ovf"/>)")},
      {"ovf.section-ignored", false,
       with(&Parts::system, R"(<v:TagSection xmlns:v="http://www.vmware.com/schema/ovf"/>)")},
  };
  for (const Case& c : cases) {
    const Concerns concerns = found(c.parts.text());
    EXPECT_NE(find(concerns, c.code), nullptr) << c.code << "\n" << c.parts.text();
    EXPECT_EQ(is_refused(concerns), c.refused) << c.code;
  }
  EXPECT_FALSE(is_refused(found(Parts{}.text())));
}

TEST(Tolerance, FindingsSayWhereByPathAndLine) {
  const Concerns concerns = found(with(&Parts::disks, "<Disk/>\n<Novelty/>").text());
  const Concern* unknown = find(concerns, "ovf.unknown-element");
  ASSERT_NE(unknown, nullptr);
  EXPECT_EQ(unknown->element, "Envelope/DiskSection/Novelty");
  EXPECT_EQ(unknown->line, 2);
  EXPECT_EQ(unknown->file, "a.ovf");
}

TEST(Tolerance, ManyFindingsAreBoundedButACriticalOneIsKept) {
  std::string disks;
  for (int i = 0; i < 5000; ++i)
    disks += "<Novelty/>";
  const Concerns concerns =
      found(with(&Parts::disks, disks + R"(<Novelty ovf:required="true"/>)").text());
  EXPECT_LT(concerns.size(), 1300U);
  EXPECT_TRUE(is_refused(concerns));
}

TEST(Tolerance, AnEulaBesideTheVirtualSystemIsStillItsEula) {
  Concerns concerns;
  const auto envelope = parse_envelope(
      with(&Parts::sections, "<EulaSection><Info/><License>Be nice</License></EulaSection>").text(),
      "a.ovf", concerns);
  ASSERT_TRUE(envelope.ok());
  ASSERT_EQ(envelope->content.eulas.size(), 1U);
  EXPECT_EQ(envelope->content.eulas[0].text, "Be nice");
}

TEST(Tolerance, TheItemForTheFewestOptionsCounts) {
  Parts parts;
  parts.sections =
      R"(<DeploymentOptionSection><Info/><Configuration ovf:id="m"/><Configuration ovf:id="l"/>)"
      "</DeploymentOptionSection>";
  parts.items = memory("1", "64") + memory("1", "128", R"(ovf:configuration="m l")") +
                memory("1", "256", R"(ovf:configuration="l")");
  Concerns concerns;
  const auto envelope = parse_envelope(parts.text(), "a.ovf", concerns);
  ASSERT_TRUE(envelope.ok());
  for (const auto& [option, size] : {std::pair{"m", 128U}, std::pair{"l", 256U}}) {
    MachineChoices choices;
    choices.option = option;
    const auto machine =
        configure(*envelope, *envelope->virtual_systems().front(), choices, concerns);
    ASSERT_TRUE(machine.ok());
    EXPECT_EQ(machine->memory, std::uint64_t{size} << 20);
  }
}

TEST(Tolerance, TwoVirtualSystemsOfOneIdAreRefusedButACollectionMayShareIt) {
  const auto collection = [](const std::string& ids) {
    return R"(<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" )"
           R"(xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"><References/>)"
           R"(<VirtualSystemCollection ovf:id="app"><Info/>)" +
           ids + "</VirtualSystemCollection></Envelope>";
  };
  const std::string one = R"(<VirtualSystem ovf:id="app"><Info/></VirtualSystem>)";
  EXPECT_FALSE(is_refused(found(collection(one))));
  EXPECT_NE(find(found(collection(one)), "ovf.shared-id"), nullptr);
  EXPECT_TRUE(is_refused(found(collection(one + one))));
  EXPECT_NE(find(found(collection("")), "ovf.no-virtual-system"), nullptr);
}

}  // namespace
}  // namespace ovaport::ovf
