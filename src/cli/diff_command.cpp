#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ovaport/base/text.h"
#include "ovaport/cli/cli.h"
#include "ovaport/import/diff.h"

namespace ovaport::cli {

using Json = nlohmann::ordered_json;

namespace {

constexpr int kDifferent = 1;

/// A package with its systems, for as long as they are compared.
struct Side {
  imports::Appliance appliance;
  std::vector<imports::SystemView> systems;
  Concerns concerns;
};

Status open(Side& side, const std::string& path, const DiffArguments& arguments,
            const std::stop_token& stop) {
  imports::OpenOptions options;
  options.stop = stop;
  OVAPORT_TRY(side.appliance, arguments.descriptor_only ? imports::open_descriptor(path)
                                                        : imports::open_appliance(path, options));
  side.concerns = side.appliance.concerns;
  OVAPORT_TRY(side.systems, view_systems(side.appliance, arguments.option, side.concerns));
  return {};
}

std::string to_text(const imports::Comparison& comparison) {
  std::string text;
  for (const imports::Difference& difference : comparison.differences) {
    const bool added = difference.change == imports::Change::added;
    const bool removed = difference.change == imports::Change::removed;
    text += std::string(added ? "+ " : removed ? "- " : "~ ") + escaped(difference.subject);
    const bool both = !difference.before.empty() && !difference.after.empty();
    if (!difference.before.empty() || !difference.after.empty()) text += ": ";
    text += escaped(difference.before);
    if (both) text += " -> ";
    text += escaped(difference.after);
    text += "\n";
  }
  for (const std::string& note : comparison.notes)
    text += "? " + escaped(note, 500) + "\n";
  return text;
}

std::string to_json(const imports::Comparison& comparison) {
  Json json{{"differences", Json::array()}, {"notes", comparison.notes}};
  for (const imports::Difference& difference : comparison.differences)
    json["differences"].push_back({{"subject", difference.subject},
                                   {"change", to_string(difference.change)},
                                   {"before", difference.before},
                                   {"after", difference.after}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// 1 means a difference here, never trouble.
int trouble(const Error& error) {
  return std::max<int>(fail(error), kUsage);
}

}  // namespace

int diff(const DiffArguments& arguments, const std::stop_token& stop) {
  Side before;
  Side after;
  if (const auto opened = open(before, arguments.before, arguments, stop); !opened.ok())
    return trouble(opened.error());
  if (const auto opened = open(after, arguments.after, arguments, stop); !opened.ok())
    return trouble(opened.error());
  const auto comparison =
      imports::compare({before.appliance, before.systems, before.concerns},
                       {after.appliance, after.systems, after.concerns}, {arguments.deep, stop});
  if (!comparison.ok()) return trouble(comparison.error());
  print(arguments.json ? to_json(*comparison) : to_text(*comparison));
  return comparison->differences.empty() ? kSuccess : kDifferent;
}

}  // namespace ovaport::cli
