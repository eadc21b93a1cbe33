#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/result.h"
#include "ovaport/store/time.h"

namespace ovaport::store {

class Engine;

/// Who did what.
struct AuditEntry {
  std::int64_t number = 0;  ///< Set by the store.
  Time time = 0;            ///< Set by the store.
  std::string who;          ///< Id of the token, or the subject of a certificate.
  std::string action;
  std::string subject;
  std::string result;  ///< "ok", or a code.
};

/// The audit log; entries are never changed. Thread-safe; belongs to a Store.
class Audit {
 public:
  explicit Audit(Engine& engine) : engine_(engine) {}

  Status append(const AuditEntry& entry);
  /// Newest first, those before `number` (0: from the newest), at most `limit` (1 … 1000).
  Result<std::vector<AuditEntry>> before(std::int64_t number, std::size_t limit);
  /// Deletes what is older than `time`.
  Result<std::uint64_t> prune(Time time);

 private:
  Engine& engine_;
};

}  // namespace ovaport::store
