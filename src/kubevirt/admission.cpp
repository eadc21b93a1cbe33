#include <nlohmann/json.hpp>
#include <set>

#include "ovaport/base/text.h"
#include "ovaport/kubevirt/manifests.h"
#include "ovaport/kubevirt/names.h"

namespace ovaport::kubevirt {

using Json = nlohmann::ordered_json;

namespace {

/// The rules of virt-api's and CDI's webhooks for what render() can produce.
class Admission {
 public:
  explicit Admission(Concerns& concerns) : concerns_(concerns) {}

  void check(const Json& object) {
    name_ = object["metadata"]["name"].get<std::string>();
    require(is_label(name_), "kubevirt.name", "the name is no DNS-1123 label");
    const std::string kind = object["kind"];
    if (kind == "Secret") check_secret(object);
    if (kind == "DataVolume") check_data_volume(object);
    if (kind == "VirtualMachine") check_machine(object["spec"]);
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

  void check_secret(const Json& secret) {
    // The limit is 1 MiB for all; leave room for what the API server adds.
    constexpr std::size_t kLargest = std::size_t{900} << 10;
    std::size_t size = 0;
    for (const auto& [key, value] : secret["stringData"].items())
      size += key.size() + value.get_ref<const std::string&>().size();
    require(size <= kLargest, "kubevirt.environment-too-large",
            "the OVF environment has " + format_bytes(size) + "; a Secret holds at most " +
                format_bytes(kLargest));
  }

  void check_data_volume(const Json& volume) {
    const std::string size = volume["spec"]["storage"]["resources"]["requests"]["storage"];
    require(parse_unsigned(size).value_or(0) >= (1U << 20), "kubevirt.volume-size",
            "the volume is smaller than 1 MiB");
  }

  void check_machine(const Json& spec) {
    const Json& inner = spec["template"]["spec"];
    const Json& domain = inner["domain"];
    require(domain["cpu"]["sockets"].get<std::uint64_t>() >= 1, "kubevirt.cpu", "no CPU is left");
    require(domain["memory"]["guest"] != "0Mi", "kubevirt.memory", "there is no memory");
    check_disks(domain["devices"]["disks"], inner["volumes"]);
    check_networks(domain["devices"]["interfaces"], inner["networks"]);
    const Json& loader = domain["firmware"]["bootloader"];
    const bool secure = loader.contains("efi") && loader["efi"]["secureBoot"].get<bool>();
    require(!secure || domain["features"].contains("smm"), "kubevirt.secure-boot",
            "secure boot needs SMM");
  }

  void check_disks(const Json& disks, const Json& volumes) {
    std::set<std::string> names;
    std::set<int> orders;
    for (const Json& disk : disks) {
      const std::string name = disk["name"];
      require(is_label(name) && names.insert(name).second, "kubevirt.disk-name",
              "the disk name " + quote(name) + " is invalid or used twice");
      if (disk.contains("bootOrder"))
        require(orders.insert(disk["bootOrder"].get<int>()).second, "kubevirt.boot-order",
                "a boot order is used twice");
      const std::string bus = disk.contains("disk") ? disk["disk"]["bus"] : disk["cdrom"]["bus"];
      const bool known = bus == "sata" || bus == "scsi" || bus == "usb" ||
                         (bus == "virtio" && disk.contains("disk"));
      require(known, "kubevirt.disk-bus", "the bus " + quote(bus) + " is not allowed here");
    }
    for (const Json& volume : volumes) {
      require(names.count(volume["name"].get<std::string>()) == 1, "kubevirt.volume-name",
              "a volume has no disk");
      if (!volume.contains("secret")) continue;
      constexpr std::size_t kLongestLabel = 32;  // xorriso fails beyond, at start only
      require(volume["secret"]["volumeLabel"].get<std::string>().size() <= kLongestLabel,
              "kubevirt.volume-label", "the volume label is too long");
    }
  }

  void check_networks(const Json& interfaces, const Json& networks) {
    int pods = 0;
    std::set<std::string> macs;
    for (const Json& network : networks)
      pods += network.contains("pod") ? 1 : 0;
    require(pods <= 1, "kubevirt.two-pod-networks", "more than one adapter is on the pod network");
    require(interfaces.size() == networks.size(), "kubevirt.network", "a network has no adapter");
    for (const Json& interface : interfaces) {
      const std::string mac = interface["macAddress"];
      require(canonical_mac(mac).ok() && macs.insert(mac).second, "kubevirt.mac",
              "the MAC address " + quote(mac) + " is invalid or used twice");
    }
  }

  Concerns& concerns_;
  std::string name_;
};

}  // namespace

Concerns check_admission(const std::vector<Manifest>& manifests) {
  Concerns concerns;
  Admission admission(concerns);
  for (const Manifest& manifest : manifests)
    admission.check(Json::parse(manifest.json));
  return concerns;
}

}  // namespace ovaport::kubevirt
