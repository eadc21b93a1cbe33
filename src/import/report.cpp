#include "ovaport/import/report.h"

#include <nlohmann/json.hpp>

namespace ovaport::imports {

using Json = nlohmann::ordered_json;

namespace {

Json disk_json(const ImportedDisk& disk) {
  Json json{{"file", disk.file},
            {"source", disk.source.empty() ? Json(nullptr) : Json(disk.source)},
            {"size", disk.size},
            {"written", disk.written},
            {"verified", disk.verified},
            {"digests", Json::object()}};
  for (const Digest& digest : disk.digests)
    json["digests"][std::string(to_string(digest.algorithm))] = digest.hex;
  return json;
}

Json concern_json(const Concern& concern) {
  Json json{{"code", concern.code},
            {"severity", to_string(concern.severity)},
            {"message", concern.message}};
  if (!concern.advice.empty()) json["advice"] = concern.advice;
  if (!concern.file.empty()) json["file"] = concern.file;
  if (!concern.element.empty()) json["element"] = concern.element;
  if (concern.line != 0) json["line"] = concern.line;
  return json;
}

Json start_json(const StartEntry& entry) {
  Json json{{"name", entry.machine},
            {"virtual_system", entry.system_id},
            {"stage", entry.stage},
            {"start", entry.start},
            {"start_delay", entry.start_delay},
            {"waiting_for_guest", entry.wait_for_guest},
            {"stop_action", entry.stop_action},
            {"stop_delay", entry.stop_delay}};
  if (entry.install_boot) json["initial_boot_stop_delay"] = *entry.install_boot;
  return json;
}

}  // namespace

std::string report_json(const Outcome& outcome) {
  Json json{{"name", outcome.directory.filename().string()},
            {"content_digest", outcome.content_digest},
            {"machines", Json::array()},
            {"concerns", Json::array()},
            {"seconds", Json::object()}};
  for (const ImportedMachine& machine : outcome.machines) {
    Json entry{{"name", machine.name}, {"virtual_system", machine.system_id}};
    entry["disks"] = Json::array();
    for (const ImportedDisk& disk : machine.disks)
      entry["disks"].push_back(disk_json(disk));
    entry["guest"] = machine.guest_report.empty()
                         ? Json(nullptr)
                         : Json::parse(machine.guest_report, nullptr, false);
    json["machines"].push_back(std::move(entry));
  }
  if (!outcome.start_sequence.empty()) json["start_sequence"] = Json::array();
  for (const StartEntry& entry : outcome.start_sequence)
    json["start_sequence"].push_back(start_json(entry));
  for (const Concern& concern : outcome.concerns)
    json["concerns"].push_back(concern_json(concern));
  for (const auto& [step, seconds] : outcome.seconds)
    json["seconds"][step] = json["seconds"].value(step, 0.0) + seconds;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ovaport::imports
