// The program in a machine of its own: a kernel, a first process that calls it, three
// CD-ROM drives (one foreign, one empty, one ours), no udev and no mount.
#include "calls.h"

namespace ovaport::guest {
namespace {

class BootedMachine : public Workplace {
 protected:
  /// This machine's kernel, the newest one; empty without.
  static std::filesystem::path kernel() {
    std::filesystem::path newest;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/boot", ignored)) {
      const auto name = entry.path().filename().string();
      if (name.rfind("vmlinuz-", 0) == 0 && access(entry.path().c_str(), R_OK) == 0)
        newest = std::max(newest, entry.path());
    }
    return newest;
  }

  /// Puts the drivers of SATA CD-ROMs into the initramfs, and their list.
  bool add_modules(const std::string& version) {
    std::string list;
    for (const char* module : {"ahci", "sr_mod"}) {
      const auto shown = run({"modprobe", "--show-depends", "--set-version", version, module});
      if (!shown.ok() || !shown->ok()) return false;
      std::istringstream lines(shown->standard_output);
      for (std::string word, path; lines >> word >> path;) {
        if (word != "insmod") continue;
        const auto name = std::filesystem::path(path).filename();
        if (name.extension() != ".ko") return false;  // Compressed: not for init to unpack.
        std::filesystem::copy_file(path, root() / name,
                                   std::filesystem::copy_options::overwrite_existing);
        list.append("/").append(name.string()).append("\n");
      }
    }
    put("root/modules", list);
    return true;
  }

  std::filesystem::path root() { return directory_ / "root"; }

  bool make_initramfs() {
    std::filesystem::copy_file(OVAPORT_LINUX_TOOLS, root() / "vmtoolsd");
    std::filesystem::copy_file(OVAPORT_BOOT_INIT, root() / "init");
    const auto made = run({"bsdtar", "--format=newc", "-cf", directory_ / "initramfs", "-C", root(),
                           "--uid=0", "--gid=0", "."});
    return made.ok() && made->ok();
  }

  bool make_disks() {
    put("tree/readme", "no environment here");
    const auto foreign =
        run({"xorrisofs", "-o", directory_ / "foreign.iso", "-J", directory_ / "tree"});
    return foreign.ok() && foreign->ok() &&
           make_disk(directory_ / "ours.iso", put("ovf-env.xml", document()));
  }

  std::string boot(const std::filesystem::path& kernel) {
    const auto drive = [&](const std::string& name) {
      return "if=none,media=cdrom,readonly=on,format=raw,id=" + name +
             ",file=" + (directory_ / (name + ".iso")).string();
    };
    const auto outcome = run({"qemu-system-x86_64",
                              "-machine",
                              "q35,accel=kvm:tcg",
                              "-m",
                              "256",
                              "-display",
                              "none",
                              "-nodefaults",
                              "-no-reboot",
                              "-serial",
                              "stdio",
                              "-kernel",
                              kernel,
                              "-initrd",
                              directory_ / "initramfs",
                              "-append",
                              "console=ttyS0 quiet panic=-1 rdinit=/init",
                              "-drive",
                              drive("foreign"),
                              "-device",
                              "ide-cd,drive=foreign,bus=ide.0",
                              "-device",
                              "ide-cd,bus=ide.1",
                              "-drive",
                              drive("ours"),
                              "-device",
                              "ide-cd,drive=ours,bus=ide.2"});
    if (!outcome.ok()) return {};
    EXPECT_FALSE(outcome->timed_out);
    return outcome->standard_output;
  }
};

TEST_F(BootedMachine, FindsItsDiskAtEveryMomentOfTheStart) {
  if (!std::string_view(OVAPORT_SANITIZED).empty())
    GTEST_SKIP() << "the program is the same in every build tree; the unsanitized one runs it";
  const auto image = kernel();
  if (image.empty()) GTEST_SKIP() << "no readable kernel in /boot";
  if (!run({"qemu-system-x86_64", "--version"}).ok()) GTEST_SKIP() << "qemu is not installed";
  std::filesystem::create_directories(root());
  if (!add_modules(image.filename().string().substr(std::strlen("vmlinuz-"))))
    GTEST_SKIP() << "no plain modules ahci and sr_mod for " << image;
  if (!make_disks() || !make_initramfs()) GTEST_SKIP() << "xorriso or bsdtar is missing";
  const std::string output = boot(image);
  const std::string value = " rc=0 [192.0.2.53|]";
  for (const std::string& line :
       {std::string("CASE no-drive rc=1 [No value found|]"), "CASE late" + value,
        "CASE without-device-nodes" + value, "CASE with-device-nodes" + value,
        std::string("CASE user-before-cache rc=1 [No value found|]"),
        std::string("CASE cache rc=0 []"), "CASE user-after-cache" + value,
        std::string("CASE user-sets rc=1 [Permission denied|]"),
        std::string("CASE root-sets rc=0 [|]"), std::string("CASE user-reads-set rc=0 [x|]"),
        std::string("DONE")})
    EXPECT_NE(output.find(line), std::string::npos) << line << " is not in:\n" << output;
}

}  // namespace
}  // namespace ovaport::guest
