#include "json.h"

#include <array>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace ovaport {

// Found by nlohmann's lookup in the namespace of the type.
static void to_json(nlohmann::json& json, const Concern& concern) {
  json = {{"code", concern.code},       {"severity", std::string(to_string(concern.severity))},
          {"message", concern.message}, {"advice", concern.advice},
          {"file", concern.file},       {"element", concern.element}};
}

static void from_json(const nlohmann::json& json, Concern& concern) {
  const std::string severity = json.at("severity");
  concern.severity = severity == "critical"  ? Severity::critical
                     : severity == "warning" ? Severity::warning
                                             : Severity::information;
  json.at("code").get_to(concern.code);
  json.at("message").get_to(concern.message);
  json.at("advice").get_to(concern.advice);
  json.at("file").get_to(concern.file);
  json.at("element").get_to(concern.element);
}

}  // namespace ovaport

namespace ovaport::guest {

namespace {

using nlohmann::json;

constexpr std::array kKinds = {"none", "linux", "windows", "other"};
constexpr std::array kActions = {"inspect", "convert", "inject", "prepare"};

template <std::size_t N>
std::size_t index_of(const std::array<const char*, N>& names, const std::string& name) {
  for (std::size_t i = 0; i < N; ++i)
    if (name == names[i]) return i;
  return 0;
}

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// One list of members serves both directions.
template <typename Visitor, typename Guest>
void visit_flat(Visitor&& field, Guest& guest) {
  field("roots", guest.roots);
  field("distribution", guest.distribution);
  field("productName", guest.product_name);
  field("majorVersion", guest.major_version);
  field("minorVersion", guest.minor_version);
  field("architecture", guest.architecture);
  field("packageFormat", guest.package_format);
  field("osinfo", guest.osinfo);
  field("efiSystemPartition", guest.efi_partition);
  field("biosBootPartition", guest.bios_boot_partition);
  field("firmware", guest.firmware);
  field("bootLoader", guest.boot_loader);
  field("init", guest.init);
  field("selinux", guest.selinux);
  field("encrypted", guest.encrypted);
  field("readOnly", guest.read_only);
  field("toolsStandIn", guest.stand_in);
  field("cloudInit", guest.cloud_init);
  field("cloudInitSources", guest.cloud_init_sources);
  field("guestAgent", guest.guest_agent);
  field("vmwareUnits", guest.vmware_units);
  field("virtioWinDisk", guest.virtio_win_disk);
  field("virtioWinNet", guest.virtio_win_net);
  field("concerns", guest.concerns);
}

template <typename Visitor, typename Tools>
void visit_tools(Visitor&& field, Tools& tools) {
  field("packages", tools.packages);
  field("tarball", tools.tarball);
  field("windows", tools.windows);
  field("version", tools.version);
  field("programs", tools.programs);
  field("services", tools.services);
}

template <typename Visitor, typename AnyKernel>
void visit_kernel(Visitor&& field, AnyKernel& kernel) {
  field("version", kernel.version);
  field("initramfs", kernel.initramfs);
  field("initramfsRead", kernel.initramfs_read);
  field("virtioBlk", kernel.virtio_blk);
  field("virtioScsi", kernel.virtio_scsi);
  field("ahci", kernel.ahci);
  field("virtioNet", kernel.virtio_net);
  field("e1000e", kernel.e1000e);
  field("e1000", kernel.e1000);
}

// nlohmann converts any number to any other, however badly it fits.
int integer(const json& value, int most) {
  if (!value.is_number_integer()) throw std::out_of_range("no integer");
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<unsigned>(most))
    throw std::out_of_range("too large");
  const auto number = value.get<std::int64_t>();
  if (number < 0 || number > most) throw std::out_of_range("too large");
  return static_cast<int>(number);
}

constexpr int kAnyInteger = std::numeric_limits<int>::max();

struct Write {
  json& object;
  template <typename T>
  void operator()(const char* name, const T& value) const {
    object[name] = value;
  }
};

struct Read {
  const json& object;
  template <typename T>
  void operator()(const char* name, T& value) const {
    if constexpr (std::is_same_v<T, int>)
      value = integer(object.at(name), kAnyInteger);
    else
      object.at(name).get_to(value);
  }
};

Inspection read_inspection(const json& object) {
  Inspection guest;
  visit_flat(Read{object}, guest);
  guest.kind = static_cast<SystemKind>(index_of(kKinds, object.at("kind").get<std::string>()));
  visit_tools(Read{object.at("vmwareTools")}, guest.tools);
  for (const json& item : object.at("environmentUsers"))
    guest.environment_users.push_back({item.at("file"), item.at("how")});
  for (const json& item : object.at("interfaces"))
    guest.interfaces.push_back({item.at("name"), item.at("file")});
  for (const json& item : object.at("kernels"))
    visit_kernel(Read{item}, guest.kernels.emplace_back());
  return guest;
}

json injection_json(const Injection& injection) {
  return {{"after", inspection_json(injection.after)},
          {"injected", injection.injected},
          {"removed", injection.removed},
          {"added", injection.added},
          {"concerns", injection.concerns}};
}

Injection read_injection(const json& object) {
  Injection injection;
  injection.after = read_inspection(object.at("after"));
  object.at("injected").get_to(injection.injected);
  object.at("removed").get_to(injection.removed);
  object.at("added").get_to(injection.added);
  object.at("concerns").get_to(injection.concerns);
  return injection;
}

Error read_error(const json& object) {
  Error error(
      static_cast<ErrorKind>(integer(object.at("kind"), static_cast<int>(ErrorKind::internal))),
      object.at("code").get<std::string>(), object.at("message").get<std::string>());
  object.at("advice").get_to(error.advice);
  return error;
}

WorkRequest read_request(const json& object) {
  WorkRequest request;
  request.action = static_cast<Action>(index_of(kActions, object.at("action").get<std::string>()));
  for (const json& item : object.at("disks"))
    request.disks.push_back(
        {item.at("path").get<std::string>(),
         static_cast<ovf::Bus>(integer(item.at("bus"), static_cast<int>(ovf::Bus::nvme)))});
  for (const json& item : object.at("nics")) {
    GuestNic nic{item.at("mac"), std::nullopt};
    if (item.contains("pciSlot")) nic.pci_slot = integer(item.at("pciSlot"), kAnyInteger);
    request.nics.push_back(std::move(nic));
  }
  object.at("cache").get_to(request.cache);
  object.at("temporary").get_to(request.temporary);
  object.at("virtioWin").get_to(request.virtio_win);
  if (object.contains("user"))
    request.user = static_cast<std::uint32_t>(integer(object.at("user"), kAnyInteger));
  if (object.at("rootOnly").get<bool>()) request.access = EnvironmentAccess::root;
  object.at("firmware").get_to(request.firmware);
  return request;
}

}  // namespace

