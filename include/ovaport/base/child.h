#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ovaport/base/result.h"

namespace ovaport {

/// Kernel limits of a child process; absent means the parent's.
struct ChildLimits {
  std::optional<std::uint64_t> address_space;  ///< bytes (RLIMIT_AS)
  std::optional<std::uint64_t> cpu_seconds;    ///< RLIMIT_CPU
  std::optional<std::uint64_t> file_size;      ///< bytes (RLIMIT_FSIZE)
  std::optional<std::uint64_t> open_files;     ///< RLIMIT_NOFILE
};

/// How to run a helper program. The child gets its own process group and session,
/// no_new_privs, no core dump, only the listed environment and descriptors, and is
/// killed, with its group, when ovaport dies, the deadline passes or a stop is asked.
struct ChildOptions {
  std::vector<std::string> arguments;    ///< [0] is the program, looked up in PATH.
  std::vector<std::string> environment;  ///< "NAME=value"; nothing else is passed.
  std::string working_directory = "/";
  ChildLimits limits;
  std::chrono::seconds deadline{600};
  bool isolate_network = true;        ///< An empty network namespace, where the kernel permits it.
  std::optional<std::uint32_t> user;  ///< uid and gid to switch to when running as root.
  /// Descriptors to inherit: (ours, number in the child). Child numbers start at 3.
  std::vector<std::pair<int, int>> descriptors;
  std::string standard_input;  ///< Fed to the child, then closed.
  /// Called for each complete line of standard output or error, as it comes.
  std::function<void(std::string_view line)> on_line;
  std::size_t output_limit = 1 << 20;  ///< Bytes kept of each stream; the rest is read and dropped.
};

struct ChildOutcome {
  int exit_code = -1;  ///< -1 when ended by a signal.
  int signal = 0;      ///< 0 when it exited by itself.
  bool timed_out = false;
  std::string standard_output;      ///< Up to output_limit bytes; untrusted.
  std::string standard_error;       ///< Up to output_limit bytes; untrusted.
  std::uint64_t peak_resident = 0;  ///< bytes

  [[nodiscard]] bool ok() const { return exit_code == 0 && !timed_out; }
};

/// Runs a program to its end. Errors: kind child, code "base.program-missing" when
/// it cannot be started; kind cancelled when `stop` was requested. A program that
/// ran and failed is an outcome, not an error.
Result<ChildOutcome> run_child(const ChildOptions& options, const std::stop_token& stop = {});

}  // namespace ovaport
