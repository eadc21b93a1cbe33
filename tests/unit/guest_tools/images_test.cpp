#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "ovaport/guest/tools.h"

namespace ovaport::guest {
namespace {

constexpr std::size_t kLimit = std::size_t{64} << 10;

TEST(ToolsImages, LinuxProgramIsASmallX8664Executable) {
  auto image = linux_tools_image();
  ASSERT_GT(image.size(), 64U);
  EXPECT_EQ(std::memcmp(image.data(),
                        "\x7f"
                        "ELF\x02\x01",
                        6),
            0);
  EXPECT_EQ(static_cast<int>(image[18]), 62) << "EM_X86_64";
  RecordProperty("bytes", std::to_string(image.size()));
  std::printf("Linux stand-in: %zu bytes\n", image.size());
  EXPECT_LE(image.size(), kLimit);
}

TEST(ToolsImages, WindowsProgramIsASmallConsoleProgram) {
  auto image = windows_tools_image();
  if (image.empty()) GTEST_SKIP() << "built without x86_64-w64-mingw32-gcc";
  ASSERT_GT(image.size(), 256U);
  EXPECT_EQ(std::memcmp(image.data(), "MZ", 2), 0);
  std::printf("Windows stand-in: %zu bytes\n", image.size());
  EXPECT_LE(image.size(), kLimit);
}

}  // namespace
}  // namespace ovaport::guest
