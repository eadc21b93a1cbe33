#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "commands.h"
#include "ovaport/base/text.h"
#include "ovaport/cli/cli.h"
#include "ovaport/import/appliance.h"

namespace ovaport::cli {

namespace {

using Definitions = std::vector<environment::PropertyDefinition>;

Result<std::vector<const ovf::Content*>> systems_of(const ovf::Envelope& envelope,
                                                    const std::string& id) {
  auto all = envelope.virtual_systems();
  if (id.empty()) return all;
  std::string known;
  for (const ovf::Content* system : all) {
    if (system->id == id) return std::vector{system};
    known += " " + quote(system->id);
  }
  return Error(ErrorKind::choice, "import.unknown-system",
               "the package has no virtual system " + quote(id) + "; it has" + known);
}

// One definition a key. What several systems know can be given to all, or to each
// behind its id; so neither form of it is required.
Definitions merged(const std::vector<std::pair<std::string, Definitions>>& systems) {
  std::map<std::string, int> counts;
  for (const auto& [id, definitions] : systems)
    for (const auto& definition : definitions)
      ++counts[definition.key];
  Definitions all;
  std::map<std::string, bool> seen;
  for (const auto& [id, definitions] : systems)
    for (auto definition : definitions) {
      const bool shared = counts[definition.key] > 1;
      if (shared) definition.required = false;
      if (!std::exchange(seen[definition.key], true)) all.push_back(definition);
      if (!shared) continue;
      definition.key = id + ":" + definition.key;
      all.push_back(std::move(definition));
    }
  return all;
}

Result<std::string> schema(const PropertiesArguments& arguments) {
  OVAPORT_TRY(const imports::Appliance appliance, arguments.descriptor_only
                                                      ? imports::open_descriptor(arguments.package)
                                                      : imports::open_appliance(arguments.package));
  const ovf::Envelope& envelope = appliance.envelope;
  if (!arguments.option.empty() && envelope.find_option(arguments.option) == nullptr)
    return Error(ErrorKind::choice, "ovf.unknown-option",
                 "there is no deployment option " + quote(arguments.option))
        .advise("'ovaport inspect' lists them");
  OVAPORT_TRY(const auto systems, systems_of(envelope, arguments.system));
  const std::string option = imports::option_in_force(envelope, arguments.option);
  std::vector<std::pair<std::string, Definitions>> all;
  all.reserve(systems.size());
  Concerns ignored;
  for (const ovf::Content* system : systems)
    all.emplace_back(system->id,
                     environment::define_properties(envelope.path_to(*system), option, ignored));
  const std::string languages = languages_or_environment(arguments.language);
  return environment::property_schema_json(merged(all), [&](const ovf::Message& message) {
    return ovf::localized(envelope, message, languages);
  });
}

}  // namespace

std::string languages_or_environment(const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  // LANGUAGE, a list, is GNU's; the others are POSIX's, in their order.
  for (const char* name : {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return {};
}

int properties(const PropertiesArguments& arguments) {
  const auto text = schema(arguments);
  if (!text.ok()) return fail(text.error());
  print(*text);
  return kSuccess;
}

}  // namespace ovaport::cli
