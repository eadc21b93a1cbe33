#include "ovaport/kubevirt/manifests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "ovaport/base/file.h"
#include "samples.h"

namespace ovaport::kubevirt {
namespace {

using Json = nlohmann::json;
using samples::Sample;

std::vector<Manifest> rendered(const Sample& sample) {
  Concerns concerns;
  const auto plan = plan_machine(sample.machine, sample.choices, concerns);
  EXPECT_TRUE(plan.ok());
  if (!plan.ok()) return {};
  return render(*plan, sample.environment);
}

Json machine_of(const Sample& sample) {
  return Json::parse(rendered(sample).back().json);
}

// OVAPORT_UPDATE_GOLDEN=1 writes what is rendered now; read the difference then.
void expect_golden(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::path(OVAPORT_SOURCE_DIR) / "tests/unit/kubevirt/golden" / name;
  if (std::getenv("OVAPORT_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::remove(path);
    ASSERT_TRUE(write_new_file(path, text).ok());
  }
  const auto golden = read_file(path, 1U << 20);
  ASSERT_TRUE(golden.ok()) << describe(golden.error());
  EXPECT_EQ(*golden, text) << name;
}

TEST(Manifests, AreAsReviewed) {
  for (const Sample& sample : samples::all()) {
    expect_golden(sample.name + ".yaml", to_yaml(rendered(sample)));
    expect_golden(sample.name + ".json", to_json(rendered(sample)));
  }
}

TEST(Manifests, ComeInTheOrderOfCreation) {
  std::vector<std::string> kinds;
  for (const Manifest& manifest : rendered(samples::two_disks_two_networks()))
    kinds.push_back(manifest.kind + "/" + manifest.name);
  EXPECT_THAT(kinds, testing::ElementsAre("Secret/firewall-ovf-env", "DataVolume/firewall-disk0",
                                          "DataVolume/firewall-disk1", "VirtualMachine/firewall"));
}

TEST(Manifests, CarryTheEnvironmentUnderItsFileNameOnly) {
  const Sample sample = samples::linux_bios();
  const Json secret = Json::parse(rendered(sample).front().json);
  EXPECT_EQ(secret["stringData"], Json({{"ovf-env.xml", sample.environment}}));
}

TEST(Manifests, KeepTheEnvironmentOutOfEverythingElse) {
  Sample sample = samples::linux_bios();
  sample.environment = "hunter2";
  auto manifests = rendered(sample);
  manifests.erase(manifests.begin());
  EXPECT_EQ(to_json(manifests).find("hunter2"), std::string::npos);
}

TEST(Manifests, AttachTheConfigDiskAsASataCdrom) {
  const Json spec = machine_of(samples::linux_bios())["spec"]["template"]["spec"];
  const Json& disk = spec["domain"]["devices"]["disks"].back();
  EXPECT_EQ(disk["cdrom"]["bus"], "sata");
  EXPECT_FALSE(disk.contains("bootOrder")) << "nobody boots from it";
  const Json& volume = spec["volumes"].back();
  EXPECT_EQ(volume["name"], disk["name"]);
  EXPECT_EQ(volume["secret"]["volumeLabel"], "OVF ENV");
  EXPECT_EQ(volume["secret"]["secretName"], "debian-server-ovf-env");
}

TEST(Manifests, SaySecureBootExplicitly) {
  Sample sample = samples::two_disks_two_networks();
  Json domain = machine_of(sample)["spec"]["template"]["spec"]["domain"];
  EXPECT_EQ(domain["firmware"]["bootloader"]["efi"]["secureBoot"], false);
  EXPECT_FALSE(domain["features"].contains("smm"));
  domain = machine_of(samples::windows_secure_boot())["spec"]["template"]["spec"]["domain"];
  EXPECT_EQ(domain["firmware"]["bootloader"]["efi"]["secureBoot"], true);
  EXPECT_EQ(domain["features"]["smm"]["enabled"], true);
}

TEST(Manifests, GetNoNetworkBehindTheUsersBack) {
  const Json spec = machine_of(samples::blank_disk())["spec"]["template"]["spec"];
  EXPECT_EQ(spec["domain"]["devices"]["autoattachPodInterface"], false);
  EXPECT_TRUE(spec["networks"].empty());
}

TEST(Manifests, CutLongTextsBetweenCharacters) {
  Sample sample = samples::linux_bios();
  sample.machine.annotation.clear();
  for (int i = 0; i < 5000; ++i)
    sample.machine.annotation += "机";
  const std::string text = machine_of(sample)["metadata"]["annotations"]["description"];
  EXPECT_LT(text.size(), 2100U);
  EXPECT_EQ(text.size() % 3, 0U);
}

TEST(Admission, FindsNothingInWhatIsRendered) {
  for (const Sample& sample : samples::all())
    for (const Concern& concern : check_admission(rendered(sample)))
      ADD_FAILURE() << sample.name << ": " << concern.message;
}

struct Fault {
  std::string code;
  std::string pointer;
  Json value;
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.code << " " << fault.pointer;
}

// One change each to the manifests of two_disks_two_networks().
class AdmissionFault : public testing::TestWithParam<Fault> {};

TEST_P(AdmissionFault, IsFound) {
  const Fault& fault = GetParam();
  auto manifests = rendered(samples::two_disks_two_networks());
  Json::json_pointer path(fault.pointer);
  const std::size_t index = std::stoul(path.to_string().substr(1, 1));
  Json object = Json::parse(manifests[index].json);
  path = Json::json_pointer(fault.pointer.substr(2));
  ASSERT_NE(object.value(path, Json("absent")), fault.value);
  object[path] = fault.value;
  manifests[index].json = object.dump();
  std::vector<std::string> codes;
  for (const Concern& concern : check_admission(manifests)) {
    codes.push_back(concern.code);
    EXPECT_EQ(concern.severity, Severity::critical);
  }
  EXPECT_THAT(codes, testing::Contains(fault.code));
}

// Manifests 0 to 3: Secret, two DataVolumes, VirtualMachine.
const std::string kDomain = "/3/spec/template/spec/domain";
const std::string kDisk = kDomain + "/devices/disks/0";
const std::string kNic = kDomain + "/devices/interfaces/1";
const std::string kInner = "/3/spec/template/spec";
const Json kObject = Json::object();

INSTANTIATE_TEST_SUITE_P(
    Rules, AdmissionFault,
    testing::Values(
        Fault{"kubevirt.name", "/3/metadata/name", "Upper"},
        Fault{"kubevirt.namespace", "/1/metadata/namespace", "a.b"},
        Fault{"kubevirt.label", "/3/metadata/labels/x", std::string(64, 'a')},
        Fault{"kubevirt.label", "/3/metadata/labels/x", "-a"},
        Fault{"kubevirt.annotations", "/3/metadata/annotations/x", std::string(256U << 10, 'a')},
        Fault{"kubevirt.environment-too-large", "/0/stringData/ovf-env.xml",
              std::string(901U << 10, 'a')},
        Fault{"kubevirt.secret-key", "/0/stringData/a b", "x"},
        Fault{"kubevirt.volume-size", "/1/spec/storage/resources/requests/storage", "1048575"},
        Fault{"kubevirt.volume-size", "/1/spec/storage/resources/requests/storage",
              "18446744073709551615"},
        Fault{"kubevirt.volume-source", "/1/spec/source/blank", kObject},
        Fault{"kubevirt.volume-storage", "/1/spec/pvc", kObject},
        Fault{"kubevirt.run-strategy", "/3/spec/runStrategy", "Bogus"},
        Fault{"kubevirt.run-strategy", "/3/spec/running", true},
        Fault{"kubevirt.hostname", kInner + "/hostname", "a.b"},
        Fault{"kubevirt.cpu", kDomain + "/cpu/sockets", 0},
        Fault{"kubevirt.cpu", kDomain + "/cpu/cores", -1},
        Fault{"kubevirt.memory", kDomain + "/memory/guest", "0Mi"},
        Fault{"kubevirt.machine-type", kDomain + "/machine/type", "pc-i440fx"},
        Fault{"kubevirt.bootloader", kDomain + "/firmware/bootloader/bios", kObject},
        Fault{"kubevirt.secure-boot", kDomain + "/firmware/bootloader/efi", kObject},
        Fault{"kubevirt.hyperv", kDomain + "/features/hyperv", {{"tlbflush", kObject}}},
        Fault{"kubevirt.disk-name", kDisk + "/name", "disk1"},
        Fault{"kubevirt.disk-bus", kDisk + "/disk/bus", "ide"},
        Fault{"kubevirt.disk-bus", kDomain + "/devices/disks/2/cdrom/bus", "virtio"},
        Fault{"kubevirt.disk-target", kDisk + "/cdrom", {{"bus", "sata"}}},
        Fault{"kubevirt.readonly", kDisk + "/disk", {{"bus", "sata"}, {"readonly", true}}},
        Fault{"kubevirt.boot-order", kDisk + "/bootOrder", 2},
        Fault{"kubevirt.boot-order", kNic + "/bootOrder", 0},
        Fault{"kubevirt.serial", kDisk + "/serial", "a b"},
        Fault{"kubevirt.serial", kDisk + "/serial", std::string(257, 'a')},
        Fault{"kubevirt.volume-name", kInner + "/volumes/0/name", "other"},
        Fault{"kubevirt.volume-source", kInner + "/volumes/0/secret", kObject},
        Fault{"kubevirt.volume-source", kInner + "/volumes/2/secret/secretName", ""},
        Fault{"kubevirt.volume-label", kInner + "/volumes/2/secret/volumeLabel",
              std::string(33, 'a')},
        Fault{"kubevirt.disk-volume",
              kDomain + "/devices/disks/3",
              {{"name", "more"}, {"disk", {{"bus", "virtio"}}}}},
        Fault{"kubevirt.two-pod-networks", kInner + "/networks/0", {{"name", "net0"}, {"pod", {}}}},
        Fault{"kubevirt.network-source", kInner + "/networks/0/pod", kObject},
        Fault{"kubevirt.network-source", kInner + "/networks/0/multus/networkName", ""},
        Fault{"kubevirt.network", kInner + "/networks/0/name", "other"},
        Fault{"kubevirt.interface-name", kNic + "/name", "net0"},
        Fault{"kubevirt.nic-model", kNic + "/model", "vmxnet3"},
        Fault{"kubevirt.mac", kNic + "/macAddress", "00:50:56:9a:11"},
        Fault{"kubevirt.mac", kNic + "/macAddress", "00:50:56:9A:11:22"},
        Fault{"kubevirt.mac", kNic + "/macAddress", "02:00:00:00:00:00"},
        Fault{"kubevirt.binding", kNic + "/bridge", kObject},
        Fault{"kubevirt.binding",
              kDomain + "/devices/interfaces/0",
              {{"name", "net0"},
               {"model", "virtio"},
               {"macAddress", "02:00:00:00:00:01"},
               {"masquerade", kObject}}},
        Fault{"kubevirt.malformed", kDomain + "/devices", nullptr},
        Fault{"kubevirt.malformed", "/3/metadata", 1}));

TEST(Admission, SurvivesWhatIsNoManifest) {
  for (const char* text : {"", "{", "[]", "1", "{}", R"({"metadata":[]})"}) {
    const Concerns concerns = check_admission({{"VirtualMachine", "x", text}});
    ASSERT_EQ(concerns.size(), 1U) << text;
    EXPECT_EQ(concerns[0].code, "kubevirt.malformed");
  }
}

}  // namespace
}  // namespace ovaport::kubevirt
