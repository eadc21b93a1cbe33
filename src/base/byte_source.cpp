#include "ovaport/base/byte_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ovaport/base/file.h"

namespace ovaport {

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<std::size_t> FileRange::read_at(std::uint64_t position, std::span<std::byte> out) const {
  if (position >= size) return std::size_t{0};
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size - position));
  std::size_t done = 0;
  while (done < wanted) {
    const ssize_t got = ::pread(file->get(), out.data() + done, wanted - done,
                                static_cast<off_t>(offset + position + done));
    if (got < 0) {
      if (errno == EINTR) continue;
      return system_error("cannot read", errno).at(offset + position + done);
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

namespace {

class RangeSource final : public ByteSource {
 public:
  explicit RangeSource(FileRange range) : range_(std::move(range)) {}

  Result<std::size_t> read(std::span<std::byte> out) override {
    OVAPORT_TRY(const std::size_t got, range_.read_at(position_, out));
    position_ += got;
    return got;
  }

 private:
  FileRange range_;
  std::uint64_t position_ = 0;
};

}  // namespace

Result<FileRange> open_range(const std::filesystem::path& path) {
  OVAPORT_TRY(UniqueFd fd, open_for_reading(path));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0)
    return system_error("cannot examine", errno).in_file(path.string());
  const auto size = static_cast<std::uint64_t>(info.st_size);
  return FileRange{std::make_shared<const UniqueFd>(std::move(fd)), 0, size};
}

std::unique_ptr<ByteSource> make_source(FileRange range) {
  return std::make_unique<RangeSource>(std::move(range));
}

}  // namespace ovaport
