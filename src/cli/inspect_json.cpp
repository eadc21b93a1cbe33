#include "inspect_view.h"
#include "ovaport/import/concern_catalogue.h"
#include "ovaport/ovf/start_sequence.h"

namespace ovaport::cli {

using Json = nlohmann::ordered_json;

namespace {

std::string_view name_of(ovf::Bus bus) {
  switch (bus) {
    case ovf::Bus::ide:
      return "ide";
    case ovf::Bus::scsi:
      return "scsi";
    case ovf::Bus::sata:
      return "sata";
    case ovf::Bus::nvme:
      return "nvme";
    case ovf::Bus::unspecified:
      return "unspecified";
  }
  return "unspecified";
}

std::string_view name_of(ovf::Firmware firmware) {
  switch (firmware) {
    case ovf::Firmware::bios:
      return "bios";
    case ovf::Firmware::efi:
      return "efi";
    case ovf::Firmware::unspecified:
      return "unspecified";
  }
  return "unspecified";
}

std::string text_of(const InspectView& view, const ovf::Message& message) {
  return ovf::localized(view.appliance.envelope, message, view.language);
}

Json disk_json(const ovf::MachineDisk& disk) {
  Json json{{"name", disk.name},
            {"disk_id", disk.disk_id},
            {"file", disk.file ? Json(disk.file->href) : Json(nullptr)},
            {"capacity", disk.capacity},
            {"bus", name_of(disk.bus)},
            {"controller", disk.controller_subtype}};
  if (disk.unit) json["unit"] = *disk.unit;
  if (!disk.parent_disk_id.empty()) json["parent_disk_id"] = disk.parent_disk_id;
  return json;
}

Json nic_json(const ovf::MachineNic& nic) {
  return {{"name", nic.name},
          {"network", nic.network},
          {"model", nic.subtype},
          {"mac", nic.mac},
          {"connected", nic.connected}};
}

Json property_json(const InspectView& view, const environment::PropertyDefinition& property) {
  Json json{{"key", property.key},
            {"type", property.type.name},
            {"rule", environment::describe(property.type)},
            {"label", text_of(view, property.label)},
            {"description", text_of(view, property.description)},
            {"category", text_of(view, property.category)},
            {"user_configurable", property.user_configurable},
            {"password", property.password},
            {"required", property.required}};
  const auto value = environment::public_default(property);
  json["default"] = value ? Json(*value) : Json(nullptr);
  return json;
}

Json system_json(const InspectView& view, const imports::SystemView& system) {
  const ovf::Machine& machine = system.machine;
  Json json{
      {"id", machine.id},
      {"name", machine.name},
      {"annotation", machine.annotation},
      {"option", machine.option},
      {"cpus", machine.cpus},
      {"cores_per_socket", machine.cores_per_socket},
      {"memory", machine.memory},
      {"firmware", name_of(machine.firmware)},
      {"secure_boot", machine.secure_boot},
      {"tpm", machine.tpm},
      {"hardware_type", machine.hardware_type},
      {"transports", machine.transports},
      {"operating_system",
       {{"id", machine.operating_system.id ? Json(*machine.operating_system.id) : Json(nullptr)},
        {"description", machine.operating_system.description},
        {"vmw_os_type", machine.operating_system.vmw_os_type},
        {"vbox_os_type", machine.operating_system.vbox_os_type}}}};
  json["disks"] = Json::array();
  for (const auto& disk : machine.disks)
    json["disks"].push_back(disk_json(disk));
  json["cdroms"] = Json::array();
  for (const auto& cdrom : machine.cdroms)
    json["cdroms"].push_back({{"name", cdrom.name},
                              {"bus", name_of(cdrom.bus)},
                              {"file", cdrom.file ? Json(cdrom.file->href) : Json(nullptr)}});
  json["nics"] = Json::array();
  for (const auto& nic : machine.nics)
    json["nics"].push_back(nic_json(nic));
  json["properties"] = Json::array();
  for (const auto& property : system.properties)
    json["properties"].push_back(property_json(view, property));
  json["property_schema"] = Json::parse(environment::property_schema_json(
      system.properties, [&](const ovf::Message& message) { return text_of(view, message); }));
  if (const ovf::IpAssignment* ip = view.appliance.envelope.ip_assignment_of(*system.system))
    json["ip_assignment"] = {{"protocols", ip->protocols}, {"schemes", ip->schemes}};
  return json;
}

Json product_json(const InspectView& view, const ovf::ProductSection& product) {
  return {{"product", text_of(view, product.product)},
          {"vendor", text_of(view, product.vendor)},
          {"version", product.version},
          {"full_version", product.full_version},
          {"product_url", product.product_url},
          {"vendor_url", product.vendor_url}};
}

// The first section with a product name speaks for the appliance.
Json appliance_product(const InspectView& view) {
  for (const imports::SystemView& system : view.systems)
    for (const ovf::ProductSection* product :
         ovf::products_in_scope(view.appliance.envelope, *system.system))
      if (!product->product.text.empty()) return product_json(view, *product);
  return nullptr;
}

Json signature_json(const package::Signature& signature) {
  Json json{{"state", to_string(signature.state)}};
  if (!signature.reason.empty()) json["reason"] = signature.reason;
  if (signature.subject.empty()) return json;
  json["digest"] = signature.digest;
  json["subject"] = signature.subject;
  json["issuer"] = signature.issuer;
  json["not_before"] = signature.not_before;
  json["not_after"] = signature.not_after;
  json["fingerprint"] = signature.fingerprint;
  return json;
}

Json start_json(const ovf::StartStep& step) {
  return {{"virtual_system", step.system->id},
          {"stage", step.stage},
          {"start", step.start},
          {"start_delay", step.start_delay},
          {"waiting_for_guest", step.wait_for_guest},
          {"stop_action", to_string(step.stop_action)},
          {"stop_delay", step.stop_delay}};
}

}  // namespace

Json to_json(const Error& error) {
  Json json{{"kind", to_string(error.kind)}, {"code", error.code}, {"message", error.message}};
  if (!error.advice.empty()) json["advice"] = error.advice;
  if (!error.file.empty()) json["in_file"] = error.file;
  if (!error.element.empty()) json["element"] = error.element;
  if (error.offset) json["offset"] = *error.offset;
  return json;
}

Json to_json(const Concern& concern) {
  Json json{{"code", concern.code},
            {"severity", to_string(concern.severity)},
            {"message", concern.message}};
  if (!concern.advice.empty()) json["advice"] = concern.advice;
  if (!concern.file.empty()) json["file"] = concern.file;
  if (!concern.element.empty()) json["element"] = concern.element;
  if (concern.line != 0) json["line"] = concern.line;
  if (const imports::CatalogueEntry* entry = imports::find_concern(concern.code)) {
    json["kind"] = to_string(entry->kind);
    if (!entry->clause.empty()) json["clause"] = entry->clause;
    if (concern.advice.empty()) json["advice"] = entry->advice;
  }
  return json;
}

Json to_json(const InspectView& view) {
  const imports::Appliance& appliance = view.appliance;
  const ovf::Envelope& envelope = appliance.envelope;
  Json json{{"source", appliance.source_name},
            {"descriptor", appliance.descriptor_name},
            {"descriptor_digest",
             {{"algorithm", to_string(appliance.descriptor_digest.algorithm)},
              {"hex", appliance.descriptor_digest.hex}}},
            {"manifest", appliance.manifest.has_value()},
            {"signature", signature_json(appliance.signature)},
            {"producer", envelope.producer},
            {"ovf_version", envelope.version},
            {"product", appliance_product(view)}};
  json["files"] = Json::array();
  for (const ovf::File& file : envelope.files)
    json["files"].push_back({{"id", file.id},
                             {"href", file.href},
                             {"size", file.size ? Json(*file.size) : Json(nullptr)},
                             {"compression", file.compression}});
  json["networks"] = Json::array();
  for (const ovf::Network& network : envelope.networks)
    json["networks"].push_back(
        {{"name", network.name}, {"description", text_of(view, network.description)}});
  json["options"] = Json::array();
  for (const ovf::DeploymentOption& option : envelope.deployment_options)
    json["options"].push_back({{"id", option.id},
                               {"label", text_of(view, option.label)},
                               {"description", text_of(view, option.description)},
                               {"default", &option == envelope.default_option()}});
  json["eulas"] = imports::licences(envelope, view.language);
  json["systems"] = Json::array();
  for (const auto& system : view.systems)
    json["systems"].push_back(system_json(view, system));
  Concerns said_at_import;
  const ovf::StartSequence start = ovf::start_sequence(envelope, said_at_import);
  if (start.ordered) json["start_sequence"] = Json::array();
  for (const ovf::StartStep& step : start.steps)
    if (start.ordered) json["start_sequence"].push_back(start_json(step));
  json["concerns"] = Json::array();
  for (const Concern& concern : view.concerns)
    json["concerns"].push_back(to_json(concern));
  return json;
}

}  // namespace ovaport::cli
