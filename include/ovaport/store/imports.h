#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/error.h"
#include "ovaport/base/result.h"
#include "ovaport/environment/secret.h"
#include "ovaport/store/idempotency.h"
#include "ovaport/store/time.h"

namespace ovaport::store {

class Engine;

enum class ImportState { queued, running, paused, succeeded, failed, cancelled };

/// The steps of an import, in their order.
enum class ImportStep {
  initialize,
  disk_transfer,
  image_conversion,
  disk_allocation,
  virtual_machine_creation,
};

/// What its owner was asked to do with a running import.
enum class ImportWish { none, pause, cancel };

/// "queued", "running", …
std::string_view to_string(ImportState state);
/// "Initialize", "DiskTransfer", "ImageConversion", "DiskAllocation",
/// "VirtualMachineCreation".
std::string_view to_string(ImportStep step);
/// "none", "pause", "cancel".
std::string_view to_string(ImportWish wish);

struct NewImport {
  std::string appliance_id;
  std::string request;  ///< JSON, without any password: those go to `secret`.
  int priority = 0;     ///< Higher ones are taken first.
  std::optional<environment::Secret> secret;
  std::optional<KeyReference> idempotency;  ///< Bound to the import as it is made.
};

struct Import {
  std::string id;  ///< Random.
  std::string appliance_id;
  std::string request;
  ImportState state = ImportState::queued;
  ImportWish wish = ImportWish::none;
  ImportStep step = ImportStep::initialize;  ///< The first one that is not complete.
  int priority = 0;
  std::int64_t attempt = 0;  ///< How often it was claimed.
  std::string owner;         ///< The node that runs it, or ran it last.
  std::string error_code;    ///< Of the last attempt that failed; empty after success.
  std::string error_message;
  std::uint64_t done = 0;   ///< bytes
  std::uint64_t total = 0;  ///< bytes; 0 when not known
  std::string result;       ///< JSON; empty before success.
  Time created = 0;
  std::optional<Time> started;   ///< Of the first attempt.
  std::optional<Time> finished;  ///< Once succeeded, failed or cancelled.
  std::optional<Time> not_before;
  Revision revision = 0;
};

/// The right to work on an import. It is lost when another attempt claims the import.
struct Claim {
  std::string import_id;
  std::int64_t attempt = 0;
};

/// What a step did.
struct StepRecord {
  ImportStep step = ImportStep::initialize;
  std::int64_t attempt = 0;  ///< The one that began it last.
  Time started = 0;
  std::optional<Time> finished;
  std::string record;  ///< JSON of the step, once it is complete.
};

struct ImportQuery {
  std::optional<ImportState> state;
  std::string appliance_id;  ///< Empty means any.
  std::size_t limit = 50;    ///< Taken as 1 … 1000.
  std::string cursor;        ///< `next` of the page before; otherwise empty.
};

struct ImportPage {
  std::vector<Import> items;  ///< Newest first.
  std::string next;           ///< Empty on the last page.
  std::uint64_t total = 0;
};

/// The imports and their durable state machine. Every change is on disk when its call
/// returns and, but for progress, an event. Thread-safe; belongs to a Store.
///
///     queued ──claim──> running ──> succeeded | failed | cancelled
///       ^ ^               │  │
///       │ └─ release ─────┘  └─> paused ──resume──> queued
///       └── retry ── failed, cancelled
///
/// An import that is not known is kind not_found, code "store.not-found"; a change that
/// its state does not permit kind conflict, code "store.state"; `expected`, where given
/// and not the revision any more, kind conflict, code "store.conflict".
class Imports {
 public:
  explicit Imports(Engine& engine) : engine_(engine) {}

  // For those who want imports:

  Result<Import> enqueue(const NewImport& wanted);
  Result<Import> get(std::string_view id);
  /// The steps that were begun, in their order.
  Result<std::vector<StepRecord>> steps(std::string_view id);
  /// A cursor that is none is kind choice, code "store.cursor".
  Result<ImportPage> list(const ImportQuery& query);
  /// Pauses a queued import; asks the owner of a running one to.
  Result<Import> pause(std::string_view id, std::optional<Revision> expected = {});
  /// Queues a paused import again; takes a wish to pause back.
  Result<Import> resume(std::string_view id, std::optional<Revision> expected = {});
  /// Ends an import that nobody began. One that left something behind is queued with the
  /// wish, so that an owner cleans up; the owner of a running one is asked to.
  Result<Import> cancel(std::string_view id, std::optional<Revision> expected = {});
  /// Queues a failed or cancelled import again: a failed one continues at the step that
  /// failed. The secret was deleted when it ended, so it is given again.
  Result<Import> retry(std::string_view id, std::optional<environment::Secret> secret = {},
                       std::optional<Revision> expected = {});
  Result<Import> set_priority(std::string_view id, int priority,
                              std::optional<Revision> expected = {});

  // For those who do them:

  /// Takes the queued import that is to be done next and makes it running, or nothing.
  /// Those to be cancelled come first, then higher priority, then age.
  Result<std::optional<Import>> claim_next(std::string_view owner);
  /// With a claim that is lost each of the following is kind conflict, code "store.claim".
  Status begin_step(const Claim& claim, ImportStep step);
  /// The step is done: what it did, and the next step, are durable together.
  Status complete_step(const Claim& claim, ImportStep step, std::string_view record);
  /// Not an event; durable, so not for every megabyte.
  Status set_progress(const Claim& claim, std::uint64_t done, std::uint64_t total);
  Result<ImportWish> wish_for(const Claim& claim);
  Result<Import> paused(const Claim& claim);
  /// The next three end the import: its secret is deleted.
  Result<Import> cancelled(const Claim& claim);
  Result<Import> succeed(const Claim& claim, std::string_view result);
  Result<Import> fail(const Claim& claim, const Error& error);
  /// Gives it back to the queue, to be taken again at the same step: without an error when
  /// the server stops, with one when it is tried again by itself, not before `not_before`.
  Result<Import> release(const Claim& claim, const std::optional<Error>& error = {},
                         std::optional<Time> not_before = {});
  /// After a crash: queues all that were running. One that was to be paused is paused.
  /// Returns how many were running.
  Result<std::uint64_t> recover();
  /// Deletes the records of imports that ended before `time`.
  Result<std::uint64_t> prune(Time before);

 private:
  Engine& engine_;
};

}  // namespace ovaport::store
