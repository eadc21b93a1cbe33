#include "injector.h"
#include "ovaport/guest/tools.h"

namespace ovaport::guest {

namespace {

std::string as_text(std::span<const std::byte> image) {
  return {reinterpret_cast<const char*>(image.data()), image.size()};
}

}  // namespace

std::string linux_stand_in() {
  return as_text(linux_tools_image());
}
std::string windows_stand_in() {
  return as_text(windows_tools_image());
}

}  // namespace ovaport::guest
