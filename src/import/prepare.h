#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "ovaport/environment/properties.h"
#include "ovaport/import/appliance.h"
#include "ovaport/import/import.h"
#include "ovaport/kubevirt/machine_plan.h"
#include "ovaport/ovf/start_sequence.h"

namespace ovaport::imports {

/// One virtual system on its way into a VirtualMachine.
struct PreparedMachine {
  SystemView view;
  environment::PropertyValues values;
  kubevirt::Choices choices;
  kubevirt::MachinePlan plan;
};

/// Everything that Initialize decides. Nothing has been written yet. The views point
/// into the appliance, so it is not moved after they are made.
struct Prepared {
  Appliance appliance;
  std::string name;  ///< Of the result directory.
  std::vector<PreparedMachine> machines;
  /// Values of the collections' own properties: what their siblings see of them.
  std::map<const ovf::Content*, environment::PropertyValues> collections;
  ovf::StartSequence start;
  Concerns concerns;
};

/// Opens the package, applies the choices, and refuses what has to be refused:
/// critical concerns, licences that were not accepted, missing or wrong properties,
/// unmapped networks, disks that are not what they must be. Reads no more of a disk
/// than its headers. Fills `prepared` in place.
Status prepare(const Request& request, const AdoptedFiles& adopted, Prepared& prepared,
               const std::stop_token& stop);

}  // namespace ovaport::imports
