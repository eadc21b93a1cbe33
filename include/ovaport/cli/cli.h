#pragma once

/// The command line: parses arguments, calls the library, shows results. It holds
/// no logic that another module could own.
namespace ovaport::cli {

/// Exit codes of `ovaport`, part of its interface (README, --help).
enum ExitCode : int {
  kSuccess = 0,
  kInternal = 1,      ///< A bug in ovaport.
  kUsage = 2,         ///< Wrong command line.
  kRefused = 3,       ///< The package is malformed or not supported.
  kIntegrity = 4,     ///< Digest mismatch or truncated data.
  kChoice = 5,        ///< A choice is missing or wrong: property, EULA, network, option.
  kEnvironment = 6,   ///< File not found or not readable, target exists, I/O error.
  kNoSpace = 7,       ///< The target has no room.
  kHelper = 8,        ///< A helper program (qemu-img, virt-v2v-in-place) failed.
  kInterrupted = 130  ///< Stopped by Ctrl-C or SIGTERM.
};

/// Runs one command and returns its exit code. Results go to standard output,
/// progress and errors to standard error.
int run(int argc, char** argv);

}  // namespace ovaport::cli
