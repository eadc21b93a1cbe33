#include "service_runner.h"

#include <string_view>
#include <system_error>

#include "ovaport/base/file.h"
#include "runner_image.h"

namespace ovaport::guest {

namespace {

constexpr const char* kSystemDirectory = "/usr/share/virt-tools";
constexpr const char* kName = "rhsrvany.exe";

}  // namespace

bool has_service_runner() {
  std::error_code ignored;
  return !service_runner_image().empty() ||
         std::filesystem::exists(std::filesystem::path(kSystemDirectory) / kName, ignored);
}

Result<std::string> place_service_runner(const std::filesystem::path& where) {
  const auto image = service_runner_image();
  if (image.empty()) return std::string(kSystemDirectory);
  const std::filesystem::path directory = where / "virt-tools";
  std::error_code failure;
  std::filesystem::create_directory(directory, failure);
  if (failure) return system_error("cannot create the data directory", failure.value());
  OVAPORT_CHECK(
      write_new_file(directory / kName,
                     std::string_view(reinterpret_cast<const char*>(image.data()), image.size())));
  return directory.string();
}

}  // namespace ovaport::guest