nlohmann::json inspection_json(const Inspection& guest) {
  json object = {{"kind", kKinds[static_cast<std::size_t>(guest.kind)]}};
  visit_flat(Write{object}, guest);
  json tools = json::object();
  visit_tools(Write{tools}, guest.tools);
  object["vmwareTools"] = std::move(tools);
  object["environmentUsers"] = json::array();
  for (const EnvironmentUser& user : guest.environment_users)
    object["environmentUsers"].push_back({{"file", user.file}, {"how", user.how}});
  object["interfaces"] = json::array();
  for (const ConfiguredInterface& interface : guest.interfaces)
    object["interfaces"].push_back({{"name", interface.name}, {"file", interface.file}});
  object["kernels"] = json::array();
  for (const Kernel& kernel : guest.kernels)
    visit_kernel(Write{object["kernels"].emplace_back(json::object())}, kernel);
  return object;
}

std::string encode(const WorkRequest& request) {
  json object = {{"action", kActions[static_cast<std::size_t>(request.action)]},
                 {"disks", json::array()},
                 {"nics", json::array()},
                 {"cache", request.cache},
                 {"temporary", request.temporary},
                 {"virtioWin", request.virtio_win},
                 {"rootOnly", request.access == EnvironmentAccess::root},
                 {"firmware", request.firmware}};
  if (request.user) object["user"] = *request.user;
  for (const GuestDisk& disk : request.disks)
    object["disks"].push_back({{"path", disk.path.string()}, {"bus", static_cast<int>(disk.bus)}});
  for (const GuestNic& nic : request.nics) {
    json item = {{"mac", nic.mac}};
    if (nic.pci_slot) item["pciSlot"] = *nic.pci_slot;
    object["nics"].push_back(std::move(item));
  }
  return dumped(object);
}

Result<WorkRequest> decode_request(const std::string& text) {
  try {
    return read_request(json::parse(text));
  } catch (const std::exception&) {
    return Error(ErrorKind::invalid, "guest.request",
                 "standard input holds no request for the guest worker")
        .advise("This subcommand is for ovaport's own use");
  }
}

std::string encode(const Result<WorkResult>& result) {
  json object = json::object();
  if (!result) {
    const Error& error = result.error();
    object["error"] = {{"kind", static_cast<int>(error.kind)},
                       {"code", error.code},
                       {"message", error.message},
                       {"advice", error.advice}};
    return dumped(object);
  }
  if (result->inspection) object["inspection"] = inspection_json(*result->inspection);
  if (result->injection) object["injection"] = injection_json(*result->injection);
  return dumped(object);
}

Result<WorkResult> decode_result(const std::string& text) {
  try {
    const json object = json::parse(text);
    if (object.contains("error")) return read_error(object.at("error"));
    WorkResult result;
    if (object.contains("inspection")) result.inspection = read_inspection(object.at("inspection"));
    if (object.contains("injection")) result.injection = read_injection(object.at("injection"));
    return result;
  } catch (const std::exception&) {
    return Error(ErrorKind::child, "guest.worker", "the guest worker ended without a result");
  }
}

std::string to_json(const Inspection& inspection) {
  return dumped(inspection_json(inspection));
}

std::string to_json(const ConversionReport& report) {
  const Recommendation& advice = report.recommendation;
  json seconds = json::object();
  for (const auto& [phase, value] : report.seconds)
    seconds[phase] = value;
  return dumped({{"before", inspection_json(report.before)},
                 {"converted", report.converted},
                 {"injected", report.injected},
                 {"found", report.found},
                 {"removed", report.removed},
                 {"added", report.added},
                 {"recommendation",
                  {{"diskBus", advice.disk_bus},
                   {"nicModel", advice.nic_model},
                   {"virtioDiskProven", advice.virtio_disk_proven},
                   {"virtioNetProven", advice.virtio_net_proven},
                   {"firmware", advice.firmware},
                   {"diskReason", advice.disk_reason},
                   {"nicReason", advice.nic_reason}}},
                 {"concerns", report.concerns},
                 {"seconds", std::move(seconds)}});
}

}  // namespace ovaport::guest
