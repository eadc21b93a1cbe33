#include <algorithm>

#include "inspect_view.h"
#include "ovaport/base/text.h"
#include "ovaport/ovf/start_sequence.h"

namespace ovaport::cli {

namespace {

/// Columns as wide as their longest cell; the last one is not padded.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { add(std::move(header)); }

  void add(std::vector<std::string> row) {
    widths_.resize(std::max(widths_.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths_[i] = std::max(widths_[i], utf8_length(row[i]));
    rows_.push_back(std::move(row));
  }

  [[nodiscard]] std::string text() const {
    if (rows_.size() == 1) return {};
    std::string out;
    for (const auto& row : rows_) {
      std::string line = "  ";
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += row[i];
        if (i + 1 < row.size()) line += std::string(widths_[i] - utf8_length(row[i]) + 2, ' ');
      }
      out += std::string(line.substr(0, line.find_last_not_of(' ') + 1)) + "\n";
    }
    return out;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

std::string section(const std::string& title, const Table& table) {
  const std::string text = table.text();
  return text.empty() ? "" : "\n" + title + "\n" + text;
}

std::string bus_text(const ovf::MachineDisk& disk) {
  std::string text(ovf::to_string(disk.bus));
  if (disk.unit)
    text += " " + std::to_string(disk.controller_index) + ":" + std::to_string(*disk.unit);
  return text;
}

std::string local(const InspectView& view, const ovf::Message& message) {
  return escaped(ovf::localized(view.appliance.envelope, message, view.language));
}

std::string hardware_text(const ovf::Machine& machine) {
  std::string text = std::to_string(machine.cpus) + " CPU";
  if (machine.cores_per_socket > 1)
    text += " (" + std::to_string(machine.cores_per_socket) + " cores a socket)";
  text += ", " + format_bytes(machine.memory) + " memory";
  if (machine.firmware == ovf::Firmware::efi) text += ", EFI";
  if (machine.firmware == ovf::Firmware::bios) text += ", BIOS";
  if (machine.secure_boot) text += ", secure boot";
  if (machine.tpm) text += ", TPM";
  return text;
}

std::string guest_text(const ovf::OperatingSystem& system) {
  for (const std::string* text : {&system.vmw_os_type, &system.vbox_os_type, &system.description})
    if (!text->empty()) return escaped(*text);
  return system.id ? "CIM " + std::to_string(*system.id) : "not stated";
}

std::string source_text(const ovf::MachineDisk& disk) {
  const std::string file = disk.file ? escaped(disk.file->href) : "";
  if (disk.parent_disk_id.empty()) return disk.file ? file : "(blank)";
  return file + (disk.file ? " " : "") + "(over " + escaped(disk.parent_disk_id) + ")";
}

Table disks_table(const ovf::Machine& machine) {
  Table table({"DISK", "CAPACITY", "BUS", "FILE"});
  for (const ovf::MachineDisk& disk : machine.disks)
    table.add({escaped(disk.name),
               disk.capacity == 0 ? "of the image" : format_bytes(disk.capacity), bus_text(disk),
               source_text(disk)});
  return table;
}

Table nics_table(const ovf::Machine& machine) {
  Table table({"ADAPTER", "MODEL", "NETWORK", "MAC"});
  for (const ovf::MachineNic& nic : machine.nics)
    table.add({escaped(nic.name), escaped(nic.subtype),
               nic.network.empty() ? "(not connected)" : escaped(nic.network),
               nic.mac.empty() ? "generated" : escaped(nic.mac)});
  return table;
}

std::string default_text(const environment::PropertyDefinition& property) {
  if (property.password) return property.default_value ? "(hidden)" : "";
  const auto value = environment::public_default(property);
  return value ? escaped(*value, 40) : "";
}

std::string note_text(const environment::PropertyDefinition& property) {
  if (property.required) return "required";
  if (!property.user_configurable) return "constant";
  return "";
}

Table properties_table(const InspectView& view, const imports::SystemView& system) {
  Table table({"PROPERTY", "TYPE", "DEFAULT", "NOTE", "LABEL"});
  for (const auto& property : system.properties)
    table.add({escaped(property.key), escaped(property.type.name), default_text(property),
               note_text(property), local(view, property.label)});
  return table;
}

// "ovfenv" is VMware's word for addresses in properties.
std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : ", ") + (word == "ovfenv" ? "properties" : escaped(word));
  return text;
}

Table start_table(const InspectView& view) {
  Table table({"STAGE", "SYSTEM", "START", "THEN"});
  Concerns ignored;
  const ovf::StartSequence start = ovf::start_sequence(view.appliance.envelope, ignored);
  if (!start.ordered) return table;
  for (const ovf::StartStep& step : start.steps) {
    std::string then = step.start_delay > 0 ? std::to_string(step.start_delay) + " s" : "";
    if (step.wait_for_guest) then += then.empty() ? "until ready" : " or until ready";
    table.add({std::to_string(step.stage), escaped(step.system->id), step.start ? "yes" : "by hand",
               then});
  }
  return table;
}

std::string system_text(const InspectView& view, const imports::SystemView& system) {
  const ovf::Machine& machine = system.machine;
  std::string text = "\nVirtual system " + escaped(machine.name) + "\n";
  if (machine.id != machine.name) text += "  Id         " + escaped(machine.id) + "\n";
  text += "  Hardware   " + hardware_text(machine) + "\n";
  text += "  Guest      " + guest_text(machine.operating_system) + "\n";
  std::string transports;
  for (const std::string& transport : machine.transports)
    transports += escaped(transport) + " ";
  text += "  Transport  " + (transports.empty() ? "none stated" : transports) + "\n";
  const ovf::IpAssignment* ip = view.appliance.envelope.ip_assignment_of(*system.system);
  if (ip != nullptr && !ip->schemes.empty())
    text += "  Addresses  " + joined(ip->schemes) + " for " + joined(ip->protocols) + " (--ip)\n";
  if (!machine.option.empty()) text += "  Option     " + escaped(machine.option) + "\n";
  text += section("Disks", disks_table(machine));
  text += section("Network adapters", nics_table(machine));
  text += section("Properties (--prop KEY=VALUE)", properties_table(view, system));
  return text;
}

std::string signature_text(const package::Signature& signature) {
  if (signature.state == package::SignatureState::none) return {};
  std::string text = "  Signature  " + std::string(to_string(signature.state));
  if (!signature.reason.empty()) text += ": " + escaped(signature.reason);
  if (!signature.subject.empty())
    text += "\n  Signer     " + escaped(signature.subject) + " until " + signature.not_after;
  return text + "\n";
}

std::string heading(const InspectView& view) {
  const imports::Appliance& appliance = view.appliance;
  std::string text = escaped(appliance.source_name) + "\n";
  text += "  Descriptor " + escaped(appliance.descriptor_name) + "\n";
  text += "  Producer   " + escaped(appliance.envelope.producer) + "\n";
  text += std::string("  Manifest   ") +
          (appliance.manifest ? "yes" : "none: the files cannot be verified") + "\n";
  text += signature_text(appliance.signature);
  for (const imports::SystemView& system : view.systems)
    for (const ovf::ProductSection* product :
         ovf::products_in_scope(appliance.envelope, *system.system))
      if (!product->product.text.empty())
        return text + "  Product    " + local(view, product->product) + " " +
               escaped(product->version) + " by " + local(view, product->vendor) + "\n";
  return text;
}

Table options_table(const InspectView& view) {
  Table table({"OPTION", "LABEL", "DESCRIPTION"});
  for (const ovf::DeploymentOption& option : view.appliance.envelope.deployment_options)
    table.add({escaped(option.id) +
                   (&option == view.appliance.envelope.default_option() ? " (default)" : ""),
               local(view, option.label), local(view, option.description)});
  return table;
}

}  // namespace

std::string to_text(const Concern& concern) {
  std::string text(to_string(concern.severity));
  text += ": ";
  if (!concern.file.empty()) text += escaped(concern.file) + ": ";
  if (!concern.element.empty()) text += escaped(concern.element) + ": ";
  text += concern.message;
  if (concern.line != 0) text += " (line " + std::to_string(concern.line) + ")";
  if (!concern.advice.empty()) text += ". " + concern.advice;
  return text + " [" + concern.code + "]";
}

std::string to_text(const InspectView& view) {
  std::string text = heading(view);
  text += section("Deployment options (--option ID)", options_table(view));
  for (const imports::SystemView& system : view.systems)
    text += system_text(view, system);
  text += section("Start order", start_table(view));
  const auto eulas = imports::licences(view.appliance.envelope);
  if (!eulas.empty())
    text += "\nLicences (--accept-eula)\n  " + std::to_string(eulas.size()) +
            " licence text(s); --json shows them\n";
  text += "\nConcerns\n";
  if (view.concerns.empty()) text += "  none\n";
  for (const Concern& concern : view.concerns)
    text += "  " + to_text(concern) + "\n";
  return text;
}

}  // namespace ovaport::cli
