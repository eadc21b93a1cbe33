// Writes what render() makes of the samples, of generated machines and of hostile
// texts into a directory, as YAML and as JSON, for schema_test.py.

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

#include "ovaport/base/file.h"
#include "ovaport/kubevirt/manifests.h"
#include "samples.h"

namespace ovaport::kubevirt {
namespace {

using samples::Sample;

/// The same machines in every run: mt19937's numbers are fixed by the standard, the
/// library's distributions are not.
class Generator {
 public:
  Sample next() {
    Sample sample = below(2) == 0 ? samples::linux_bios() : samples::windows_secure_boot();
    ovf::Machine& machine = sample.machine;
    machine.id = text();
    machine.name = text();
    machine.annotation = text();
    machine.option = text();
    machine.cores_per_socket = 1 + below(8);
    machine.cpus = machine.cores_per_socket * (1 + below(8));
    machine.memory = 1 + (std::uint64_t{below(1U << 31)} << 8U);
    machine.firmware = static_cast<ovf::Firmware>(below(3));
    machine.secure_boot = below(2) == 0;
    machine.tpm = below(2) == 0;
    machine.operating_system.vmw_os_type = text();
    add_devices(sample);
    sample.choices.provenance.source = text();
    sample.choices.provenance.product = text();
    sample.environment = text();
    return sample;
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return engine_() % limit; }
  std::string text() { return texts_[below(static_cast<std::uint32_t>(texts_.size()))]; }

  void add_devices(Sample& sample) {
    ovf::Machine& machine = sample.machine;
    Choices& choices = sample.choices;
    machine.disks.clear();
    for (std::uint32_t i = below(5); i > 0; --i)
      machine.disks.push_back(samples::disk(text(), std::uint64_t{engine_()} << 12U, text()));
    machine.cdroms.assign(below(3), {});
    for (ovf::MachineCdrom& cdrom : machine.cdroms)
      if (below(2) == 0) cdrom.file.emplace().href = text();
    machine.nics.clear();
    constexpr std::array kTypes{"VmxNet3", "E1000", "PCNet32", "E1000e", "virtio", ""};
    for (std::uint32_t i = below(4); i > 0; --i) {
      const std::string network = "network " + std::to_string(i) + text();
      machine.nics.push_back(samples::nic(network, kTypes[below(kTypes.size())],
                                          below(2) == 0 ? text() : "00:50:56:9a:11:22"));
      choices.networks.emplace_back(network, i == 1 ? "pod" : "multus:apps/lan");
    }
    choices.macs = below(2) == 0 ? MacPolicy::keep : MacPolicy::generate;
    choices.start = below(2) == 0;
    if (below(2) == 0) choices.storage_class = "fast";
    constexpr std::array kBuses{"virtio", "scsi", "sata"};
    constexpr std::array kModels{"virtio", "e1000e", "e1000"};
    if (below(2) == 0)
      choices.guest =
          GuestFindings{kBuses[below(kBuses.size())], kModels[below(kModels.size())], "efi"};
  }

  std::mt19937 engine_{20};
  std::vector<std::string> texts_ = samples::hostile_texts();
};

Result<std::vector<Manifest>> rendered(const Sample& sample) {
  Concerns concerns;
  OVAPORT_TRY(const MachinePlan plan, plan_machine(sample.machine, sample.choices, concerns));
  std::vector<Manifest> manifests = render(plan, sample.environment);
  for (const Concern& concern : check_admission(manifests))
    return Error(ErrorKind::internal, concern.code, concern.message);
  return manifests;
}

Status write(const std::filesystem::path& stem, const std::vector<Manifest>& manifests) {
  OVAPORT_CHECK(write_new_file(stem.string() + ".yaml", to_yaml(manifests)));
  return write_new_file(stem.string() + ".json", to_json(manifests));
}

std::vector<Manifest> texts() {
  std::vector<Manifest> manifests;
  for (const std::string& text : samples::hostile_texts()) {
    nlohmann::json object{{"value", text}, {"list", {text, text}}, {"after", {{"a", 1}}}};
    // A simple key has at most 1024 characters on one line.
    if (text.size() < 500) object["keys"] = {{text, text}};
    manifests.push_back({"Text", "text", object.dump()});
  }
  return manifests;
}

Status run(const std::filesystem::path& directory) {
  for (const Sample& sample : samples::all()) {
    OVAPORT_TRY(const std::vector<Manifest> manifests, rendered(sample));
    OVAPORT_CHECK(write(directory / ("sample-" + sample.name), manifests));
  }
  constexpr int kMachines = 400;
  Generator generator;
  std::vector<Manifest> all;
  for (int i = 0; i < kMachines; ++i) {
    OVAPORT_TRY(const std::vector<Manifest> manifests, rendered(generator.next()));
    all.insert(all.end(), manifests.begin(), manifests.end());
  }
  OVAPORT_CHECK(write(directory / "generated", all));
  return write(directory / "texts", texts());
}

}  // namespace
}  // namespace ovaport::kubevirt

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const ovaport::Status status = ovaport::kubevirt::run(argv[1]);
  if (!status.ok()) std::fprintf(stderr, "%s\n", ovaport::describe(status.error()).c_str());
  return status.ok() ? 0 : 1;
}
