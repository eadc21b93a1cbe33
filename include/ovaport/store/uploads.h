#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/error.h"
#include "ovaport/base/result.h"
#include "ovaport/store/idempotency.h"
#include "ovaport/store/time.h"

namespace ovaport::store {

class Engine;

enum class UploadState { receiving, complete, failed, terminated };

/// "receiving", "complete", "failed", "terminated".
std::string_view to_string(UploadState state);

struct NewUpload {
  std::string file_name;                ///< As the client gave it; not a path of ours.
  std::optional<std::uint64_t> length;  ///< bytes; absent while the client does not know it.
  std::string metadata;                 ///< JSON
  std::string checksum_algorithm;       ///< Of the whole file, as wanted; may be empty.
  std::string checksum;
  std::optional<Time> expires;
  std::optional<KeyReference> idempotency;  ///< Bound to the upload as it is made.
};

struct Upload {
  std::string id;  ///< Random, cannot be guessed.
  std::string file_name;
  std::optional<std::uint64_t> length;
  std::uint64_t offset = 0;  ///< bytes that are durable in the file
  std::string metadata;
  std::string checksum_algorithm;
  std::string checksum;
  std::string path;  ///< Of its file, relative to the state directory: "uploads/<id>".
  UploadState state = UploadState::receiving;
  std::string verdict;       ///< JSON: what the descriptor told early; may be empty.
  std::string appliance_id;  ///< Once complete.
  std::string error_code;    ///< Once failed.
  std::string error_message;
  Time created = 0;
  std::optional<Time> expires;
  Revision revision = 0;
};

/// What clients send. Every change is durable when its call returns, and, but for
/// offsets, an event. Thread-safe; belongs to a Store.
///
/// An upload that is not known is kind not_found, code "store.not-found"; a change that
/// its state does not permit kind conflict, code "store.state".
class Uploads {
 public:
  explicit Uploads(Engine& engine) : engine_(engine) {}

  Result<Upload> create(const NewUpload& upload);
  Result<Upload> get(std::string_view id);
  /// Newest first, at most `limit`; of one state if one is given.
  Result<std::vector<Upload>> list(std::optional<UploadState> state = {}, std::size_t limit = 1000);
  /// Those still receiving whose time is over, at most 1000, oldest first.
  Result<std::vector<Upload>> list_expired(Time now);

  /// Bytes [from, to) are durable in the file now. Only one of several callers that start
  /// from the same offset wins: for the others, and past the declared length, kind
  /// conflict, code "store.offset".
  Result<Upload> advance(std::string_view id, std::uint64_t from, std::uint64_t to);
  /// The client tells the length later: not below the offset, and only once.
  Result<Upload> set_length(std::string_view id, std::uint64_t length);
  Result<Upload> set_expiry(std::string_view id, std::optional<Time> expires);
  Result<Upload> set_verdict(std::string_view id, std::string_view json);
  /// All is there and is the package `appliance_id`. Ends the upload, as the next two do:
  /// its secret is deleted.
  Result<Upload> finish(std::string_view id, std::string_view appliance_id);
  Result<Upload> fail(std::string_view id, const Error& error);
  Result<Upload> terminate(std::string_view id);

  /// Bytes that uploads still receiving have announced and not sent yet.
  Result<std::uint64_t> announced_bytes();
  /// Deletes the records of uploads that ended before `time`; their files are the caller's.
  Result<std::uint64_t> prune(Time before);

 private:
  Engine& engine_;
};

}  // namespace ovaport::store
