#pragma once

#include <vector>

#include "ovaport/base/result.h"
#include "ovaport/environment/properties.h"
#include "ovaport/ovf/envelope.h"

namespace ovaport::imports {

/// What the user's assignments mean for one virtual system.
struct Answers {
  /// With the keys that the system knows, in the order in which they count.
  std::vector<environment::Assignment> assignments;
  std::vector<bool> used;       ///< By index into all assignments.
  std::vector<bool> ambiguous;  ///< Likewise: the key can be read in two ways.
};

/// Chooses from `all` what is meant for the system at the end of `path` (as from
/// Envelope::path_to()). "key=value" is for every system that knows the key, and
/// "id:key=value" for the system of that id alone, or for all members of the collection
/// of that id. What names a system counts more than what names a collection, and that
/// more than what names neither, wherever it stands.
Answers answers_for(const std::vector<const ovf::Content*>& path,
                    const std::vector<environment::PropertyDefinition>& definitions,
                    const std::vector<environment::Assignment>& all);

/// An error (kind choice) for an assignment that no system knows, or that is ambiguous
/// for one. `answers` and `definitions` are those of all systems.
Status check_answers(
    const std::vector<environment::Assignment>& all, const std::vector<Answers>& answers,
    const std::vector<const std::vector<environment::PropertyDefinition>*>& definitions);

}  // namespace ovaport::imports
