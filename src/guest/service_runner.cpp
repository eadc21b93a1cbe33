#include "service_runner.h"

#include <system_error>

namespace ovaport::guest {

namespace {

constexpr const char* kSystemDirectory = "/usr/share/virt-tools";

}  // namespace

bool has_service_runner() {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::path(kSystemDirectory) / "rhsrvany.exe", ignored);
}

Result<std::string> place_service_runner(const std::filesystem::path& /*where*/) {
  return std::string(kSystemDirectory);
}

}  // namespace ovaport::guest
