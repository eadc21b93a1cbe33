#pragma once

#include <string>
#include <vector>

#include "support.h"

namespace ovaport::guest {

/// One call of the program and the bytes that it must answer.
struct Call {
  std::vector<std::string> arguments;
  int code;
  std::string standard_output;
  std::string standard_error;
};

inline Call good(std::vector<std::string> arguments, std::string value) {
  return {std::move(arguments), 0, std::move(value) + "\n", ""};
}

inline Call bad(std::vector<std::string> arguments, std::string problem, int code = 1) {
  return {std::move(arguments), code, "", std::move(problem) + "\n"};
}

/// Calls against a disk with document(); the same on Linux and Windows.
inline std::vector<Call> value_calls() {
  const std::string host = "acme\nfw & <>\"' gr\xC3\xBCn";
  const std::string missing = "No value found";
  return {
      good({"--cmd", "info-get guestinfo.ovfEnv"}, document()),
      good({"--cmd=info-get guestinfo.ovfEnv"}, document()),
      good({"-c", "tools.conf", "--cmd", "info-get guestinfo.hostname"}, host),
      good({"--as", "vmware-guestd", "--cmd", "info-get guestinfo.hostname"}, host),
      good({"--as", "vmware-rpctool", "info-get guestinfo.hostname"}, host),
      good({"--as", "/usr/bin/rpctool.exe", "info-get guestinfo.hostname"}, host),
      good({"--cmd", "info-get guestinfo.dns"}, "192.0.2.53"),
      good({"--cmd", "info-get guestinfo.both"}, "the property"),
      good({"--cmd", "info-get guestinfo.userdata"}, "I2Nsb3VkLWNvbmZpZw=="),
      good({"--cmd", "info-get guestinfo.empty"}, ""),
      good({"--cmd", "info-get guestinfo.CAMELCASE"}, "camel"),
      bad({"--cmd", "info-get guestinfo.sibling"}, missing),
      bad({"--cmd", "info-get guestinfo.nope"}, missing),
      bad({"--cmd", "info-get guestinfo."}, missing),
      bad({"--cmd", "info-get hostname"}, missing),
      bad({"--cmd", "info-get"}, missing),
      bad({"--as", "vmware-rpctool", "info-get guestinfo.nope"}, missing),
  };
}

/// Calls that need no disk.
inline std::vector<Call> fixed_calls() {
  const std::string unknown = "Unknown command";
  const std::string parsing = "Command line parsing failed: ";
  return {
      good({"--cmd", "log hello from the guest"}, ""),
      good({"--cmd", "tools.capability.hgfs_server toolbox 1"}, ""),
      good({"--cmd", "tools.set.version 2147483647"}, ""),
      good({"--as", "vmware-rpctool", "SetGuestInfo  4 host"}, ""),
      bad({"--cmd", "frobnicate"}, unknown),
      bad({"--cmd", ""}, unknown),
      bad({"--cmd", "logger x"}, unknown),
      bad({"--cmd", "machine.id.get"}, "No machine id"),
      bad({"--cmd", "info-set other.key x"}, "Permission denied"),
      bad({"--cmd"}, parsing + "Missing argument for --cmd"),
      bad({"--frob"}, parsing + "Unknown option --frob"),
      bad({"-c"}, parsing + "Missing argument for -c"),
      good({"-v"}, "VMware Tools daemon, version 12.1.5.0 (build-0)"),
      good({"--version"}, "VMware Tools daemon, version 12.1.5.0 (build-0)"),
      {{}, 0, "", ""},
      {{"-n", "vmusr"}, 0, "", ""},
      {{"-b", "/run/vmtoolsd.pid"}, 0, "", ""},
      bad({"--as", "vmware-rpctool"}, "rpctool syntax:\n\n  rpctool <text>\n"),
      good({"--as", "vmware-checkvm"}, "VMware software version 6 (good)"),
      good({"--as", "vmware-checkvm", "-p"}, "ESX Server"),
      good({"--as", "vmware-toolbox-cmd", "-v"}, "12.1.5.0 (build-0)"),
      good({"--as", "vmware-toolbox-cmd", "stat", "balloon"}, "0 MB"),
      good({"--as", "vmware-toolbox-cmd", "stat", "cpulimit"}, "4294967295 MHz"),
      good({"--as", "vmware-toolbox-cmd", "upgrade", "status"}, "VMware Tools are up-to-date."),
      good({"--as", "vmware-toolbox-cmd", "timesync", "disable"}, "Disabled"),
      {{"--as", "vmware-toolbox-cmd", "timesync", "status"}, 69, "Disabled\n", ""},
      bad({"--as", "vmware-toolbox-cmd", "stat", "sessionid"},
          "OpenHandle failed: VMware Guest API is not running in a Virtual Machine", 69),
      bad({"--as", "vmware-toolbox-cmd", "stat"}, "Missing subcommand", 64),
  };
}

inline std::string name_of(const Call& call) {
  std::string name;
  for (const auto& word : call.arguments)
    name += word + " | ";
  return name;
}

inline void expect_answer(const Call& call, const ChildOutcome& outcome) {
  EXPECT_EQ(outcome.standard_output, call.standard_output) << name_of(call);
  EXPECT_EQ(outcome.standard_error, call.standard_error) << name_of(call);
  EXPECT_EQ(outcome.exit_code, call.code) << name_of(call);
}

/// Makes the disk as virt-launcher does; false when xorriso is missing.
inline bool make_disk(const std::filesystem::path& image, const std::filesystem::path& xml) {
  const auto made =
      run({"xorrisofs", "-output", image, "-follow-links", "-volid", "OVF ENV", "-joliet", "-rock",
           "-graft-points", "-partition_cyl_align", "on", "ovf-env.xml=" + xml.string()});
  return made.ok() && made->ok();
}

}  // namespace ovaport::guest
