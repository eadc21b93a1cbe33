#include "sink.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "ovaport/base/text.h"

namespace ovaport::disk {

namespace {

Error failed(const char* what, const std::filesystem::path& path) {
  const int number = errno;
  return system_error(what, number).in_file(path.string());
}

}  // namespace

Result<Sink> Sink::open(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISBLK(info.st_mode)) {
    // O_EXCL on a block device: not while it is mounted or otherwise in use.
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_EXCL));
    if (!fd.valid()) return failed("cannot open the device", path);
    return Sink(std::move(fd), true, path);
  }
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd.valid()) return failed("cannot create the disk", path);
  return Sink(std::move(fd), false, path);
}

Status Sink::set_size(std::uint64_t size) {
  if (!device_) {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
      return failed("cannot size the disk", path_);
    return {};
  }
  std::uint64_t have = 0;
  if (::ioctl(fd_.get(), BLKGETSIZE64, &have) != 0) return failed("cannot examine", path_);
  if (have < size)
    return Error(ErrorKind::no_space, "disk.device-too-small",
                 "the device has " + format_bytes(have) + ", the disk needs " + format_bytes(size))
        .in_file(path_.string());
  std::array<std::uint64_t, 2> range{0, size / 512 * 512};
  if (::ioctl(fd_.get(), BLKZEROOUT, range.data()) != 0) return failed("cannot zero", path_);
  return {};
}

Status Sink::write(std::uint64_t position, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t done =
        ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (done < 0) {
      if (errno == EINTR) continue;
      return failed("cannot write the disk", path_);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(done));
    position += static_cast<std::uint64_t>(done);
  }
  return {};
}

Status Sink::zero(std::uint64_t position, std::uint64_t size) {
  constexpr int kPunch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  if (!device_ &&
      ::fallocate(fd_.get(), kPunch, static_cast<off_t>(position), static_cast<off_t>(size)) == 0)
    return {};
  // Not every file system can punch holes, nor every device take our alignment.
  const std::vector<std::byte> zeros(std::min<std::uint64_t>(size, std::uint64_t{1} << 20));
  while (size > 0) {
    const auto piece = std::span(zeros).first(std::min<std::uint64_t>(size, zeros.size()));
    OVAPORT_CHECK(write(position, piece));
    position += piece.size();
    size -= piece.size();
  }
  return {};
}

Status Sink::cut(std::uint64_t size) {
  if (!device_ && ::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
    return failed("cannot size the disk", path_);
  return {};
}

std::optional<std::uint64_t> Sink::allocated() const {
  struct stat info {};
  if (device_ || ::fstat(fd_.get(), &info) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(info.st_blocks) * 512;
}

Status Sink::finish() {
  if (device_ && ::fsync(fd_.get()) != 0) return failed("cannot sync", path_);
  return {};
}

}  // namespace ovaport::disk
