#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>

#include "ovaport/base/result.h"
#include "ovaport/base/unique_fd.h"

namespace ovaport::disk {

/// A range of bytes that a client may read, and write if the functions are there.
/// Called from the server's thread, with positions and sizes inside the export.
struct NbdExport {
  std::uint64_t size = 0;  ///< bytes
  std::function<Status(std::uint64_t position, std::span<std::byte> out)> read;
  std::function<Status(std::uint64_t position, std::span<const std::byte> bytes)> write;
  std::function<Status(std::uint64_t position, std::uint64_t size)> zero;
};

/// Serves one export to one client over a socket pair, by the NBD protocol (fixed
/// newstyle, simple replies): so a program can work on an image without being able to
/// open any file. The client is not trusted: what leaves the export, or is not the
/// protocol, ends the connection.
class NbdServer {
 public:
  /// Starts a thread. Errors: kind io, when there is no socket or no thread to be had.
  static Result<std::unique_ptr<NbdServer>> start(NbdExport exported);

  NbdServer(const NbdServer&) = delete;
  NbdServer& operator=(const NbdServer&) = delete;
  ~NbdServer();

  /// The client's end, for a child to inherit.
  [[nodiscard]] int client_fd() const { return client_.get(); }

  /// Hangs up and waits for the thread. The Error with which the export first
  /// answered the client, if it did.
  std::optional<Error> finish();

 private:
  NbdServer(NbdExport exported, UniqueFd server, UniqueFd client);

  NbdExport export_;
  UniqueFd server_;
  UniqueFd client_;
  std::optional<Error> failure_;
  std::thread thread_;
};

}  // namespace ovaport::disk
