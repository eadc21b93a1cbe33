#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ovaport/import/appliance.h"

namespace ovaport::cli {

/// What `inspect` says about a package. Holds no password.
struct InspectView {
  const imports::Appliance& appliance;
  std::vector<imports::SystemView> systems;
  Concerns concerns;  ///< Of the appliance and of all systems.
  std::string language;
};

nlohmann::ordered_json to_json(const Error& error);
nlohmann::ordered_json to_json(const Concern& concern);
nlohmann::ordered_json to_json(const InspectView& view);

/// Tables for people; all text of the package is escaped.
std::string to_text(const InspectView& view);

/// One line a concern: "warning: file: element (line 3): message. Advice."
std::string to_text(const Concern& concern);

}  // namespace ovaport::cli
