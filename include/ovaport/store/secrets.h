#pragma once

#include <optional>
#include <string_view>

#include "ovaport/base/result.h"
#include "ovaport/environment/secret.h"

namespace ovaport::store {

class Engine;

/// Whose secret it is.
enum class SecretOf { import, upload };

/// One secret blob for each import or upload that needs one: passwords of properties,
/// credentials of a URL. It is deleted when the import or upload ends; its bytes are
/// overwritten in the database, and gone from the write-ahead log as soon as no reader
/// needs that. No list, event or backup holds one. Thread-safe; belongs to a Store.
class Secrets {
 public:
  explicit Secrets(Engine& engine) : engine_(engine) {}

  /// Sets or replaces the secret of an import or upload that has not ended: otherwise
  /// kind conflict, code "store.state".
  Status put(SecretOf owner, std::string_view id, const environment::Secret& secret);
  /// Nothing when there is none (any more).
  Result<std::optional<environment::Secret>> get(SecretOf owner, std::string_view id);
  Status erase(SecretOf owner, std::string_view id);

 private:
  Engine& engine_;
};

}  // namespace ovaport::store
