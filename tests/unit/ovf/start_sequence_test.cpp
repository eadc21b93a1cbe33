#include "ovaport/ovf/start_sequence.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ovaport::ovf {
namespace {

std::string system(const std::string& id, const std::string& sections = "") {
  return "<VirtualSystem ovf:id=\"" + id + "\"><Info/>" + sections + "</VirtualSystem>";
}

std::string collection(const std::string& id, const std::string& items,
                       const std::string& members) {
  return "<VirtualSystemCollection ovf:id=\"" + id + "\"><Info/><StartupSection><Info/>" + items +
         "</StartupSection>" + members + "</VirtualSystemCollection>";
}

struct Read {
  Envelope envelope;
  StartSequence sequence;
  Concerns concerns;

  // "db@1 web@2 …", in starting order; a trailing "-" for what is not started.
  [[nodiscard]] std::string order() const {
    std::string text;
    for (const StartStep& step : sequence.steps)
      text += (text.empty() ? "" : " ") + step.system->id + "@" + std::to_string(step.stage) +
              (step.start ? "" : "-");
    return text;
  }

  [[nodiscard]] const StartStep& step(std::string_view id) const {
    return *std::find_if(sequence.steps.begin(), sequence.steps.end(),
                         [&](const StartStep& step) { return step.system->id == id; });
  }

  [[nodiscard]] long count(std::string_view code) const {
    return std::count_if(concerns.begin(), concerns.end(),
                         [&](const Concern& concern) { return concern.code == code; });
  }
};

void read(const std::string& content, Read& out) {
  Concerns ignored;
  auto envelope =
      parse_envelope(R"(<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" )"
                     R"(xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"><References/>)" +
                         content + "</Envelope>",
                     "a.ovf", ignored);
  ASSERT_TRUE(envelope.ok()) << describe(envelope.error());
  out.envelope = std::move(*envelope);
  out.sequence = start_sequence(out.envelope, out.concerns);
}

TEST(StartSequence, AscendsByOrderWithGapsAndEqualOrdersTogether) {
  Read result;
  read(collection("app",
                  R"(<Item ovf:id="web" ovf:order="30"/><Item ovf:id="db" ovf:order="2"/>)"
                  R"(<Item ovf:id="cache" ovf:order="2"/>)",
                  system("late") + system("web") + system("db") + system("cache")),
       result);
  EXPECT_TRUE(result.sequence.ordered);
  EXPECT_EQ(result.order(), "db@1 cache@1 web@2 late@3");
  EXPECT_TRUE(result.concerns.empty());
}

TEST(StartSequence, CarriesDelaysWaitsAndActions) {
  Read result;
  read(collection("app",
                  R"(<Item ovf:id="db" ovf:order="0" ovf:startDelay="40" )"
                  R"(ovf:waitingForGuest="true" ovf:stopDelay="7" ovf:stopAction="guestShutdown"/>)"
                  R"(<Item ovf:id="spare" ovf:order="1" ovf:startAction="none"/>)",
                  system("db") + system("spare")),
       result);
  EXPECT_EQ(result.step("db").start_delay, 40);
  EXPECT_TRUE(result.step("db").wait_for_guest);
  EXPECT_EQ(result.step("db").stop_delay, 7);
  EXPECT_EQ(result.step("db").stop_action, StopAction::guest_shutdown);
  EXPECT_EQ(result.order(), "db@1 spare@2-");
}

TEST(StartSequence, RunsThroughNestedCollections) {
  Read result;
  const std::string inner =
      collection("tier", R"(<Item ovf:id="a" ovf:order="1"/><Item ovf:id="b" ovf:order="2"/>)",
                 system("a") + system("b"));
  read(collection("app",
                  R"(<Item ovf:id="tier" ovf:order="1" ovf:startDelay="9"/>)"
                  R"(<Item ovf:id="beside" ovf:order="1"/><Item ovf:id="front" ovf:order="2"/>)",
                  system("front") + inner + system("beside")),
       result);
  EXPECT_EQ(result.order(), "a@1 beside@1 b@2 front@3");
  EXPECT_EQ(result.step("a").start_delay, 0);
  EXPECT_EQ(result.step("b").start_delay, 9);
}

