#include "ovaport/cli/cli.h"

#include <cstdio>
#include <string>

#include "arguments.h"
#include "commands.h"
#include "completion.h"
#include "interrupt.h"
#include "ovaport/base/log.h"

namespace ovaport::cli {

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_error(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

int fail(const Error& error) {
  print_error("ovaport: " + describe(error) + " [" + error.code + "]\n");
  return exit_code(error.kind);
}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
    case ErrorKind::unsupported:
      return kRefused;
    case ErrorKind::integrity:
      return kIntegrity;
    case ErrorKind::choice:
      return kChoice;
    case ErrorKind::not_found:
    case ErrorKind::conflict:
    case ErrorKind::io:
      return kEnvironment;
    case ErrorKind::no_space:
      return kNoSpace;
    case ErrorKind::child:
      return kHelper;
    case ErrorKind::cancelled:
      return kInterrupted;
    case ErrorKind::internal:
      return kInternal;
  }
  return kInternal;
}

namespace {

int run_command(const Arguments& arguments, const CLI::App& parser) {
  if (arguments.command == "completion") {
    print(bash_completion(parser));
    return kSuccess;
  }
  if (arguments.command == "concerns") return concerns(arguments.concerns);
  // The worker is killed by its supervisor; it takes no signals of its own.
  if (arguments.command == "guest-worker") return guest_worker();
  if (arguments.command == "properties") return properties(arguments.properties);
  const Interrupt interrupt;
  if (arguments.command == "inspect") return inspect(arguments.inspect, interrupt.token());
  if (arguments.command == "import") return import_(arguments.import_, interrupt.token());
  if (arguments.command == "diff") return diff(arguments.diff, interrupt.token());
  return guest(arguments.guest, interrupt.token());
}

}  // namespace

int run(int argc, char** argv) {
  set_log_level(LogLevel::warning);
  Arguments arguments;
  const auto parser = make_parser(arguments);
  try {
    parser->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parser->exit(error) == 0 ? kSuccess : kUsage;
  }
  try {
    return run_command(arguments, *parser);
  } catch (const std::exception& error) {
    // Out of memory, or a bug: no exception is meant to come this far.
    print_error("ovaport: internal error: " + std::string(error.what()) + "\n");
    return kInternal;
  }
}

}  // namespace ovaport::cli
