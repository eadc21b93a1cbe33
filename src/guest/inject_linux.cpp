#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "cloud_init.h"
#include "efi_fallback.h"
#include "guest_files.h"
#include "injector.h"
#include "network_names.h"
#include "ovaport/base/text.h"
#include "places.h"
#include "systemd_units.h"

namespace ovaport::guest {

std::string render_diversion(const std::string& path) {
  // original, diverted-to, diverting package; ":" means a local one (dpkg-divert(1)).
  return path + "\n" + path + ".vmware-orig\n:\n";
}

namespace {

constexpr std::string_view kProgram = "/usr/bin/vmtoolsd";
constexpr std::string_view kUnit = "/etc/systemd/system/ovaport-environment.service";
constexpr std::string_view kUnitLink =
    "/etc/systemd/system/sysinit.target.wants/ovaport-environment.service";
constexpr std::string_view kUdevRules = "/etc/udev/rules.d/70-ovaport-net.rules";
constexpr std::string_view kCloudInit = "/etc/cloud/cloud.cfg.d/99-zz-ovaport.cfg";
constexpr const char* kDiversions = "/var/lib/dpkg/diversions";
constexpr std::size_t kLargestText = 1 << 20;

class LinuxInjector {
 public:
  LinuxInjector(Appliance& appliance, const WorkRequest& request, Injection& injection)
      : appliance_(appliance),
        request_(request),
        injection_(injection),
        guest_(injection.after),
        files_(appliance, injection.after.selinux) {}

  Status run() {
    const std::string list = appliance_.read_head(std::string(kInjectedList), kLargestText);
    for (const std::string_view line : split(list, "\n"))
      ours_.emplace(line);
    OVAPORT_CHECK(stand_in());
    OVAPORT_CHECK(environment_unit());
    OVAPORT_CHECK(vmware_only_units());
    OVAPORT_CHECK(interface_names());
    OVAPORT_CHECK(cloud_init());
    OVAPORT_CHECK(boot_loader());
    return remember();
  }

 private:
  void concern(std::string code, Severity severity, std::string message, std::string advice = {}) {
    Concern made;
    made.code = std::move(code);
    made.severity = severity;
    made.message = std::move(message);
    made.advice = std::move(advice);
    injection_.concerns.push_back(std::move(made));
  }

  void note_added(std::string_view path, std::string_view purpose) {
    injection_.added.push_back(std::string(path) + " – " + std::string(purpose));
    ours_.emplace(path);
  }

  // A place that cannot be used is a concern; any other failure ends the work.
  Status tolerate(Status status) {
    if (status.ok() || status.error().code != "guest.place-taken") return status;
    concern(status.error().code, Severity::warning, status.error().message);
    return {};
  }

  Status put(std::string_view path, std::string_view content, unsigned mode,
             std::string_view purpose) {
    const Status written = files_.write(std::string(path), content, mode);
    if (written.ok()) note_added(path, purpose);
    return tolerate(written);
  }

  // What a distribution keeps (its metapackage depends on it) is set aside so that
  // its next update does not overwrite the stand-in.
  Status divert(const std::string& path) {
    if (ours_.count(path) != 0 || !appliance_.mode(path)) return {};
    OVAPORT_CHECK(files_.set_aside(path, ".vmware-orig"));
    injection_.removed.push_back(path + " – set aside as " + path + ".vmware-orig");
    if (guest_.package_format != "deb" || !appliance_.is_directory("/var/lib/dpkg")) return {};
    std::string diversions = appliance_.read_head(kDiversions, kLargestText);
    if (diversions.find(path + "\n") != std::string::npos) return {};
    return files_.write(kDiversions, diversions + render_diversion(path), 0644);
  }

