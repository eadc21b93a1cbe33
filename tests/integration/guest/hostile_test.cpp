#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <fstream>

#include "support.h"

namespace ovaport::guest::testing_support {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::string debugfs(const fs::path& image, const std::string& request) {
  return run({"debugfs", "-R", request, image.string()});
}

class HostileGuest : public GuestTest {};

constexpr const char* kLabel = "system_u:object_r:bin_t:s0";

// Everything that a file system can set against us, in one tree, since each
// appliance costs a minute: links in the places of our files, a directory inside
// itself, a FIFO that would block a reader, far too many names.
void put_traps(const fs::path& root) {
  fs::create_symlink("/etc/passwd", root / "usr/bin/vmtoolsd");
  fs::create_symlink("../../../../../../etc/shadow", root / "usr/bin/vmware-rpctool");
  fs::create_directories(root / "usr/bin/vmware-checkvm");
  fs::create_directories(root / "etc/init.d");
  fs::create_directories(root / "etc/udev/rules.d");
  fs::create_symlink("/etc/hosts", root / "etc/udev/rules.d/70-ovaport-net.rules");
  fs::create_symlink("/etc/hosts", root / "usr/bin/.ovaport-new");
  ASSERT_EQ(::mkfifo((root / "etc/init.d/blocks").c_str(), 0644), 0);
  put(root, "/opt/loop/start.sh", "#!/bin/sh\nvmtoolsd --cmd 'info-get guestinfo.ovfEnv'\n");
  for (int i = 0; i < 6000; ++i)
    put(root, "/opt/many/" + std::string(60, 'n') + std::to_string(i), "x");
  put(root, "/etc/network/interfaces", "auto ens192\niface ens192 inet dhcp\n");
  put(root, "/etc/cloud/cloud.cfg", "datasource_list: [ VMware, None ]\n");
  put(root, "/usr/lib/systemd/system/only.service",
      "[Unit]\nConditionVirtualization=vmware\nConditionPathExists=/opt\n");
  put(root, "/etc/selinux/config", "SELINUX=enforcing\n");
}

TEST_F(HostileGuest, TrapsAreNeitherFollowedNorFallenInto) {
  const fs::path root = scratch() / "root";
  put_linux(root, "photon");
  put_traps(root);
  const bool labels = ::lsetxattr((root / "usr/bin/ls").c_str(), "security.selinux", kLabel,
                                  std::string_view(kLabel).size() + 1, 0) == 0;
  put(root, "/usr/lib/modules/6.1.10-1/modules.builtin",
      "kernel/drivers/ata/ahci.ko\nkernel/drivers/scsi/sd_mod.ko\n");
  put(root, "/usr/lib/modules/6.1.10-1/modules.dep", "kernel/drivers/net/e1000e/e1000e.ko:\n");
  put(root, "/boot/vmlinuz-6.1.10-1", "kernel");
  const fs::path disk = scratch() / "disk.raw";
  make_ext4(root, disk, 128);
  run({"debugfs", "-w", "-R", "ln /opt/loop /opt/loop/again", disk.string()});

  WorkerOptions wanted = options();
  wanted.nics = {{"52:54:00:00:00:01", {}}};
  const auto report = convert({{disk, ovf::Bus::scsi}}, Mode::convert, wanted);
  ASSERT_TRUE(report) << describe(report.error());

  // Photon OS is none of virt-v2v's: injected only, with buses that it can use.
  EXPECT_FALSE(report->converted);
  EXPECT_TRUE(report->injected);
  EXPECT_THAT(codes(report->concerns), Contains("guest.not-converted"));
  EXPECT_THAT(codes(report->concerns), Contains("guest.place-taken"));
  EXPECT_EQ(report->recommendation.disk_bus, "sata");
  EXPECT_EQ(report->recommendation.nic_model, "e1000e");
  EXPECT_THAT(report->before.environment_users,
              Contains(EnvironmentUser{"/opt/loop/start.sh", "vmtoolsd"}));

  EXPECT_EQ(debugfs(disk, "cat /etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  EXPECT_EQ(debugfs(disk, "cat /etc/hosts"), "127.0.0.1 localhost\n");
  EXPECT_THAT(debugfs(disk, "stat /usr/bin/vmtoolsd"), HasSubstr("Type: regular"));
  EXPECT_THAT(debugfs(disk, "stat /usr/bin/vmtoolsd"), HasSubstr("Mode:  0755"));
  EXPECT_THAT(debugfs(disk, "stat /usr/bin/vmtoolsd.vmware-orig"), HasSubstr("/etc/passwd"));
  EXPECT_THAT(debugfs(disk, "stat /usr/bin/vmware-rpctool"), HasSubstr("/usr/bin/vmtoolsd"));
  EXPECT_THAT(debugfs(disk, "stat /usr/bin/vmware-checkvm"), HasSubstr("Type: directory"));
  EXPECT_THAT(debugfs(disk, "cat /etc/udev/rules.d/70-ovaport-net.rules"),
              HasSubstr("NAME=\"ens192\""));
  EXPECT_THAT(debugfs(disk, "cat /etc/cloud/cloud.cfg.d/99-zz-ovaport.cfg"),
              HasSubstr("[VMware, OVF, None]"));
  EXPECT_THAT(debugfs(disk, "cat /etc/systemd/system/only.service.d/90-ovaport.conf"),
              HasSubstr("ConditionPathExists=/opt\n"));
  EXPECT_THAT(debugfs(disk, "cat /etc/systemd/system/ovaport-environment.service"),
              HasSubstr("--ovaport-cache --mode 0644"));
  if (labels) {
    EXPECT_THAT(debugfs(disk, "ea_get /usr/bin/vmtoolsd security.selinux"), HasSubstr("bin_t"));
  }
}

TEST_F(HostileGuest, AReadOnlyFileSystemIsLeftAlone) {
  const fs::path root = scratch() / "root";
  put_linux(root, "debian");
  const fs::path disk = scratch() / "disk.raw";
  make_ext4(root, disk, 32);
  run({"tune2fs", "-O", "read-only", disk.string()});
  const auto report = convert({{disk, ovf::Bus::scsi}}, Mode::convert, options());
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_TRUE(report->before.read_only);
  EXPECT_FALSE(report->converted);
  EXPECT_FALSE(report->injected);
  EXPECT_THAT(codes(report->concerns), Contains("guest.not-converted"));
  EXPECT_THAT(codes(report->concerns), Contains("guest.not-injected"));
}

TEST_F(HostileGuest, ACorruptFileSystemEndsWithAReport) {
  const fs::path root = scratch() / "root";
  put_linux(root, "debian");
  const fs::path disk = scratch() / "disk.raw";
  make_ext4(root, disk, 32);
  {
    // The superblock stays; group descriptors, bitmaps and inodes become noise.
    std::fstream file(disk, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    std::string noise(2 << 20, '\0');
    unsigned state = 1;
    for (char& c : noise)
      c = static_cast<char>((state = state * 1103515245U + 12345U) >> 16);
    file.write(noise.data(), static_cast<std::streamsize>(noise.size()));
  }
  const auto report = convert({{disk, ovf::Bus::scsi}}, Mode::convert, options());
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_FALSE(report->injected);
  EXPECT_FALSE(report->concerns.empty());
  EXPECT_EQ(report->recommendation.disk_bus, "sata");
}

TEST_F(HostileGuest, ADiskWithoutASystemIsReportedAsThat) {
  const fs::path disk = scratch() / "disk.raw";
  std::ofstream(disk) << "QFI\xfb";  // looks like qcow2, and stays raw
  fs::resize_file(disk, 8 << 20);
  const auto found = inspect({{disk, ovf::Bus::scsi}}, options());
  ASSERT_TRUE(found) << describe(found.error());
  EXPECT_EQ(found->kind, SystemKind::none);
  EXPECT_THAT(codes(found->concerns), Contains("guest.no-system"));
}

TEST_F(HostileGuest, OfTwoSystemsTheFirstIsDescribedAndTheOtherReported) {
  std::vector<GuestDisk> disks;
  for (const char* id : {"debian", "alpine"}) {
    put_linux(scratch() / id, id);
    disks.push_back({scratch() / (std::string(id) + ".raw"), ovf::Bus::scsi});
    make_ext4(scratch() / id, disks.back().path, 32);
  }
  const auto found = inspect(disks, options());
  ASSERT_TRUE(found) << describe(found.error());
  EXPECT_EQ(found->roots.size(), 2U);
  EXPECT_THAT(codes(found->concerns), Contains("guest.several-systems"));
}

TEST_F(HostileGuest, TheDeadlineEndsTheWorker) {
  const fs::path disk = scratch() / "disk.raw";
  std::ofstream(disk) << "x";
  fs::resize_file(disk, 8 << 20);
  WorkerOptions wanted = options();
  wanted.deadline = std::chrono::seconds(2);
  const auto start = std::chrono::steady_clock::now();
  const auto found = inspect({{disk, ovf::Bus::scsi}}, wanted);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "guest.timed-out");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST_F(HostileGuest, AStopEndsTheWorkerAndGivesTheDiskBack) {
  const fs::path disk = scratch() / "disk.raw";
  std::ofstream(disk) << "x";
  fs::resize_file(disk, 8 << 20);
  std::stop_source stop;
  WorkerOptions wanted = options();
  wanted.stop = stop.get_token();
  // The worker has the disk when it tells its first step.
  wanted.on_step = [&](std::string_view, int) { stop.request_stop(); };
  const auto found = inspect({{disk, ovf::Bus::scsi}}, wanted);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::cancelled);
  struct stat about {};
  ASSERT_EQ(::stat(disk.c_str(), &about), 0);
  EXPECT_EQ(about.st_uid, ::geteuid());
}

TEST_F(HostileGuest, WhatIsNoDiskIsRefusedBeforeAnythingStarts) {
  EXPECT_EQ(inspect({}, options()).error().code, "guest.no-disk");
  EXPECT_EQ(inspect({{scratch(), ovf::Bus::scsi}}, options()).error().code, "guest.not-a-disk");
  EXPECT_EQ(inspect({{scratch() / "absent", ovf::Bus::scsi}}, options()).error().kind,
            ErrorKind::not_found);
  fs::create_symlink("/etc/passwd", scratch() / "link.raw");
  EXPECT_EQ(inspect({{scratch() / "link.raw", ovf::Bus::scsi}}, options()).error().code,
            "guest.not-a-disk");
}

}  // namespace
}  // namespace ovaport::guest::testing_support
