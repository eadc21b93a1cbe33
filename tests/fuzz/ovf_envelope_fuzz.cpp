// Any bytes as a descriptor: parsed, judged and configured for every option, or
// refused with an error.

#include <string_view>

#include "ovaport/ovf/machine.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ovaport;
  Concerns concerns;
  const auto envelope =
      ovf::parse_envelope({reinterpret_cast<const char*>(data), size}, "app.ovf", concerns);
  if (!envelope.ok()) return 0;
  (void)ovf::validate(*envelope);
  for (const ovf::Content* system : envelope->virtual_systems()) {
    ovf::MachineChoices choices;
    choices.property = [](std::string_view) { return "16"; };
    (void)ovf::configure(*envelope, *system, choices, concerns).ok();
    for (const ovf::DeploymentOption& option : envelope->deployment_options) {
      choices.option = option.id;
      const auto machine = ovf::configure(*envelope, *system, choices, concerns);
      if (machine.ok() && machine->cpus % machine->cores_per_socket != 0) __builtin_trap();
    }
  }
  return 0;
}
