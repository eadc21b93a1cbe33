#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud_init.h"
#include "conversion_rules.h"
#include "efi_fallback.h"
#include "injector.h"
#include "libvirt_xml.h"
#include "systemd_units.h"

namespace ovaport::guest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Inspection debian() {
  Inspection guest;
  guest.kind = SystemKind::linux_system;
  guest.roots = {"/dev/sda1"};
  guest.distribution = "debian";
  guest.package_format = "deb";
  guest.boot_loader = "grub2";
  guest.architecture = "x86_64";
  Kernel kernel;
  kernel.version = "6.1.0";
  kernel.initramfs_read = true;
  guest.kernels = {kernel};
  return guest;
}

Inspection windows(int major, int minor) {
  Inspection guest;
  guest.kind = SystemKind::windows;
  guest.major_version = major;
  guest.minor_version = minor;
  return guest;
}

TEST(Recommend, VirtioOnlyWhenTheNewestKernelStartsWithIt) {
  Inspection guest = debian();
  guest.kernels[0].virtio_blk = true;
  guest.kernels[0].virtio_net = true;
  const Recommendation proven = recommend(guest);
  EXPECT_EQ(proven.disk_bus, "virtio");
  EXPECT_EQ(proven.nic_model, "virtio");
  EXPECT_TRUE(proven.virtio_disk_proven);
  EXPECT_TRUE(proven.virtio_net_proven);

  guest.kernels.insert(guest.kernels.begin(), Kernel{});
  guest.kernels[0].ahci = true;
  guest.kernels[0].e1000e = true;
  const Recommendation safe = recommend(guest);
  EXPECT_EQ(safe.disk_bus, "sata");
  EXPECT_EQ(safe.nic_model, "e1000e");
  EXPECT_FALSE(safe.virtio_disk_proven);
  EXPECT_FALSE(safe.virtio_net_proven);
}

TEST(Recommend, VirtioScsiWhenThatIsAllThereIs) {
  Inspection guest = debian();
  guest.kernels[0].virtio_scsi = true;
  guest.kernels[0].ahci = true;
  EXPECT_EQ(recommend(guest).disk_bus, "scsi");
  EXPECT_TRUE(recommend(guest).virtio_disk_proven);
}

TEST(Recommend, WindowsWithoutDriversGetsWhatItBrings) {
  EXPECT_EQ(recommend(windows(10, 0)).disk_bus, "sata");
  EXPECT_EQ(recommend(windows(10, 0)).nic_model, "e1000e");
  EXPECT_EQ(recommend(windows(6, 1)).nic_model, "e1000");
  Inspection guest = windows(10, 0);
  guest.virtio_win_disk = guest.virtio_win_net = true;
  EXPECT_EQ(recommend(guest).disk_bus, "virtio");
  EXPECT_EQ(recommend(guest).nic_model, "virtio");
}

TEST(Recommend, AnUnknownSystemGetsTheSafeBuses) {
  EXPECT_EQ(recommend(Inspection{}).disk_bus, "sata");
  EXPECT_FALSE(recommend(Inspection{}).virtio_disk_proven);
}

TEST(ReasonNotToConvert, IsNoneForAnOrdinaryGuest) {
  EXPECT_FALSE(reason_not_to_convert(debian(), Means{}));
}

const Means kAll{"", true, true};

TEST(ReasonNotToConvert, IsTheHostWhenAProgramIsMissing) {
  EXPECT_THAT(reason_not_to_convert(debian(), {"nbdkit", true, true})->reason, HasSubstr("nbdkit"));
}

TEST(ReasonNotToConvert, NamesWhatVirtV2vRefuses) {
  Inspection photon = debian();
  photon.distribution = "unknown";
  EXPECT_TRUE(reason_not_to_convert(photon, kAll));
  Inspection alpine = debian();
  alpine.distribution = "alpinelinux";
  EXPECT_TRUE(reason_not_to_convert(alpine, kAll));
  Inspection no_kernel = debian();
  no_kernel.kernels.clear();
  EXPECT_TRUE(reason_not_to_convert(no_kernel, kAll));
  Inspection no_loader = debian();
  no_loader.boot_loader = "systemd-boot";
  EXPECT_TRUE(reason_not_to_convert(no_loader, kAll));
  Inspection read_only = debian();
  read_only.read_only = true;
  EXPECT_TRUE(reason_not_to_convert(read_only, kAll));
}

