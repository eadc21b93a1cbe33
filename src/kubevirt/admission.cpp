#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "ovaport/base/text.h"
#include "ovaport/kubevirt/manifests.h"
#include "ovaport/kubevirt/names.h"

namespace ovaport::kubevirt {

using Json = nlohmann::ordered_json;

namespace {

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool only_has(std::string_view text, std::string_view punctuation) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           punctuation.find(c) != std::string_view::npos;
  });
}

const std::string& text_at(const Json& object, const char* key) {
  return object.at(key).get_ref<const std::string&>();
}

/// How many of the words are keys of `object`.
template <std::size_t N>
int keys_among(const Json& object, const std::array<std::string_view, N>& words) {
  int count = 0;
  for (const auto& item : object.items())
    count += one_of(words, item.key()) ? 1 : 0;
  return count;
}

/// The rules of virt-api's and CDI's webhooks for what render() can produce. A text
/// or member that is not there at all is reported by the caller.
class Admission {
 public:
  explicit Admission(Concerns& concerns) : concerns_(concerns) {}

  void check(const Manifest& manifest) {
    name_ = manifest.name;
    try {
      check_object(Json::parse(manifest.json));
    } catch (const Json::exception&) {
      require(false, "kubevirt.malformed",
              "the " + escaped(manifest.kind, 40) + " lacks a member that it must have");
    }
  }

 private:
  void require(bool holds, std::string_view code, std::string message) {
    if (holds) return;
    Concern concern;
    concern.code = code;
    concern.severity = Severity::critical;
    concern.message = std::move(message);
    concern.element = name_;
    concerns_.push_back(std::move(concern));
  }

  void check_object(const Json& object) {
    const Json& meta = object.at("metadata");
    require(is_label(text_at(meta, "name")), "kubevirt.name", "the name is no DNS-1123 label");
    require(is_label(text_at(meta, "namespace")), "kubevirt.namespace",
            "the namespace is no DNS-1123 label");
    check_labels(meta.at("labels"));
    if (meta.contains("annotations")) check_annotations(meta.at("annotations"));
    const std::string& kind = text_at(object, "kind");
    if (kind == "Secret") check_secret(object);
    if (kind == "DataVolume") check_data_volume(object.at("spec"));
    if (kind == "VirtualMachine") check_machine(object.at("spec"));
  }

  void check_labels(const Json& labels) {
    for (const auto& [key, value] : labels.items()) {
      const std::string& text = value.get_ref<const std::string&>();
      const bool good = text.size() <= kLabelLimit && only_has(text, "-_.") &&
                        (text.empty() || (only_has(text.substr(0, 1), "") &&
                                          only_has(text.substr(text.size() - 1), "")));
      require(good, "kubevirt.label", "the value of the label " + quote(key) + " is not allowed");
    }
  }

  void check_annotations(const Json& annotations) {
    constexpr std::size_t kLargest = std::size_t{256} << 10;
    std::size_t size = 0;
    for (const auto& [key, value] : annotations.items())
      size += key.size() + value.get_ref<const std::string&>().size();
    require(size <= kLargest, "kubevirt.annotations", "the annotations are larger than 256 KiB");
  }

  void check_secret(const Json& secret) {
    // The limit is 1 MiB for all; leave room for what the API server adds.
    constexpr std::size_t kLargest = std::size_t{900} << 10;
    constexpr std::size_t kLongestKey = 253;
    std::size_t size = 0;
    for (const auto& [key, value] : secret.at("stringData").items()) {
      size += key.size() + value.get_ref<const std::string&>().size();
      require(!key.empty() && key.size() <= kLongestKey && only_has(key, "-._"),
              "kubevirt.secret-key", "the key " + quote(key) + " is not allowed in a Secret");
    }
    require(size <= kLargest, "kubevirt.environment-too-large",
            "the OVF environment has " + format_bytes(size) + "; a Secret holds at most " +
                format_bytes(kLargest));
  }

  void check_data_volume(const Json& spec) {
    constexpr std::array<std::string_view, 3> kSources{"upload", "blank", "http"};
    const Json& source = spec.at("source");
    require(source.size() == 1 && keys_among(source, kSources) == 1, "kubevirt.volume-source",
            "the volume has not exactly one source");
    require(spec.contains("storage") && !spec.contains("pvc"), "kubevirt.volume-storage",
            "the volume must have a storage section and no pvc section");
    const Json& requests = spec.at("storage").at("resources").at("requests");
    const auto size = parse_unsigned(text_at(requests, "storage"));
    // A Kubernetes quantity of bytes is used as a signed number.
    constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
    require(size && *size >= (1U << 20) && *size <= kLargest, "kubevirt.volume-size",
            "the volume is smaller than 1 MiB, or its size is no number of bytes");
  }

