#include <fmt/core.h>

#include <filesystem>

#include "commands.h"
#include "import_display.h"
#include "inspect_view.h"
#include "ovaport/base/file.h"
#include "ovaport/base/text.h"
#include "ovaport/cli/cli.h"
#include "ovaport/import/import.h"
#include "ovaport/import/report.h"

namespace ovaport::cli {

namespace {

// Property files first, so that the command line has the last word.
Result<std::vector<environment::Assignment>> read_properties(const ImportArguments& arguments) {
  std::vector<environment::Assignment> all;
  for (const std::string& file : arguments.property_files) {
    OVAPORT_TRY(const std::string text, read_file(file, environment::kPropertyFileLimit));
    OVAPORT_TRY(auto assignments, environment::parse_property_file(text, file));
    for (auto& assignment : assignments)
      all.push_back(std::move(assignment));
  }
  for (const std::string& text : arguments.properties) {
    OVAPORT_TRY(auto assignment, environment::split_assignment(text));
    all.push_back(std::move(assignment));
  }
  return all;
}

Result<std::vector<environment::IpProfile>> read_ip_profiles(const ImportArguments& arguments) {
  std::vector<environment::IpProfile> all;
  for (const std::string& file : arguments.ip_profile_files) {
    OVAPORT_TRY(const std::string text, read_file(file, environment::kPropertyFileLimit));
    OVAPORT_TRY(auto profiles, environment::parse_ip_profile_file(text, file));
    all.insert(all.begin(), profiles.begin(), profiles.end());
  }
  for (const std::string& text : arguments.ip_profiles) {
    OVAPORT_TRY(auto profile, environment::parse_ip_profile(text));
    all.insert(all.begin(), std::move(profile));
  }
  return all;
}

Result<std::vector<std::pair<std::string, std::string>>> read_networks(
    const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> networks;
  for (const std::string& text : texts) {
    // The last equals sign: network names may hold some, targets never do.
    const auto at = text.rfind('=');
    if (at == std::string::npos || at == 0)
      return Error(ErrorKind::choice, "cli.network",
                   "--network " + quote(text) + " is not of the form NAME=TARGET")
          .advise("Targets are pod, multus:NAMESPACE/NAME and none");
    networks.emplace_back(text.substr(0, at), text.substr(at + 1));
  }
  return networks;
}

// As sha256sum and the like print it; the length tells the algorithm.
Result<std::optional<Digest>> read_digest(const std::string& text) {
  if (text.empty()) return std::optional<Digest>();
  const bool hex = text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  for (const DigestAlgorithm algorithm : {DigestAlgorithm::sha1, DigestAlgorithm::sha256,
                                          DigestAlgorithm::sha384, DigestAlgorithm::sha512})
    if (hex && text.size() == digest_size(algorithm) * 2)
      return std::optional(Digest{algorithm, to_lower(text)});
  return Error(ErrorKind::choice, "cli.digest", "--digest " + quote(text) + " is no digest")
      .advise("Give 40, 64, 96 or 128 hexadecimal digits, as sha256sum prints them");
}

imports::GuestMode guest_mode(const std::string& name) {
  if (name == "convert") return imports::GuestMode::convert;
  return name == "inject" ? imports::GuestMode::inject : imports::GuestMode::none;
}

Result<imports::Request> make_request(const ImportArguments& arguments) {
  imports::Request request;
  request.package = arguments.package;
  OVAPORT_TRY(request.digest, read_digest(arguments.digest));
  request.out = arguments.out;
  request.option = arguments.option;
  OVAPORT_TRY(request.properties, read_properties(arguments));
  OVAPORT_TRY(request.networks, read_networks(arguments.networks));
  OVAPORT_TRY(request.ip_profiles, read_ip_profiles(arguments));
  request.languages = languages_or_environment(arguments.language);
  request.override_constants = arguments.override_constants;
  request.storage_class = arguments.storage_class;
  request.name = arguments.name;
  request.name_space = arguments.name_space;
  request.systems = arguments.systems;
  request.allowed_urls = arguments.allowed_urls;
  request.accept_eula = arguments.accept_eula;
  request.require_manifest = arguments.require_manifest;
  OVAPORT_TRY(request.policy, read_policy(arguments.judging));
  request.trust = trust_store(arguments.judging);
  request.keep_macs = arguments.keep_macs;
  request.replace = arguments.replace;
  request.start = arguments.start;
  request.guest = guest_mode(arguments.guest);
  request.guest_environment_root_only = arguments.guest_env_mode == "root";
  request.virtio_win = arguments.virtio_win;
  request.workers = arguments.workers;
  return request;
}

std::string disk_text(const imports::ImportedDisk& disk) {
  std::string text = fmt::format("  {}  {}", disk.file, format_bytes(disk.size));
  if (disk.source.empty()) return text + ", blank\n";
  return text + fmt::format(", {} of data, {}\n", format_bytes(disk.written),
                            disk.verified ? "verified" : "not verified (no manifest)");
}

std::string outcome_text(const imports::Outcome& outcome) {
  std::string text = "Imported to " + escaped(outcome.directory.string(), 1000) + "\n";
  for (const imports::ImportedMachine& machine : outcome.machines) {
    text += "VirtualMachine " + machine.name + "\n";
    for (const imports::ImportedDisk& disk : machine.disks)
      text += disk_text(disk);
    if (!machine.guest_summary.empty()) text += "  Guest: " + machine.guest_summary + "\n";
  }
  text += "Next: kubectl apply -f " + (outcome.directory / "manifests.yaml").string() +
          ", upload the disks (virtctl image-upload dv NAME --no-create --image-path FILE), ";
  text += outcome.start_sequence.empty() ? "start the VirtualMachine\n"
                                         : "start the VirtualMachines in their order (" +
                                               (outcome.directory / "start.sh").string() + ")\n";
  return text;
}

}  // namespace

int import_(const ImportArguments& arguments, const std::stop_token& stop) {
  auto request = make_request(arguments);
  if (!request.ok()) return fail(request.error());
  ImportDisplay shown(arguments.quiet ? ProgressDisplay::Mode::quiet : ProgressDisplay::detect());
  std::error_code failure;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failure);
  auto outcome = imports::run(*request, self, shown, stop);
  shown.finish();
  if (!outcome.ok()) return fail(outcome.error());
  for (const Concern& concern : outcome->concerns)
    if (concern.severity != Severity::information) print_error(to_text(concern) + "\n");
  print(arguments.json ? imports::report_json(*outcome) : outcome_text(*outcome));
  return kSuccess;
}

}  // namespace ovaport::cli