TEST(ReasonNotToConvert, WindowsNeedsDriversAndARunner) {
  EXPECT_THAT(reason_not_to_convert(windows(10, 0), {"", false, true})->advice,
              HasSubstr("virtio_win"));
  EXPECT_THAT(reason_not_to_convert(windows(10, 0), {"", true, false})->advice,
              HasSubstr("rhsrvany"));
  EXPECT_FALSE(reason_not_to_convert(windows(10, 0), kAll));
}

TEST(ParseMessage, TellsStepsWarningsAndErrorsApart) {
  const Message step = parse_message("[  28.6] Converting Debian GNU/Linux 12 to run on KVM");
  EXPECT_EQ(step.kind, Message::Kind::step);
  EXPECT_EQ(step.text, "Converting Debian GNU/Linux 12 to run on KVM");
  EXPECT_EQ(step.percent, 25);
  const Message warning = parse_message("virt-v2v-in-place: warning: no way");
  EXPECT_EQ(warning.kind, Message::Kind::warning);
  EXPECT_EQ(warning.text, "no way");
  EXPECT_EQ(parse_message("virt-v2v-in-place: error: it broke\x1b[31m").text, "it broke\\x1b[31m");
  EXPECT_EQ(parse_message("rubbish").kind, Message::Kind::other);
  EXPECT_EQ(parse_message("").kind, Message::Kind::other);
}

TEST(DescribeRemoved, NamesPackagesAndProgramsThatAreGone) {
  Inspection before = debian();
  before.tools.packages = {"open-vm-tools", "open-vm-tools-desktop"};
  before.tools.programs = {"/usr/bin/vmtoolsd"};
  Inspection after = debian();
  after.tools.packages = {"open-vm-tools-desktop"};
  EXPECT_THAT(describe_removed(before, after),
              ElementsAre("package open-vm-tools", "/usr/bin/vmtoolsd"));
}

TEST(LibvirtXml, NamesEachDiskByItsBus) {
  const std::string text = render_libvirt_xml(
      {{"/a&b'.raw", ovf::Bus::scsi}, {"/c", ovf::Bus::ide}, {"/d", ovf::Bus::sata}}, "efi");
  EXPECT_THAT(
      text, HasSubstr("<source file='/a&amp;b&apos;.raw'/>\n      <target dev='sda' bus='scsi'/>"));
  EXPECT_THAT(text, HasSubstr("<target dev='hda' bus='ide'/>"));
  EXPECT_THAT(text, HasSubstr("<target dev='sdb' bus='sata'/>"));
  EXPECT_THAT(text, HasSubstr("<os firmware='efi'>"));
  EXPECT_THAT(text, HasSubstr("type='raw'"));
}

TEST(LibvirtXml, CountsDisksBeyondZ) {
  const std::vector<GuestDisk> disks(28, GuestDisk{"/x", ovf::Bus::scsi});
  const std::string text = render_libvirt_xml(disks, "");
  EXPECT_THAT(text, HasSubstr("dev='sdz'"));
  EXPECT_THAT(text, HasSubstr("dev='sdaa'"));
  EXPECT_THAT(text, HasSubstr("dev='sdab'"));
}

TEST(Units, ThatDemandVmwareAreFound) {
  EXPECT_TRUE(demands_vmware("[Unit]\nConditionVirtualization=vmware\n"));
  EXPECT_TRUE(demands_vmware("[Unit]\r\nConditionVirtualization = |vmware\r\n"));
  EXPECT_FALSE(demands_vmware("[Unit]\nConditionVirtualization=!vmware\n"));
  EXPECT_FALSE(demands_vmware("[Unit]\n#ConditionVirtualization=vmware\n"));
  EXPECT_FALSE(demands_vmware("[Service]\nConditionVirtualization=vmware\n"));
}

