#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support.h"

namespace ovaport::disk {
namespace {

/// A loop device over a file, detached at the end.
class LoopDevice {
 public:
  explicit LoopDevice(const std::filesystem::path& file) {
    const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    const int number = control.valid() ? ::ioctl(control.get(), LOOP_CTL_GET_FREE) : -1;
    if (number < 0) return;
    path_ = "/dev/loop" + std::to_string(number);
    fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    const UniqueFd backing(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    if (fd_.valid() && ::ioctl(fd_.get(), LOOP_SET_FD, backing.get()) != 0) fd_.reset();
  }
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;
  ~LoopDevice() {
    if (fd_.valid()) ::ioctl(fd_.get(), LOOP_CLR_FD);
  }
  [[nodiscard]] bool valid() const { return fd_.valid(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  UniqueFd fd_;
};

std::string device_image(std::uint64_t capacity) {
  VmdkRecipe recipe;
  recipe.capacity = capacity;
  recipe.grains = {{128, std::string(std::size_t{128} * 512, 'g')}};
  return make_vmdk(recipe);
}

TEST(BlockDevice, IsWrittenAndItsOldContentZeroed) {
  const Scratch scratch;
  write_file(scratch / "backing", std::string(std::size_t{1024} * 512, 'o'));
  write_file(scratch / "disk.vmdk", device_image(1024));
  std::string wanted(std::size_t{1024} * 512, '\0');
  wanted.replace(std::size_t{128} * 512, std::size_t{128} * 512, std::size_t{128} * 512, 'g');
  {
    const LoopDevice device(scratch / "backing");
    if (!device.valid()) GTEST_SKIP() << "no loop device can be made here";
    const auto report = decode(input_of(scratch / "disk.vmdk"), device.path(), DecodeOptions{});
    ASSERT_TRUE(report.ok()) << describe(report.error());
  }
  EXPECT_TRUE(read_all(scratch / "backing") == wanted);
}

TEST(BlockDevice, ThatIsTooSmallIsRefused) {
  const Scratch scratch;
  write_file(scratch / "backing", std::string(std::size_t{512} * 512, 'o'));
  write_file(scratch / "disk.vmdk", device_image(1024));
  const LoopDevice device(scratch / "backing");
  if (!device.valid()) GTEST_SKIP() << "no loop device can be made here";
  const auto report = decode(input_of(scratch / "disk.vmdk"), device.path(), DecodeOptions{});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, "disk.device-too-small");
}

}  // namespace
}  // namespace ovaport::disk
