#pragma once

#include <cstddef>
#include <span>

namespace ovaport::guest {

/// The service program for x86-64 Windows; empty when built without mingw-w64.
std::span<const std::byte> service_runner_image();

}  // namespace ovaport::guest
