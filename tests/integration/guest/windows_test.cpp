#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "ovaport/guest/tools.h"
#include "support.h"

namespace ovaport::guest::testing_support {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// The generated look-alike disk of fixtures/windows.
class WindowsGuest : public GuestTest {
 protected:
  void SetUp() override {
    GuestTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    for (const char* program : {"/usr/bin/guestfish", "/usr/bin/hivexget"})
      if (::access(program, X_OK) != 0) GTEST_SKIP() << program << " is missing";
    if (windows_tools_image().empty())
      GTEST_SKIP() << "this build carries no tools stand-in for Windows (mingw-w64 is missing)";
    const fs::path program = scratch() / "program.exe";
    const auto image = windows_tools_image();
    std::ofstream(program, std::ios::binary)
        .write(reinterpret_cast<const char*>(image.data()),
               static_cast<std::streamsize>(image.size()));
    run({"/usr/bin/python3", "-B", std::string(OVAPORT_SOURCE_DIR) + "/fixtures/windows/make.py",
         program, disk(), drivers()});
  }

  [[nodiscard]] fs::path disk() const { return scratch() / "windows.raw"; }
  [[nodiscard]] fs::path drivers() const { return scratch() / "virtio-win"; }

  /// Takes the registry out of the disk, and the list of all files.
  void take_out() {
    files_ = run({"guestfish", "--ro", "--format=raw", "-a", disk(), "-m", "/dev/sda1", "download",
                  "/Windows/System32/config/SYSTEM", scratch() / "SYSTEM", ":", "find", "/"});
  }
  [[nodiscard]] const std::string& files() const { return files_; }
  [[nodiscard]] std::string value(const std::string& service, const std::string& name) const {
    return run({"hivexget", scratch() / "SYSTEM", "\\ControlSet001\\Services\\" + service, name});
  }

 private:
  std::string files_;
};

TEST_F(WindowsGuest, IsConvertedWithTheDriversThatAreConfigured) {
  if (::access("/usr/bin/virt-v2v-in-place", X_OK) != 0 || ::access("/usr/bin/nbdkit", X_OK) != 0)
    GTEST_SKIP() << "virt-v2v-in-place or nbdkit is missing";
  WorkerOptions wanted = options();
  wanted.virtio_win = drivers();
  const auto report = convert({{disk(), ovf::Bus::scsi}}, Mode::convert, wanted);
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_TRUE(report->converted);
  EXPECT_TRUE(report->injected);
  EXPECT_EQ(report->before.tools.version, "12.3.0");
  EXPECT_EQ(report->recommendation.disk_bus, "virtio");
  EXPECT_EQ(report->recommendation.nic_model, "virtio");
  EXPECT_THAT(report->removed, Contains("service VMTools – disabled"));

  take_out();
  EXPECT_THAT(value("VMTools", "Start"), HasSubstr("4"));
  EXPECT_THAT(value("VGAuthService", "Start"), HasSubstr("4"));
  EXPECT_THAT(value("pvscsi", "Start"), HasSubstr("0"));
  EXPECT_THAT(value("viostor", "Start"), HasSubstr("0"));
  EXPECT_THAT(value("firstboot", "Start"), HasSubstr("2"));
  EXPECT_THAT(files(), HasSubstr("Windows/Drivers/VirtIO/netkvm.inf\n"));
  EXPECT_THAT(files(), HasSubstr("Program Files/ovaport/vmtoolsd.exe\n"));
  EXPECT_THAT(files(), HasSubstr("/Firstboot/scripts/9000-0001-ovaport-tools.bat\n"));
  EXPECT_THAT(files(), HasSubstr("/Firstboot/rhsrvany.exe\n"));
}

TEST_F(WindowsGuest, KeepsRunningWithoutDriversOnBusesOfItsOwn) {
  const auto report = convert({{disk(), ovf::Bus::scsi}}, Mode::convert, options());
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_FALSE(report->converted);
  EXPECT_TRUE(report->injected);
  EXPECT_EQ(report->recommendation.disk_bus, "sata");
  EXPECT_EQ(report->recommendation.nic_model, "e1000e");
  EXPECT_THAT(codes(report->concerns), Contains("guest.not-converted"));
  EXPECT_THAT(codes(report->concerns), Contains("guest.safe-disk-bus"));

  take_out();
  EXPECT_THAT(value("storahci", "Start"), HasSubstr("0"));
  EXPECT_THAT(value("VMTools", "Start"), HasSubstr("4"));
  EXPECT_THAT(files(), HasSubstr("/VMware Tools/vmtoolsd.exe\n"));
  EXPECT_THAT(files(), HasSubstr("/VMware Tools/vmtoolsd.exe.vmware-orig\n"));
  EXPECT_THAT(files(), HasSubstr("/VMware Tools/vmware-rpctool.exe\n"));
}

}  // namespace
}  // namespace ovaport::guest::testing_support
