#include "ovaport/ovf/machine.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)ovaport::ovf::parse_unit({reinterpret_cast<const char*>(data), size});
  return 0;
}
