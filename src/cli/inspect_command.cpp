#include <algorithm>
#include <filesystem>
#include <thread>

#include "commands.h"
#include "import_display.h"
#include "in_order.h"
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

nlohmann::ordered_json guests_json(const std::vector<imports::GuestLook>& guests) {
  auto list = nlohmann::ordered_json::array();
  for (const imports::GuestLook& guest : guests)
    list.push_back(
        {{"virtual_system", guest.system_id},
         {"inspection", nlohmann::ordered_json::parse(guest::to_json(guest.inspection))}});
  return list;
}

constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;

/// Text, and how the process ends if there is no other package.
struct Shown {
  std::string text;
  int code = kSuccess;
};

/// Looks at one package after the other. Thread-safe, but for looks into guests.
class Inspector {
 public:
  Inspector(const InspectArguments& arguments, const imports::Policy& policy,
            const std::stop_token& stop)
      : arguments_(arguments),
        policy_(policy),
        options_{trust_store(arguments.judging), policy.strict, stop},
        language_(languages_or_environment(arguments.language)),
        stop_(stop) {}

  /// `one_line`: JSON in a line of its own.
  [[nodiscard]] Result<Shown> inspect(const std::string& package, bool one_line) const {
    OVAPORT_TRY(auto appliance, arguments_.descriptor_only
                                    ? imports::open_descriptor(package, options_)
                                    : imports::open_appliance(package, options_));
    Concerns concerns = appliance.concerns;
    OVAPORT_TRY(auto systems, view_systems(appliance, arguments_.option, concerns));
    for (Concern& concern : imports::check_policy(policy_, appliance, systems))
      concerns.push_back(std::move(concern));
    imports::apply_policy(policy_, concerns);
    std::vector<imports::GuestLook> guests;
    if (arguments_.guest) {
      OVAPORT_TRY(guests, look(appliance, systems, stop_));
    }
    const InspectView view{appliance, std::move(systems), std::move(concerns), language_};
    return Shown{render(view, guests, one_line ? package : ""), exit_code_of(view.concerns)};
  }

 private:
  [[nodiscard]] std::string render(const InspectView& view,
                                   const std::vector<imports::GuestLook>& guests,
                                   const std::string& line_of) const {
    if (!arguments_.json) {
      std::string text = to_text(view);
      for (const imports::GuestLook& guest : guests)
        text += "\nGuest of " + escaped(guest.system_id) + "\n" + guest::summary(guest.inspection);
      return text;
    }
    auto object = to_json(view);
    if (!guests.empty()) object["guests"] = guests_json(guests);
    if (line_of.empty()) return object.dump(2, ' ', false, kReplace) + "\n";
    nlohmann::ordered_json line{{"file", line_of}};
    line.update(object);
    return line.dump(-1, ' ', false, kReplace) + "\n";
  }

  const InspectArguments& arguments_;
  const imports::Policy& policy_;
  imports::OpenOptions options_;
  std::string language_;
  const std::stop_token& stop_;
};

/// What is printed of one package among several.
struct Printed {
  std::string out;
  std::string err;
  int code = kSuccess;
};

Printed print_one(const Inspector& inspector, const InspectArguments& arguments,
                  const std::string& package) {
  auto shown = inspector.inspect(package, true);
  Printed printed;
  if (shown.ok()) {
    printed.code = shown->code;
    printed.out = arguments.json
                      ? std::move(shown->text)
                      : "== " + escaped(package, package.size()) + "\n" + shown->text + "\n";
    return printed;
  }
  const Error& error = shown.error();
  printed.code = exit_code(error.kind);
  if (arguments.json)
    printed.out = nlohmann::ordered_json{{"file", package}, {"error", to_json(error)}}.dump(
                      -1, ' ', false, kReplace) +
                  "\n";
  else
    printed.err = "ovaport: " + escaped(package, package.size()) + ": " + describe(error) + " [" +
                  error.code + "]\n";
  return printed;
}

// In the order of the command line, whichever is ready first. The exit code is that of the
// first package that has one.
int inspect_many(const Inspector& inspector, const InspectArguments& arguments,
                 const std::stop_token& stop) {
  const std::size_t workers =
      arguments.guest ? 1 : std::max(1U, std::thread::hardware_concurrency());
  int code = kSuccess;
  const auto make = [&](std::size_t i) {
    return print_one(inspector, arguments, arguments.packages[i]);
  };
  const auto take = [&](const Printed& printed) {
    print(printed.out);
    print_error(printed.err);
    if (code == kSuccess) code = printed.code;
  };
  in_order<Printed>(arguments.packages.size(), workers, stop, make, take);
  return stop.stop_requested() ? kInterrupted : code;
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
  const Inspector inspector(arguments, *policy, stop);
  if (arguments.packages.size() > 1) return inspect_many(inspector, arguments, stop);
  const auto shown = inspector.inspect(arguments.packages.front(), false);
  if (!shown.ok()) return fail(shown.error());
  print(shown->text);
  return shown->code;
}

}  // namespace ovaport::cli