  Status stand_in() {
    const std::string program = linux_stand_in();
    if (program.empty() || guest_.architecture != "x86_64") {
      concern("guest.no-stand-in", Severity::warning,
              "there is no tools stand-in for the architecture " + quote(guest_.architecture) +
                  "; programs that ask VMware Tools get no answer");
      return {};
    }
    for (const std::string_view path : kToolPrograms) {
      const auto mode = appliance_.mode(std::string(path));
      if (mode && (*mode & 0170000U) == 0040000U) continue;  // put() will tell
      OVAPORT_CHECK(divert(std::string(path)));
    }
    OVAPORT_CHECK(put(kProgram, program, 0755, "answers in place of VMware Tools"));
    injection_.injected = ours_.count(std::string(kProgram)) != 0;
    for (const std::string_view path : kToolPrograms) {
      if (path == kProgram || !injection_.injected) continue;
      const Status made = files_.link(std::string(path), std::string(kProgram));
      if (made.ok()) note_added(path, "the same");
      OVAPORT_CHECK(tolerate(made));
    }
    return {};
  }

  Status environment_unit() {
    if (!injection_.injected) return {};
    if (guest_.init != "systemd") {
      concern("guest.no-systemd", Severity::information,
              "the guest has no systemd: the stand-in reads the config disk when it is asked, "
              "which only root may do");
      return {};
    }
    OVAPORT_CHECK(put(kUnit, render_environment_unit(request_.access), 0644,
                      "reads the environment early at boot"));
    const Status linked = files_.link(std::string(kUnitLink), std::string(kUnit));
    if (linked.ok()) note_added(kUnitLink, "starts it");
    return tolerate(linked);
  }

  Status vmware_only_units() {
    for (const std::string& path : guest_.vmware_units) {
      const std::string name = path.substr(path.rfind('/') + 1);
      const std::string local = "/etc/systemd/system/" + name;
      // A local unit of the same name hides the vendor's.
      if (path != local && appliance_.mode(local)) continue;
      const auto drop_in = render_condition_drop_in(appliance_.read_head(path, kLargestText));
      if (!drop_in) continue;
      OVAPORT_CHECK(put(local + ".d/90-ovaport.conf", *drop_in, 0644,
                        "lets the unit start, which was for VMware only"));
    }
    return {};
  }

  Status interface_names() {
    if (guest_.interfaces.empty()) return {};
    const auto pairs = pair_names(guest_.interfaces, request_.nics);
    if (pairs.size() < guest_.interfaces.size())
      concern("guest.interface-names", Severity::information,
              "the network configuration names " + std::to_string(guest_.interfaces.size()) +
                  " interfaces, of which " + std::to_string(pairs.size()) +
                  " can be kept: the machine's adapters do not match them one to one",
              "Check the network configuration after the first start");
    if (pairs.empty()) return {};
    std::string names;
    for (const auto& [mac, name] : pairs)
      names += (names.empty() ? "" : ", ") + name;
    return put(kUdevRules, render_udev_rules(pairs), 0644, "keeps the interface names " + names);
  }

  Status cloud_init() {
    if (!guest_.cloud_init) return {};
    const auto drop_in = render_datasource_drop_in(guest_.cloud_init_sources);
    if (!drop_in) return {};
    return put(kCloudInit, *drop_in, 0644, "lets cloud-init look at the OVF environment");
  }

  Status boot_loader() {
    if (guest_.firmware != "efi" || guest_.architecture != "x86_64") return {};
    const auto made = add_efi_fallback(appliance_);
    if (!made)
      concern(made.error().code, Severity::warning, made.error().message,
              "Copy the boot loader to EFI/BOOT/BOOTX64.EFI if the machine does not start");
    if (made && *made) note_added(**made, "starts the guest where no boot entry is remembered");
    return {};
  }

  // For undoing all this by hand, and for recognising it.
  Status remember() {
    if (ours_.empty()) return {};
    std::string list;
    for (const std::string& path : ours_)
      list += path + "\n";
    return tolerate(files_.write(std::string(kInjectedList), list, 0644));
  }

  Appliance& appliance_;
  const WorkRequest& request_;
  Injection& injection_;
  Inspection& guest_;
  GuestFiles files_;
  std::set<std::string> ours_;
};

}  // namespace

Status inject_linux(Appliance& appliance, const WorkRequest& request, Injection& injection) {
  return LinuxInjector(appliance, request, injection).run();
}

}  // namespace ovaport::guest
