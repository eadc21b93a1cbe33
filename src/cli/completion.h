#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace ovaport::cli {

/// The bash completion script for all commands and options of `parser`.
std::string bash_completion(const CLI::App& parser);

}  // namespace ovaport::cli
