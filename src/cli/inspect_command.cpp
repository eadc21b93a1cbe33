#include <algorithm>
#include <filesystem>

#include "commands.h"
#include "import_display.h"
#include "inspect_view.h"
#include "ovaport/base/text.h"
#include "ovaport/cli/cli.h"
#include "ovaport/import/look.h"

namespace ovaport::cli {

namespace {

int exit_code_of(const Concerns& concerns) {
  const bool refused = std::any_of(concerns.begin(), concerns.end(), [](const Concern& concern) {
    return concern.severity == Severity::critical;
  });
  return refused ? kRefused : kSuccess;
}

Result<std::vector<imports::GuestLook>> look(const imports::Appliance& appliance,
                                             const std::vector<imports::SystemView>& systems,
                                             const std::stop_token& stop) {
  std::error_code failure;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failure);
  const auto scratch = std::filesystem::temp_directory_path(failure);
  ImportDisplay display(ProgressDisplay::detect());
  return imports::look_into_guests(appliance, systems, scratch, self, display, stop);
}

std::string render(const InspectView& view, const std::vector<imports::GuestLook>& guests,
                   bool json) {
  if (!json) {
    std::string text = to_text(view);
    for (const imports::GuestLook& guest : guests)
      text += "\nGuest of " + escaped(guest.system_id) + "\n" + guest::summary(guest.inspection);
    return text;
  }
  auto object = to_json(view);
  for (const imports::GuestLook& guest : guests)
    object["guests"].push_back(
        {{"virtual_system", guest.system_id},
         {"inspection", nlohmann::ordered_json::parse(guest::to_json(guest.inspection))}});
  return object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

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

int inspect(const InspectArguments& arguments, const std::stop_token& stop) {
  if (arguments.guest && arguments.descriptor_only) {
    print_error("ovaport: --guest needs the disks, which --descriptor-only leaves out\n");
    return kUsage;
  }
  const auto policy = read_policy(arguments.judging);
  if (!policy.ok()) return fail(policy.error());
  const imports::OpenOptions options{trust_store(arguments.judging), policy->strict};
  auto appliance = arguments.descriptor_only ? imports::open_descriptor(arguments.package, options)
                                             : imports::open_appliance(arguments.package, options);
  if (!appliance.ok()) return fail(appliance.error());
  Concerns concerns = appliance->concerns;
  auto systems = view_systems(*appliance, arguments.option, concerns);
  if (!systems.ok()) return fail(systems.error());
  for (Concern& concern : imports::check_policy(*policy, *appliance, *systems))
    concerns.push_back(std::move(concern));
  imports::apply_policy(*policy, concerns);
  std::vector<imports::GuestLook> guests;
  if (arguments.guest) {
    auto looks = look(*appliance, *systems, stop);
    if (!looks.ok()) return fail(looks.error());
    guests = std::move(*looks);
  }
  const InspectView view{*appliance, std::move(*systems), std::move(concerns),
                         languages_or_environment(arguments.language)};
  print(render(view, guests, arguments.json));
  return exit_code_of(view.concerns);
}

}  // namespace ovaport::cli
