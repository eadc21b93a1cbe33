#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"
#include "ovaport/import/appliance.h"

namespace ovaport::imports {

/// One side of a comparison.
struct ComparedPackage {
  const Appliance& appliance;
  const std::vector<SystemView>& systems;
  const Concerns& concerns;  ///< Of the appliance and its systems.
};

enum class Change { added, removed, changed };

/// "added", "removed" or "changed".
std::string_view to_string(Change change);

/// One difference. `before` and `after` are as written in the descriptors, so a
/// password's default is never among them.
struct Difference {
  std::string subject;  ///< "virtual system app: property hostname: default"
  Change change = Change::changed;
  std::string before;  ///< "" when added, or not to be shown.
  std::string after;   ///< "" when removed, or not to be shown.
};

struct Comparison {
  std::vector<Difference> differences;
  /// What could not be compared, e.g. disks without digests of one algorithm.
  std::vector<std::string> notes;
};

struct CompareOptions {
  bool deep = false;  ///< Read files whose manifests have no common digest.
  std::stop_token stop;
};

/// What differs between two packages, as two versions of an appliance: product,
/// hardware, disks (by digest), adapters, networks, properties, deployment options,
/// licences, and concerns that are new. Virtual systems are matched by id, or when
/// there is one on each side. Fails only when a file cannot be read.
Result<Comparison> compare(const ComparedPackage& before, const ComparedPackage& after,
                           const CompareOptions& options);

}  // namespace ovaport::imports
