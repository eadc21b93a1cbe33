#pragma once

#include <stop_token>
#include <string_view>

#include "arguments.h"
#include "ovaport/base/error.h"

namespace ovaport::cli {

// One function a command; each returns the exit code.
int inspect(const InspectArguments& arguments, const std::stop_token& stop);
int import_(const ImportArguments& arguments, const std::stop_token& stop);
int guest(const GuestArguments& arguments, const std::stop_token& stop);
int guest_worker();

void print(std::string_view text);
void print_error(std::string_view text);

/// Shows the error and returns its exit code.
int fail(const Error& error);

int exit_code(ErrorKind kind);

}  // namespace ovaport::cli
