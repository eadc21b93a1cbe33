#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ovaport/base/result.h"
#include "ovaport/guest/guest.h"

/// The conversation between the caller's process and the worker, and the reports.
namespace ovaport::guest {

/// `prepare` makes the appliance where that has to be done beforehand.
enum class Action { inspect, convert, inject, prepare };

/// All that a worker is told.
struct WorkRequest {
  Action action = Action::inspect;
  std::vector<GuestDisk> disks;
  std::string cache;      ///< Of the appliance; made by the worker.
  std::string temporary;  ///< Private to this run.
  std::string virtio_win;
  std::optional<std::uint32_t> user;
  std::vector<GuestNic> nics;
  EnvironmentAccess access = EnvironmentAccess::everyone;
  std::string firmware;  ///< For convert.
};

/// What an injection did.
struct Injection {
  Inspection after;
  bool injected = false;
  std::vector<std::string> removed;
  std::vector<std::string> added;
  Concerns concerns;
};

/// A worker's answer by action; convert and prepare answer nothing.
struct WorkResult {
  std::optional<Inspection> inspection;
  std::optional<Injection> injection;
};

std::string encode(const WorkRequest& request);
/// Kind invalid, "guest.request".
Result<WorkRequest> decode_request(const std::string& text);
std::string encode(const Result<WorkResult>& result);
/// The worker's result, or its Error. Kind child, "guest.worker" for rubbish.
Result<WorkResult> decode_result(const std::string& text);

nlohmann::json inspection_json(const Inspection& inspection);

}  // namespace ovaport::guest
