#include "ovaport/store/store.h"

#include <chrono>

#include "check.h"
#include "engine.h"

namespace ovaport::store {

Time system_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Store::Store(std::unique_ptr<Engine> engine)
    : engine_(std::move(engine)),
      catalog_(*engine_),
      uploads_(*engine_),
      imports_(*engine_),
      secrets_(*engine_),
      events_(*engine_),
      tokens_(*engine_),
      audit_(*engine_),
      idempotency_(*engine_) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& directory,
                                           const StoreOptions& options) {
  OVAPORT_TRY(auto engine, Engine::open(directory, options));
  return std::unique_ptr<Store>(new Store(std::move(engine)));  // NOLINT: private constructor
}

const std::filesystem::path& Store::directory() const {
  return engine_->directory();
}

Result<std::vector<std::string>> Store::check() {
  return engine_->read([](Connection& db) { return find_problems(db); });
}

Status Store::maintain(const Retention& retention) {
  const Time now = engine_->now();
  const auto before = [now](std::chrono::hours age) {
    return now - std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
  };
  OVAPORT_CHECK(imports_.prune(before(retention.ended)));
  OVAPORT_CHECK(uploads_.prune(before(retention.ended)));
  OVAPORT_CHECK(catalog_.forget_removed(before(retention.removed)));
  OVAPORT_CHECK(audit_.prune(before(retention.audit)));
  OVAPORT_CHECK(events_.trim(retention.events));
  return engine_->empty_log();
}

}  // namespace ovaport::store
