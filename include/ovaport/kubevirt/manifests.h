#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/kubevirt/machine_plan.h"

namespace ovaport::kubevirt {

/// Label of the config disk's volume; KubeVirt makes the ISO with it. At most 32
/// characters, or the virtual machine cannot start.
inline constexpr std::string_view kVolumeLabel = "OVF ENV";

/// One Kubernetes object.
struct Manifest {
  std::string kind;
  std::string name;
  std::string json;  ///< Compact JSON; keys in the usual order.
};

/// Secret (the config disk), DataVolumes, VirtualMachine, in the order in which they
/// are to be created. `environment` is the finished ovf-env.xml, with secrets.
std::vector<Manifest> render(const MachinePlan& plan, std::string_view environment);

/// A stream of YAML documents that YAML 1.1 and 1.2 readers understand alike.
std::string to_yaml(const std::vector<Manifest>& manifests);

/// A v1 List.
std::string to_json(const std::vector<Manifest>& manifests);

/// What KubeVirt's or CDI's admission would refuse, and what it lets pass but cannot
/// run: as critical concerns. A manifest that is no JSON of that kind is one too.
Concerns check_admission(const std::vector<Manifest>& manifests);

}  // namespace ovaport::kubevirt