TEST(StartSequence, ReportsWhatItCannotFollow) {
  Read result;
  read(collection("app",
                  R"(<Item ovf:id="gone" ovf:order="1"/>)"
                  R"(<Item ovf:id="a" ovf:order="1" ovf:stopAction="none"/>)"
                  R"(<Item ovf:id="a" ovf:order="9" ovf:stopAction="suspend"/>)"
                  R"(<Item ovf:id="b" ovf:order="1" ovf:stopAction="suspend"/>)",
                  system("a") + system("b")),
       result);
  EXPECT_EQ(result.count("ovf.startup-unknown"), 1);
  EXPECT_EQ(result.count("ovf.startup-twice"), 1);
  EXPECT_EQ(result.count("ovf.startup-never-stopped"), 1);
  EXPECT_EQ(result.count("ovf.startup-action"), 1);
  EXPECT_EQ(result.step("a").stop_action, StopAction::none);
  EXPECT_EQ(result.step("b").stop_action, StopAction::power_off);
}

TEST(StartSequence, IsNoneWithoutSectionsButCountsAnInstallBoot) {
  Read plain;
  read("<VirtualSystemCollection ovf:id=\"app\"><Info/>" + system("a") + system("b") +
           "</VirtualSystemCollection>",
       plain);
  EXPECT_FALSE(plain.sequence.ordered);
  EXPECT_EQ(plain.order(), "a@1 b@1");
  Read install;
  read(system("a", R"(<InstallSection ovf:initialBootStopDelay="300"><Info/></InstallSection>)"),
       install);
  EXPECT_TRUE(install.sequence.ordered);
  EXPECT_EQ(install.step("a").install_boot, 300);
}

TEST(Collection, PlacementAndScaleOutAreReadByNamespaceNotByEnvelope) {
  Concerns concerns;
  const auto envelope = parse_envelope(
      R"(<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
          xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
          xmlns:o2="http://schemas.dmtf.org/ovf/envelope/2"
          xmlns:vmw="http://www.vmware.com/schema/ovf"><References/>
        <o2:PlacementGroupSection o2:id="g" o2:policy="availability" ovf:required="false"><Info/>
        </o2:PlacementGroupSection>
        <vmw:IpAssignmentSection vmw:protocols="IPv4,IPv6" vmw:schemes="ovfenv dhcp"><Info/>
        </vmw:IpAssignmentSection>
        <VirtualSystemCollection ovf:id="app"><Info/>
          <o2:ScaleOutSection o2:id="web"><Info/>
            <o2:InstanceCount o2:minimum="2" o2:default="4" o2:maximum="x"/></o2:ScaleOutSection>
          <VirtualSystem ovf:id="web"><Info/>
            <o2:PlacementSection o2:group="g"><Info/></o2:PlacementSection></VirtualSystem>
          <VirtualSystem ovf:id="free"><Info/></VirtualSystem>
        </VirtualSystemCollection></Envelope>)",
      "a.ovf", concerns);
  ASSERT_TRUE(envelope.ok()) << describe(envelope.error());
  const auto systems = envelope->virtual_systems();
  const PlacementGroup* group = envelope->placement_of(*systems[0]);
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(group->policy, "availability");
  EXPECT_EQ(envelope->placement_of(*systems[1]), nullptr);
  const IpAssignment* assignment = envelope->ip_assignment_of(*systems[1]);
  ASSERT_NE(assignment, nullptr);
  EXPECT_EQ(assignment->protocols, (std::vector<std::string>{"IPv4", "IPv6"}));
  EXPECT_EQ(assignment->schemes, (std::vector<std::string>{"ovfenv", "dhcp"}));
  const auto& scales = envelope->content.scale_outs;
  ASSERT_EQ(scales.size(), 1U);
  EXPECT_EQ(scales[0].standard, 4U);
  EXPECT_EQ(scales[0].minimum, 2U);
  EXPECT_FALSE(scales[0].maximum.has_value());
  const auto said = std::find_if(concerns.begin(), concerns.end(), [](const Concern& concern) {
    return concern.message.find("4 (2 to any number) copies") != std::string::npos;
  });
  EXPECT_NE(said, concerns.end());
}

}  // namespace
}  // namespace ovaport::ovf
