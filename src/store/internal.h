#pragma once

#include <optional>
#include <string_view>

#include "engine.h"
#include "ovaport/environment/secret.h"
#include "ovaport/store/idempotency.h"
#include "ovaport/store/secrets.h"

/// What one part of the store does for another inside of its transaction.
namespace ovaport::store {

/// Sets the secret of an import or upload by its row's number.
Status keep_secret(Engine& engine, Connection& db, SecretOf owner, std::int64_t number,
                   const environment::Secret& secret);
Status drop_secret(Engine& engine, Connection& db, SecretOf owner, std::int64_t number);

/// Binds what a request made to its key, which must have been taken. Code "store.state".
Status commit_key(Connection& db, const std::optional<KeyReference>& key, std::string_view subject);

/// A change that the state of `what` (an upload, an import) does not permit.
Error wrong_state(std::string_view what, std::string_view id, std::string_view state);
/// Code "store.conflict" unless `expected` is absent or the present revision.
Status check_revision(std::string_view what, std::string_view id, std::optional<Revision> expected,
                      Revision present);

}  // namespace ovaport::store
