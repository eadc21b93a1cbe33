#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "arguments.h"
#include "ovaport/base/error.h"
#include "ovaport/import/policy.h"

namespace ovaport::cli {

// One function a command; each returns the exit code.
int inspect(const InspectArguments& arguments, const std::stop_token& stop);
int import_(const ImportArguments& arguments, const std::stop_token& stop);
int guest(const GuestArguments& arguments, const std::stop_token& stop);
int diff(const DiffArguments& arguments, const std::stop_token& stop);
int properties(const PropertiesArguments& arguments);
int guest_worker();
int concerns(const ConcernsArguments& arguments);

/// One virtual system after the other with a deployment option applied.
Result<std::vector<imports::SystemView>> view_systems(const imports::Appliance& appliance,
                                                      const std::string& option,
                                                      Concerns& concerns);

/// The policy and trust store that the options name.
Result<imports::Policy> read_policy(const JudgingArguments& arguments);
package::TrustStore trust_store(const JudgingArguments& arguments);

/// The languages that are asked for: `wanted`, else what the environment says.
std::string languages_or_environment(const std::string& wanted);

void print(std::string_view text);
void print_error(std::string_view text);

/// Shows the error and returns its exit code.
int fail(const Error& error);

int exit_code(ErrorKind kind);

}  // namespace ovaport::cli
