#include "ovaport/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace ovaport {
namespace {

namespace fs = std::filesystem;

class WorkDirectoryTest : public testing::Test {
 protected:
  WorkDirectoryTest() {
    std::string pattern = testing::TempDir() + "ovaport-file-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  ~WorkDirectoryTest() override { fs::remove_all(root_); }

  fs::path root_;
};

TEST_F(WorkDirectoryTest, VanishesWithItsParentWhenDropped) {
  const fs::path parent = root_ / "out";
  {
    auto work = WorkDirectory::create(parent, "import");
    ASSERT_TRUE(work.ok()) << describe(work.error());
    ASSERT_TRUE(write_new_file(work->path() / "disk", "x").ok());
    EXPECT_TRUE(fs::exists(work->path()));
  }
  EXPECT_FALSE(fs::exists(parent));
}

TEST_F(WorkDirectoryTest, PublishesByRename) {
  auto work = WorkDirectory::create(root_, "import");
  ASSERT_TRUE(work.ok());
  ASSERT_TRUE(write_new_file(work->path() / "disk", "x").ok());
  const auto published = std::move(*work).publish(root_ / "vm", false);
  ASSERT_TRUE(published.ok()) << describe(published.error());
  EXPECT_EQ(read_file(root_ / "vm" / "disk", 10).value(), "x");
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "vm"), {}), 1);
}

TEST_F(WorkDirectoryTest, DoesNotReplaceUnlessTold) {
  fs::create_directory(root_ / "vm");
  ASSERT_TRUE(write_new_file(root_ / "vm" / "old", "x").ok());
  {
    auto work = WorkDirectory::create(root_, "import");
    const auto refused = std::move(*work).publish(root_ / "vm", false);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, "base.exists");
  }
  {
    auto work = WorkDirectory::create(root_, "import");
    ASSERT_TRUE(write_new_file(work->path() / "new", "x").ok());
    ASSERT_TRUE(std::move(*work).publish(root_ / "vm", true).ok());
  }
  EXPECT_TRUE(fs::exists(root_ / "vm" / "new"));
  EXPECT_FALSE(fs::exists(root_ / "vm" / "old"));
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), {}), 1);
}

TEST_F(WorkDirectoryTest, RemovesOnlyWhatDeadOwnersLeft) {
  auto alive = WorkDirectory::create(root_, "import");
  ASSERT_TRUE(alive.ok());
  const pid_t child = ::fork();
  if (child == 0) {
    auto dead = WorkDirectory::create(root_, "import");
    ::_exit(dead.ok() ? 0 : 1);  // no destructor runs: as after SIGKILL
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), {}), 2);
  EXPECT_EQ(WorkDirectory::remove_stale(root_).value(), 1);
  EXPECT_TRUE(fs::exists(alive->path()));
}

TEST_F(WorkDirectoryTest, CleanerOfAMissingDirectoryFindsNothing) {
  EXPECT_EQ(WorkDirectory::remove_stale(root_ / "absent").value(), 0);
}

TEST_F(WorkDirectoryTest, OpenForReadingRefusesFifosAndDirectories) {
  ASSERT_EQ(::mkfifo((root_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(open_for_reading(root_ / "fifo").error().code, "base.not-a-file");
  EXPECT_EQ(open_for_reading(root_).error().code, "base.not-a-file");
  EXPECT_EQ(open_for_reading(root_ / "absent").error().kind, ErrorKind::not_found);
}

TEST_F(WorkDirectoryTest, ReadFileHasALimit) {
  ASSERT_TRUE(write_new_file(root_ / "f", std::string(100, 'x')).ok());
  EXPECT_EQ(read_file(root_ / "f", 99).error().code, "base.file-too-large");
  EXPECT_EQ(read_file(root_ / "f", 100)->size(), 100U);
}

}  // namespace
}  // namespace ovaport
