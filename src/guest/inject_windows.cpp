#include <utility>

#include "guest_files.h"
#include "hive.h"
#include "injector.h"
#include "ovaport/base/text.h"
#include "places.h"
#include "windows_paths.h"

namespace ovaport::guest {

std::string render_windows_first_boot() {
  // Fixed text: nothing from the package or the guest goes into a script.
  return "@echo off\r\n"
         "set TOOLS=%ProgramFiles%\\VMware\\VMware Tools\r\n"
         "if not exist \"%TOOLS%\" mkdir \"%TOOLS%\"\r\n"
         "copy /y \"%ProgramFiles%\\ovaport\\*.exe\" \"%TOOLS%\\\"\r\n"
         "exit /b 0\r\n";
}

namespace {

constexpr std::string_view kFirstBootScripts = "/Program Files/Guestfs/Firstboot/scripts";
constexpr std::uint32_t kDisabled = 4;
constexpr std::uint32_t kBootStart = 0;

class WindowsInjector {
 public:
  WindowsInjector(Appliance& appliance, Injection& injection)
      : appliance_(appliance),
        injection_(injection),
        guest_(injection.after),
        files_(appliance, false) {}

  Status run() {
    OVAPORT_CHECK(registry());
    return stand_in();
  }

 private:
  void concern(std::string code, std::string message, std::string advice = {}) {
    Concern made;
    made.code = std::move(code);
    made.message = std::move(message);
    made.advice = std::move(advice);
    injection_.concerns.push_back(std::move(made));
  }

  Status registry() {
    const std::string root = guest_.roots[0];
    const std::string path =
        take_string(guestfs_inspect_get_windows_system_hive(appliance_.raw(), root.c_str()));
    const std::string set = take_string(
        guestfs_inspect_get_windows_current_control_set(appliance_.raw(), root.c_str()));
    auto hive = Hive::open(appliance_, path, true);
    if (!hive) {
      concern("guest.registry", hive.error().message, "VMware's services stay as they are");
      return {};
    }
    const std::string services = set + "\\Services\\";
    OVAPORT_CHECK(disable_services(*hive, services));
    if (!guest_.virtio_win_disk) OVAPORT_CHECK(enable_ahci(*hive, services));
    return hive->commit();
  }

  Status disable_services(Hive& hive, const std::string& services) {
    for (const std::string& name : guest_.tools.services) {
      OVAPORT_CHECK(hive.set_dword(services + name, "Start", kDisabled));
      injection_.removed.push_back("service " + name + " – disabled");
    }
    return {};
  }

  // Windows that was installed on SCSI leaves its AHCI driver asleep; it would stop
  // with INACCESSIBLE_BOOT_DEVICE on SATA. storahci is Windows 8's, msahci 7's.
  Status enable_ahci(Hive& hive, const std::string& services) {
    for (const char* driver : {"storahci", "msahci"}) {
      const std::string key = services + driver;
      if (!hive.has(key)) continue;
      OVAPORT_CHECK(hive.set_dword(key, "Start", kBootStart));
      OVAPORT_CHECK(hive.remove(key + "\\StartOverride"));
      injection_.added.push_back("registry: the driver " + std::string(driver) +
                                 " starts at boot, for a SATA disk");
    }
    return {};
  }

  Status stand_in() {
    const std::string program = windows_stand_in();
    if (program.empty()) {
      concern("guest.no-windows-tools",
              "this build of ovaport carries no tools stand-in for Windows; programs that ask "
              "VMware Tools get no answer");
      return {};
    }
    if (guest_.architecture != "x86_64") {
      concern("guest.no-stand-in", "there is no tools stand-in for the architecture " +
                                       quote(guest_.architecture) +
                                       "; programs that ask VMware Tools get no answer");
      return {};
    }
    const auto programs = windows_path(appliance_, "/Program Files");
    const std::string base = programs.value_or("/Program Files");
    const std::string staging = base + "/ovaport";
    OVAPORT_CHECK(place_programs(staging, program));
    OVAPORT_CHECK(files_.write(staging + "/installed.txt", "ovaport\r\n", 0644));
    injection_.injected = true;
    return into_tools_directory(base + "/VMware/VMware Tools", program);
  }

  Status place_programs(const std::string& directory, const std::string& program) {
    for (const char* name :
         {"vmtoolsd.exe", "rpctool.exe", "VMwareToolboxCmd.exe", "vmware-rpctool.exe"}) {
      const std::string path = directory + "/" + name;
      OVAPORT_CHECK(files_.write(path, program, 0755));
      injection_.added.push_back(path + " – answers in place of VMware Tools");
    }
    return {};
  }

  // VMware's uninstaller deletes its directory, so while it is to run at first boot
  // the stand-in waits and is copied after it.
  Status into_tools_directory(const std::string& plain, const std::string& program) {
    const auto tools = windows_path(appliance_, kWindowsToolsDirectory);
    const auto scripts = windows_path(appliance_, kFirstBootScripts);
    if (tools && scripts) {
      const std::string script = *scripts + "/9000-0001-ovaport-tools.bat";
      OVAPORT_CHECK(files_.write(script, render_windows_first_boot(), 0644));
      injection_.added.push_back(script + " – puts the stand-in in place after the uninstaller");
      return {};
    }
    const std::string directory = tools.value_or(plain);
    if (tools) {
      for (const char* name : {"vmtoolsd.exe", "rpctool.exe", "VMwareToolboxCmd.exe"})
        OVAPORT_CHECK(set_original_aside(directory, name));
      concern("guest.tools-left",
              "VMware Tools stay installed, with their services disabled and their command-line "
              "programs set aside",
              "Uninstall them in the guest if you like");
    }
    return place_programs(directory, program);
  }

  Status set_original_aside(const std::string& directory, const std::string& name) {
    const auto found = windows_path(appliance_, directory + "/" + name);
    if (!found || guest_.stand_in) return {};
    OVAPORT_CHECK(files_.set_aside(*found, ".vmware-orig"));
    injection_.removed.push_back(*found + " – set aside as " + *found + ".vmware-orig");
    return {};
  }

  Appliance& appliance_;
  Injection& injection_;
  Inspection& guest_;
  GuestFiles files_;
};

}  // namespace

Status inject_windows(Appliance& appliance, const WorkRequest& /*request*/, Injection& injection) {
  return WindowsInjector(appliance, injection).run();
}

}  // namespace ovaport::guest
