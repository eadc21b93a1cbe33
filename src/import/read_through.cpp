#include "read_through.h"

#include <vector>

namespace ovaport::imports {

Status read_through(ByteSource& source, const std::stop_token& stop,
                    const std::function<Status(std::span<const std::byte>)>& take) {
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  while (true) {
    if (stop.stop_requested())
      return Error(ErrorKind::cancelled, "import.cancelled", "stopped on request");
    OVAPORT_TRY(const std::size_t got, source.read(buffer));
    if (got > 0) OVAPORT_CHECK(take(std::span<const std::byte>(buffer).first(got)));
    if (got < buffer.size()) return {};
  }
}

}  // namespace ovaport::imports
