#include <algorithm>
#include <nlohmann/json.hpp>

#include "ovaport/base/text.h"
#include "ovaport/environment/iso.h"
#include "ovaport/kubevirt/manifests.h"
#include "ovaport/kubevirt/names.h"

namespace ovaport::kubevirt {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::uint64_t kMiB = 1ULL << 20;
// Shown to administrators by kubectl describe; longer texts belong in the package.
constexpr std::size_t kLongestAnnotation = 2000;

std::string cut(const std::string& text) {
  if (text.size() <= kLongestAnnotation) return text;
  std::size_t end = kLongestAnnotation;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return text.substr(0, end) + "…";
}

Json labels(const MachinePlan& plan) {
  return {{"app.kubernetes.io/name", plan.name},
          {"app.kubernetes.io/instance", plan.name},
          {"app.kubernetes.io/managed-by", "ovaport"}};
}

void annotate(Json& annotations, const char* key, const std::string& value) {
  if (!value.empty()) annotations[std::string("ovaport.io/") + key] = cut(value);
}

Json metadata(const MachinePlan& plan, const std::string& name) {
  return {{"name", name}, {"namespace", plan.name_space}, {"labels", labels(plan)}};
}

Json vm_annotations(const MachinePlan& plan) {
  Json annotations = Json::object();
  if (!plan.description.empty()) annotations["description"] = cut(plan.description);
  annotate(annotations, "display-name", plan.display_name);
  annotate(annotations, "source", plan.provenance.source);
  annotate(annotations, "content-digest", plan.provenance.content_digest);
  annotate(annotations, "descriptor-digest", plan.provenance.descriptor_digest);
  annotate(annotations, "producer", plan.provenance.producer);
  annotate(annotations, "product", plan.provenance.product);
  annotate(annotations, "vendor", plan.provenance.vendor);
  annotate(annotations, "version", plan.provenance.version);
  annotate(annotations, "virtual-system", plan.system_id);
  annotate(annotations, "deployment-option", plan.option);
  annotate(annotations, "os-type", plan.os_type);
  for (const auto& [key, value] : plan.annotations)
    annotate(annotations, key.c_str(), value);
  return annotations;
}

Json secret(const MachinePlan& plan, std::string_view environment) {
  return {{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"metadata", metadata(plan, plan.config_secret)},
          {"type", "Opaque"},
          // Every key becomes a file on the disk, so there is just this one.
          {"stringData", {{environment::kDocumentName, environment}}}};
}

Json data_volume(const MachinePlan& plan, const std::string& claim, std::uint64_t size, bool blank,
                 const std::string& source, const std::string& disk_id) {
  Json meta = metadata(plan, claim);
  // Bound at once, not only when a virtual machine waits for it: the upload needs it.
  Json annotations{{"cdi.kubevirt.io/storage.bind.immediate.requested", "true"}};
  annotate(annotations, "ovf-disk-id", disk_id);
  annotate(annotations, "ovf-file", source);
  meta["annotations"] = std::move(annotations);
  Json storage{{"resources", {{"requests", {{"storage", std::to_string(size)}}}}}};
  if (!plan.storage_class.empty()) storage["storageClassName"] = plan.storage_class;
  const Json origin{{blank ? "blank" : "upload", Json::object()}};
  return {{"apiVersion", "cdi.kubevirt.io/v1beta1"},
          {"kind", "DataVolume"},
          {"metadata", std::move(meta)},
          {"spec", {{"contentType", "kubevirt"}, {"source", origin}, {"storage", storage}}}};
}

Json memory(std::uint64_t bytes) {
  return {{"guest", std::to_string(bytes / kMiB) + "Mi"}};
}

Json firmware(const MachinePlan& plan) {
  // secureBoot defaults to true, so plain EFI has to say no.
  const Json loader =
      plan.efi ? Json{{"efi", {{"secureBoot", plan.secure_boot}}}} : Json{{"bios", Json::object()}};
  return {{"uuid", plan.firmware_uuid}, {"bootloader", loader}};
}

Json hyperv() {
  const Json none = Json::object();
  return {{"relaxed", none},         {"vapic", none},
          {"vpindex", none},         {"spinlocks", {{"spinlocks", 8191}}},
          {"synic", none},           {"synictimer", {{"direct", none}}},
          {"tlbflush", none},        {"frequencies", none},
          {"reenlightenment", none}, {"ipi", none},
          {"runtime", none},         {"reset", none}};
}

Json features(const MachinePlan& plan) {
  Json features{{"acpi", {{"enabled", true}}}};
  if (plan.secure_boot) features["smm"] = {{"enabled", true}};
  if (plan.windows) {
    features["apic"] = Json::object();
    features["hyperv"] = hyperv();
  }
  return features;
}

Json clock(const MachinePlan& plan) {
  Json timer{{"hpet", {{"present", false}}},
             {"pit", {{"tickPolicy", "delay"}}},
             {"rtc", {{"tickPolicy", "catchup"}}}};
  if (plan.windows) timer["hyperv"] = Json::object();
  return {{"utc", Json::object()}, {"timer", timer}};
}

Json disks(const MachinePlan& plan) {
  Json all = Json::array();
  for (const PlannedDisk& disk : plan.disks) {
    Json entry{{"name", disk.volume}};
    entry["bootOrder"] = disk.boot_order;
    entry["serial"] = disk.serial;
    entry["disk"] = {{"bus", disk.bus}};
    all.push_back(std::move(entry));
  }
  for (const PlannedCdrom& cdrom : plan.cdroms)
    all.push_back({{"name", cdrom.volume},
                   {"bootOrder", cdrom.boot_order},
                   {"cdrom", {{"bus", "sata"}, {"readonly", true}}}});
  all.push_back({{"name", "ovf-env"}, {"cdrom", {{"bus", "sata"}, {"readonly", true}}}});
  return all;
}

Json interfaces(const MachinePlan& plan) {
  Json all = Json::array();
  for (const PlannedNic& nic : plan.nics)
    all.push_back({{"name", nic.name},
                   {"model", nic.model},
                   {"macAddress", nic.mac},
                   {nic.multus.empty() ? "masquerade" : "bridge", Json::object()}});
  return all;
}

Json networks(const MachinePlan& plan) {
  Json all = Json::array();
  for (const PlannedNic& nic : plan.nics) {
    Json network{{"name", nic.name}};
    if (nic.multus.empty())
      network["pod"] = Json::object();
    else
      network["multus"] = {{"networkName", nic.multus}};
    all.push_back(std::move(network));
  }
  return all;
}

Json volumes(const MachinePlan& plan) {
  Json all = Json::array();
  for (const PlannedDisk& disk : plan.disks)
    all.push_back({{"name", disk.volume}, {"dataVolume", {{"name", disk.claim}}}});
  for (const PlannedCdrom& cdrom : plan.cdroms)
    all.push_back({{"name", cdrom.volume}, {"dataVolume", {{"name", cdrom.claim}}}});
  all.push_back({{"name", "ovf-env"},
                 {"secret", {{"secretName", plan.config_secret}, {"volumeLabel", kVolumeLabel}}}});
  return all;
}

Json devices(const MachinePlan& plan) {
  Json devices{{"rng", Json::object()},
               {"inputs", {{{"name", "tablet"}, {"type", "tablet"}, {"bus", "usb"}}}},
               {"disks", disks(plan)},
               {"interfaces", interfaces(plan)}};
  // Without this, a machine without adapters would get the pod network.
  if (plan.nics.empty()) devices["autoattachPodInterface"] = false;
  // Without persistence it would forget its keys at every stop.
  if (plan.tpm) devices["tpm"] = {{"persistent", true}};
  const auto by_virtio = [](const PlannedDisk& disk) { return disk.bus == "virtio"; };
  const auto is_virtio = [](const PlannedNic& nic) { return nic.model == "virtio"; };
  if (std::any_of(plan.disks.begin(), plan.disks.end(), by_virtio))
    devices["blockMultiQueue"] = true;
  if (std::any_of(plan.nics.begin(), plan.nics.end(), is_virtio))
    devices["networkInterfaceMultiqueue"] = true;
  return devices;
}

constexpr const char* kPlacementLabel = "ovaport.io/placement-group";

// Preferred, not required: a cluster with fewer nodes than the vendor thought of still
// runs the appliance.
Json affinity(const Placement& placement) {
  Json term{{"labelSelector", {{"matchLabels", {{kPlacementLabel, placement.group}}}}},
            {"topologyKey", "kubernetes.io/hostname"}};
  Json wish = Json::array({{{"weight", 100}, {"podAffinityTerm", std::move(term)}}});
  return {{placement.together ? "podAffinity" : "podAntiAffinity",
           {{"preferredDuringSchedulingIgnoredDuringExecution", std::move(wish)}}}};
}

Json virtual_machine(const MachinePlan& plan) {
  Json domain{{"machine", {{"type", "q35"}}},
              {"cpu", {{"sockets", plan.sockets}, {"cores", plan.cores}, {"threads", 1}}},
              {"memory", memory(plan.memory)},
              {"firmware", firmware(plan)},
              {"features", features(plan)},
              {"clock", clock(plan)},
              {"devices", devices(plan)}};
  Json spec{{"architecture", "amd64"},
            {"hostname", plan.name},
            {"terminationGracePeriodSeconds", 180},
            {"domain", std::move(domain)},
            {"networks", networks(plan)},
            {"volumes", volumes(plan)}};
  Json meta = metadata(plan, plan.name);
  meta["annotations"] = vm_annotations(plan);
  Json template_labels = labels(plan);
  if (!plan.placement.group.empty()) {
    template_labels[kPlacementLabel] = plan.placement.group;
    spec["affinity"] = affinity(plan.placement);
  }
  return {
      {"apiVersion", "kubevirt.io/v1"},
      {"kind", "VirtualMachine"},
      {"metadata", std::move(meta)},
      {"spec",
       {{"runStrategy", plan.start ? "Always" : "Halted"},
        {"template", {{"metadata", {{"labels", template_labels}}}, {"spec", std::move(spec)}}}}}};
}

Manifest manifest_of(const Json& object) {
  // Text of the package is UTF-8 by then; replacing is for what never should be.
  return {object["kind"].get<std::string>(), object["metadata"]["name"].get<std::string>(),
          object.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace

std::vector<Manifest> render(const MachinePlan& plan, std::string_view environment) {
  std::vector<Manifest> manifests{manifest_of(secret(plan, environment))};
  for (const PlannedDisk& disk : plan.disks)
    manifests.push_back(manifest_of(
        data_volume(plan, disk.claim, disk.size, disk.blank, disk.source, disk.disk_id)));
  for (const PlannedCdrom& cdrom : plan.cdroms)
    manifests.push_back(
        manifest_of(data_volume(plan, cdrom.claim, cdrom.size, false, cdrom.source, "")));
  manifests.push_back(manifest_of(virtual_machine(plan)));
  return manifests;
}

std::string to_json(const std::vector<Manifest>& manifests) {
  Json items = Json::array();
  for (const Manifest& manifest : manifests)
    items.push_back(Json::parse(manifest.json));
  const Json list{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}};
  return list.dump(2) + "\n";
}

}  // namespace ovaport::kubevirt
