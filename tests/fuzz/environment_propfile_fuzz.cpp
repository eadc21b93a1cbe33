#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ovaport/environment/property_file.h"

using namespace ovaport;
using namespace ovaport::environment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_property_file(text, "file");
  if (!parsed.ok()) {
    if (parsed.error().kind != ErrorKind::choice) std::abort();
    return 0;
  }
  // What single lines can hold reads back the same.
  std::string lines;
  for (const Assignment& assignment : *parsed) {
    const std::string& value = assignment.value.reveal();
    if (assignment.key.empty()) std::abort();
    const bool plain = value.find_first_of("\r\n") == std::string::npos &&
                       assignment.key.find_first_of("=<#\r\n{ \t\f\v\xEF") == std::string::npos;
    if (!plain) return 0;
    lines.append(assignment.key).append("=").append(value).append("\n");
  }
  const auto again = parse_property_file(lines, "file");
  if (!again.ok() || *again != *parsed) std::abort();
  return 0;
}
