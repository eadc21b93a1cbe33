#include <algorithm>

#include "commands.h"
#include "inspect_view.h"
#include "ovaport/base/text.h"
#include "ovaport/cli/cli.h"

namespace ovaport::cli {

namespace {

int exit_code_of(const Concerns& concerns) {
  const bool refused = std::any_of(concerns.begin(), concerns.end(), [](const Concern& concern) {
    return concern.severity == Severity::critical;
  });
  return refused ? kRefused : kSuccess;
}

Result<std::vector<imports::SystemView>> view_systems(const imports::Appliance& appliance,
                                                      const std::string& option,
                                                      Concerns& concerns) {
  std::vector<imports::SystemView> views;
  for (const ovf::Content* system : appliance.envelope.virtual_systems()) {
    OVAPORT_TRY(auto view, imports::view_system(appliance, *system, option, {}, concerns));
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace

int inspect(const InspectArguments& arguments, const std::stop_token& /*stop*/) {
  auto appliance = arguments.descriptor_only ? imports::open_descriptor(arguments.package)
                                             : imports::open_appliance(arguments.package);
  if (!appliance.ok()) return fail(appliance.error());
  Concerns concerns = appliance->concerns;
  auto systems = view_systems(*appliance, arguments.option, concerns);
  if (!systems.ok()) return fail(systems.error());
  const InspectView view{*appliance, std::move(*systems), std::move(concerns), arguments.language};
  print(arguments.json
            ? to_json(view).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                  "\n"
            : to_text(view));
  return exit_code_of(view.concerns);
}

}  // namespace ovaport::cli
