#pragma once

#include <vector>

#include "hardware_findings.h"
#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {

/// What the devices of one virtual system are made from.
struct DeviceSources {
  const Envelope& envelope;
  const Content& system;
  const MachineChoices& choices;
  const std::vector<const Item*>& items;  ///< Those of the option in force.
  HardwareFindings& findings;
};

/// Adds disks (in boot order), drives and adapters to the machine, and says which devices
/// are left out. A required device that nobody knows is an error.
Status add_devices(const DeviceSources& sources, Machine& machine);

}  // namespace ovaport::ovf
