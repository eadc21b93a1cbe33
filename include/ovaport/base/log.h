#pragma once

#include <string_view>

namespace ovaport {

enum class LogLevel { debug, info, warning, error, off };

/// Sets the process's log level and sends the log to standard error.
void set_log_level(LogLevel level);

/// Writes one line. The message must hold no secret and only escaped input text.
void log(LogLevel level, std::string_view message);

}  // namespace ovaport
