#pragma once

#include <string>
#include <string_view>

#include "ovaport/base/result.h"
#include "ovaport/store/time.h"

namespace ovaport::store {

class Engine;

/// A client's key for one request, so that repeating the request does nothing twice.
struct KeyReference {
  std::string key;
  std::string token_id;  ///< Keys of different tokens have nothing to do with each other.
};

enum class KeyState {
  fresh,      ///< Never seen: do the request, then complete() or abandon() it.
  running,    ///< Another request with it is being answered at this moment.
  committed,  ///< The thing is made, the answer was lost: `subject` is its id.
  answered,   ///< Answer the same again.
};

struct KeyRecord {
  KeyState state = KeyState::fresh;
  std::string subject;  ///< Id of the upload or import that the request made; may be empty.
  int status = 0;
  std::string body;
};

/// What was answered to requests with keys. Thread-safe; belongs to a Store.
class Idempotency {
 public:
  explicit Idempotency(Engine& engine) : engine_(engine) {}

  /// Takes the key for a request, whose content is known by a hash. The same key for
  /// another content is kind choice, code "store.idempotency-key". Keys that were taken
  /// and neither completed nor committed when the process died are fresh again.
  Result<KeyRecord> begin(const KeyReference& key, std::string_view request_hash, Time expires);
  /// Keeps the answer until the key expires. It must hold no secret.
  Status complete(const KeyReference& key, int status, std::string_view body);
  /// The request failed in a way that repeating may mend.
  Status abandon(const KeyReference& key);

 private:
  Engine& engine_;
};

}  // namespace ovaport::store
