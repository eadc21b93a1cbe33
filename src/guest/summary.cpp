#include <string>
#include <vector>

#include "ovaport/guest/guest.h"

namespace ovaport::guest {

namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items)
    text += (text.empty() ? "" : ", ") + item;
  return text;
}

void line(std::string& text, std::string_view label, const std::string& value) {
  if (value.empty()) return;
  text += std::string(label) + ": " + value + "\n";
}

void block(std::string& text, std::string_view label, const std::vector<std::string>& items) {
  if (items.empty()) return;
  text += std::string(label) + ":\n";
  for (const std::string& item : items)
    text += "  " + item + "\n";
}

void concerns(std::string& text, const Concerns& all) {
  for (const Concern& concern : all) {
    text += std::string(to_string(concern.severity)) + ": " + concern.message;
    if (!concern.advice.empty()) text += ". " + concern.advice;
    text += "\n";
  }
}

std::string system_of(const Inspection& guest) {
  switch (guest.kind) {
    case SystemKind::none:
      return "none found";
    case SystemKind::linux_system:
    case SystemKind::windows:
    case SystemKind::other:
      break;
  }
  std::string text = guest.product_name.empty() ? guest.distribution : guest.product_name;
  if (!guest.architecture.empty()) text += " (" + guest.architecture + ")";
  return text;
}

std::string tools_of(const VmwareTools& tools) {
  if (!tools.found()) return "none";
  std::string text = joined(tools.packages);
  if (tools.tarball) text += std::string(text.empty() ? "" : ", ") + "VMware's own installer";
  if (text.empty()) text = joined(tools.programs);
  if (text.empty()) text = "services " + joined(tools.services);
  if (!tools.version.empty()) text += ", version " + tools.version;
  return text;
}

}  // namespace

std::string summary(const Inspection& guest) {
  std::string text;
  line(text, "Operating system", system_of(guest));
  if (guest.kind == SystemKind::none) {
    concerns(text, guest.concerns);
    return text;
  }
  line(text, "Firmware", guest.firmware);
  line(text, "VMware Tools", tools_of(guest.tools));
  if (guest.stand_in) line(text, "Tools stand-in", "installed");
  if (guest.cloud_init)
    line(text, "cloud-init",
         guest.cloud_init_sources.empty() ? "its default data sources"
                                          : joined(guest.cloud_init_sources));
  std::vector<std::string> users;
  for (const EnvironmentUser& user : guest.environment_users)
    users.push_back(user.file + " (" + user.how + ")");
  block(text, "Asks for the OVF environment", users);
  block(text, "Starts on VMware only", guest.vmware_units);
  std::vector<std::string> names;
  for (const ConfiguredInterface& interface : guest.interfaces)
    names.push_back(interface.name);
  line(text, "Configured interfaces", joined(names));
  const Recommendation advice = recommend(guest);
  line(text, "Disk bus", advice.disk_bus + " – " + advice.disk_reason);
  line(text, "Network adapter", advice.nic_model + " – " + advice.nic_reason);
  concerns(text, guest.concerns);
  return text;
}

std::string summary(const ConversionReport& report) {
  std::string text;
  line(text, "Operating system", system_of(report.before));
  line(text, "Conversion",
       report.converted  ? "VirtIO drivers by virt-v2v"
       : report.injected ? "tools stand-in only"
                         : "none");
  block(text, "Found", report.found);
  block(text, "Removed", report.removed);
  block(text, "Added", report.added);
  line(text, "Disk bus",
       report.recommendation.disk_bus + " – " + report.recommendation.disk_reason);
  line(text, "Network adapter",
       report.recommendation.nic_model + " – " + report.recommendation.nic_reason);
  concerns(text, report.concerns);
  return text;
}

}  // namespace ovaport::guest