  void check_machine(const Json& spec) {
    constexpr std::array<std::string_view, 5> kStrategies{"Always", "Halted", "Manual",
                                                          "RerunOnFailure", "Once"};
    require(one_of(kStrategies, text_at(spec, "runStrategy")) && !spec.contains("running"),
            "kubevirt.run-strategy", "the run strategy is not allowed");
    const Json& inner = spec.at("template").at("spec");
    require(is_label(text_at(inner, "hostname")), "kubevirt.hostname",
            "the host name is no DNS-1123 label");
    const Json& domain = inner.at("domain");
    check_hardware(domain);
    orders_.clear();
    const Json& devices = domain.at("devices");
    check_disks(devices.at("disks"));
    check_volumes(inner.at("volumes"));
    check_networks(inner.at("networks"));
    check_interfaces(devices.at("interfaces"));
  }

  void check_hardware(const Json& domain) {
    const Json& cpu = domain.at("cpu");
    for (const char* member : {"sockets", "cores", "threads"})
      require(cpu.at(member).is_number_integer() && cpu.at(member) >= 1, "kubevirt.cpu",
              std::string("the number of CPU ") + member + " is not positive");
    std::string memory = text_at(domain.at("memory"), "guest");
    if (memory.ends_with("Mi")) memory.resize(memory.size() - 2);
    require(parse_unsigned(memory).value_or(0) > 0, "kubevirt.memory", "there is no memory");
    require(text_at(domain.at("machine"), "type").starts_with("q35"), "kubevirt.machine-type",
            "the machine type is not q35");
    const Json& loader = domain.at("firmware").at("bootloader");
    require(loader.size() == 1, "kubevirt.bootloader", "the firmware is not either BIOS or EFI");
    // secureBoot that is not said is true, and needs SMM.
    const bool secure = loader.contains("efi") && loader.at("efi").value("secureBoot", true);
    const Json& features = domain.at("features");
    require(!secure || (features.contains("smm") && features.at("smm").value("enabled", true)),
            "kubevirt.secure-boot", "secure boot needs SMM");
    if (features.contains("hyperv")) check_hyperv(features.at("hyperv"));
  }

  void check_hyperv(const Json& hyperv) {
    const auto needs = [&](const char* feature, const char* other) {
      require(!hyperv.contains(feature) || hyperv.contains(other), "kubevirt.hyperv",
              std::string("the Hyper-V feature ") + feature + " needs " + other);
    };
    needs("evmcs", "vapic");
    needs("ipi", "vpindex");
    needs("tlbflush", "vpindex");
    needs("synictimer", "synic");
    needs("synic", "vpindex");
  }

  void check_order(const Json& device) {
    if (!device.contains("bootOrder")) return;
    const auto order = device.at("bootOrder").get<std::int64_t>();
    require(order >= 1 && orders_.insert(order).second, "kubevirt.boot-order",
            "a boot order is used twice or not positive");
  }

  void check_disks(const Json& disks) {
    disks_.clear();
    for (const Json& disk : disks) {
      const std::string& name = text_at(disk, "name");
      require(is_label(name) && disks_.insert(name).second, "kubevirt.disk-name",
              "the disk name " + quote(name) + " is invalid or used twice");
      check_order(disk);
      check_target(disk, name);
      if (!disk.contains("serial")) continue;
      constexpr std::size_t kLongestSerial = 256;
      const std::string& serial = text_at(disk, "serial");
      require(!serial.empty() && serial.size() <= kLongestSerial && only_has(serial, "_.+-"),
              "kubevirt.serial", "the serial number of " + quote(name) + " is not allowed");
    }
  }

  void check_target(const Json& disk, const std::string& name) {
    constexpr std::array<std::string_view, 3> kTargets{"disk", "cdrom", "lun"};
    require(keys_among(disk, kTargets) == 1, "kubevirt.disk-target",
            "the disk " + quote(name) + " is not exactly one of disk, cdrom and lun");
    const bool cdrom = disk.contains("cdrom");
    const Json& target = cdrom ? disk.at("cdrom") : disk.at("disk");
    const std::string& bus = text_at(target, "bus");
    constexpr std::array<std::string_view, 3> kBuses{"sata", "scsi", "usb"};
    require(one_of(kBuses, bus) || (bus == "virtio" && !cdrom), "kubevirt.disk-bus",
            "the bus " + quote(bus) + " is not allowed for " + quote(name));
    require(cdrom || bus != "sata" || !target.value("readonly", false), "kubevirt.readonly",
            "the SATA disk " + quote(name) + " cannot be read-only");
  }