TEST(Units, KeepTheirOtherConditions) {
  const auto drop_in = render_condition_drop_in(
      "[Unit]\nConditionPathExists=/etc/x\nConditionVirtualization=vmware\n"
      "ConditionVirtualization=!container\n[Service]\nType=oneshot\n");
  ASSERT_TRUE(drop_in);
  EXPECT_THAT(*drop_in, HasSubstr("[Unit]\nConditionVirtualization=\nConditionPathExists=/etc/x\n"
                                  "ConditionVirtualization=!container\n"));
  EXPECT_THAT(*drop_in, Not(HasSubstr("=vmware")));
  EXPECT_FALSE(render_condition_drop_in("[Unit]\nDescription=x\n"));
}

TEST(Units, TheEnvironmentIsRestrictedOnDemand) {
  EXPECT_THAT(render_environment_unit(EnvironmentAccess::everyone), HasSubstr("--mode 0644\n"));
  EXPECT_THAT(render_environment_unit(EnvironmentAccess::root), HasSubstr("--mode 0600\n"));
}

TEST(CloudInit, ReadsBothFormsOfTheList) {
  EXPECT_THAT(*datasource_list("a: b\ndatasource_list: [ 'VMware', \"None\" ] # x\n"),
              ElementsAre("VMware", "None"));
  EXPECT_THAT(*datasource_list("datasource_list:\n  - VMware\n  - None\nother:\n  - X\n"),
              ElementsAre("VMware", "None"));
  EXPECT_THAT(*datasource_list("datasource_list: [ NoCloud,\n  OVF ]\nx: [Y]\n"),
              ElementsAre("NoCloud", "OVF"));
  EXPECT_FALSE(datasource_list("# datasource_list: [ None ]\n"));
}

TEST(CloudInit, IsToldAboutOvfBeforeTheEndOfTheSearch) {
  EXPECT_THAT(*render_datasource_drop_in({"VMware", "None"}),
              HasSubstr("datasource_list: [VMware, OVF, None]\n"));
  EXPECT_THAT(*render_datasource_drop_in({"VMware"}), HasSubstr("[VMware, OVF]\n"));
  EXPECT_FALSE(render_datasource_drop_in({"OVF", "None"}));
  EXPECT_FALSE(render_datasource_drop_in({}));
}

TEST(CloudInit, ALongListIsNotReplacedByACutOne) {
  std::string list = "datasource_list: [";
  for (int i = 0; i < 100; ++i)
    list += "Source" + std::to_string(i) + ", ";
  const auto sources = datasource_list(list + "None]\n");
  EXPECT_EQ(sources->size(), 64U);
  EXPECT_FALSE(render_datasource_drop_in(*sources));
}

using Copies = std::vector<std::pair<std::string, std::string>>;

TEST(EfiFallback, TakesAShimWithWhatItStarts) {
  EXPECT_EQ(
      choose_loader(
          {{"/e/aaa", {"grubx64.efi"}}, {"/e/debian", {"grub.cfg", "GRUBX64.EFI", "shimx64.efi"}}}),
      (Copies{{"/e/debian/shimx64.efi", "BOOTX64.EFI"}, {"/e/debian/GRUBX64.EFI", "grubx64.efi"}}));
}

TEST(EfiFallback, TakesAnyLoaderThatIsKnownOrNone) {
  EXPECT_EQ(choose_loader({{"/e/redhat", {"fonts"}}, {"/e/systemd", {"systemd-bootx64.efi"}}}),
            (Copies{{"/e/systemd/systemd-bootx64.efi", "BOOTX64.EFI"}}));
  EXPECT_EQ(choose_loader({{"/e/vendor", {"tool.efi"}}}), Copies{});
}

TEST(Diversion, HasDpkgsThreeLines) {
  EXPECT_EQ(render_diversion("/usr/bin/vmtoolsd"),
            "/usr/bin/vmtoolsd\n/usr/bin/vmtoolsd.vmware-orig\n:\n");
}

}  // namespace
}  // namespace ovaport::guest
