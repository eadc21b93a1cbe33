#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "ovaport/guest/guest.h"

namespace ovaport::guest::testing_support {

/// Runs a program of the host; its standard output, or a test failure.
std::string run(const std::vector<std::string>& arguments);

/// Writes a file of the tree that becomes a guest's file system, with directories.
void put(const std::filesystem::path& root, const std::string& path, const std::string& content,
         unsigned mode = 0644);

/// An ext4 file system, without a partition table, of the tree's content.
void make_ext4(const std::filesystem::path& root, const std::filesystem::path& image,
               unsigned mebibytes);

/// A tree that libguestfs takes for a 64-bit Linux of this os-release ID.
void put_linux(const std::filesystem::path& root, const std::string& id);

/// A scratch directory, and options for a worker that is this test program. Skips
/// where libguestfs cannot work.
class GuestTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  [[nodiscard]] WorkerOptions options() const;
  [[nodiscard]] const std::filesystem::path& scratch() const { return scratch_; }

 private:
  std::filesystem::path scratch_;
};

/// What the report's concerns are about.
std::vector<std::string> codes(const Concerns& concerns);

}  // namespace ovaport::guest::testing_support
