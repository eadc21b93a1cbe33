#include "internal.h"

#include <string>

#include "ovaport/base/text.h"

namespace ovaport::store {

Error wrong_state(std::string_view what, std::string_view id, std::string_view state) {
  return Error(ErrorKind::conflict, "store.state",
               std::string(what) + " " + quote(id) + " is " + std::string(state) +
                   ", which does not permit this change");
}

Status check_revision(std::string_view what, std::string_view id, std::optional<Revision> expected,
                      Revision present) {
  if (!expected || *expected == present) return {};
  return Error(ErrorKind::conflict, "store.conflict",
               std::string(what) + " " + quote(id) +
                   " was changed by somebody else: it has revision " + std::to_string(present) +
                   ", not " + std::to_string(*expected))
      .advise("Read it again and repeat the change if it still makes sense");
}

}  // namespace ovaport::store