  void check_volumes(const Json& volumes) {
    std::set<std::string> names;
    for (const Json& volume : volumes) {
      const std::string& name = text_at(volume, "name");
      require(names.insert(name).second && disks_.count(name) == 1, "kubevirt.volume-name",
              "the volume " + quote(name) + " has no disk, or is there twice");
      constexpr std::array<std::string_view, 2> kSources{"dataVolume", "secret"};
      require(keys_among(volume, kSources) == 1, "kubevirt.volume-source",
              "the volume " + quote(name) + " has not exactly one source");
      if (volume.contains("dataVolume"))
        require(is_subdomain(text_at(volume.at("dataVolume"), "name")), "kubevirt.volume-source",
                "the volume " + quote(name) + " names no data volume");
      if (volume.contains("secret")) check_config_disk(volume.at("secret"), name);
    }
    require(names == disks_, "kubevirt.disk-volume", "a disk has no volume");
  }

  void check_config_disk(const Json& secret, const std::string& name) {
    require(is_subdomain(text_at(secret, "secretName")), "kubevirt.volume-source",
            "the volume " + quote(name) + " names no secret");
    // The webhook does not look; xorriso fails when the machine is to start.
    constexpr std::size_t kLongestLabel = 32;
    require(text_at(secret, "volumeLabel").size() <= kLongestLabel, "kubevirt.volume-label",
            "the volume label is longer than 32 characters");
  }

  void check_networks(const Json& networks) {
    networks_.clear();
    pods_.clear();
    for (const Json& network : networks) {
      const std::string& name = text_at(network, "name");
      require(is_label(name) && networks_.insert(name).second, "kubevirt.network",
              "the network name " + quote(name) + " is invalid or used twice");
      constexpr std::array<std::string_view, 2> kSources{"pod", "multus"};
      require(keys_among(network, kSources) == 1, "kubevirt.network-source",
              "the network " + quote(name) + " is not exactly one of pod and multus");
      if (network.contains("pod")) pods_.insert(name);
      if (network.contains("multus"))
        require(!text_at(network.at("multus"), "networkName").empty(), "kubevirt.network-source",
                "the network " + quote(name) + " names no attachment definition");
    }
    require(pods_.size() <= 1, "kubevirt.two-pod-networks",
            "more than one adapter is on the pod network");
  }

  void check_interfaces(const Json& interfaces) {
    std::set<std::string> names;
    std::set<std::string> macs;
    for (const Json& interface : interfaces) {
      const std::string& name = text_at(interface, "name");
      require(names.insert(name).second, "kubevirt.interface-name",
              "the interface " + quote(name) + " is there twice");
      check_order(interface);
      check_binding(interface, name);
      constexpr std::array<std::string_view, 7> kModels{"virtio",   "e1000", "e1000e", "igb",
                                                        "ne2k_pci", "pcnet", "rtl8139"};
      require(one_of(kModels, text_at(interface, "model")), "kubevirt.nic-model",
              "the model of the interface " + quote(name) + " is not allowed");
      const std::string& mac = text_at(interface, "macAddress");
      require(canonical_mac(mac).ok() && macs.insert(to_lower(mac)).second, "kubevirt.mac",
              "the MAC address " + quote(mac) + " is invalid or used twice");
      // KubeVirt's own side of the masquerade has this address.
      require(!interface.contains("masquerade") || mac != "02:00:00:00:00:00", "kubevirt.mac",
              "the MAC address " + quote(mac) + " is reserved on the pod network");
    }
    require(names == networks_, "kubevirt.network",
            "the interfaces and the networks do not correspond");
  }

  void check_binding(const Json& interface, const std::string& name) {
    constexpr std::array<std::string_view, 3> kBindings{"masquerade", "bridge", "sriov"};
    require(keys_among(interface, kBindings) == 1, "kubevirt.binding",
            "the interface " + quote(name) + " has not exactly one binding");
    require(!interface.contains("masquerade") || pods_.count(name) == 1, "kubevirt.binding",
            "masquerade of " + quote(name) + " needs the pod network");
  }

  Concerns& concerns_;
  std::string name_;
  std::set<std::int64_t> orders_;
  std::set<std::string> disks_;
  std::set<std::string> networks_;
  std::set<std::string> pods_;
};

}  // namespace

Concerns check_admission(const std::vector<Manifest>& manifests) {
  Concerns concerns;
  Admission admission(concerns);
  for (const Manifest& manifest : manifests)
    admission.check(manifest);
  return concerns;
}

}  // namespace ovaport::kubevirt
