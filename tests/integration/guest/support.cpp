#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "ovaport/base/child.h"

namespace ovaport::guest::testing_support {

namespace fs = std::filesystem;

std::string run(const std::vector<std::string>& arguments) {
  ChildOptions options;
  options.arguments = arguments;
  options.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                         "LIBGUESTFS_BACKEND=direct", "HOME=/tmp"};
  options.deadline = std::chrono::seconds(900);
  const auto outcome = run_child(options);
  if (!outcome) {
    ADD_FAILURE() << outcome.error().message;
    return {};
  }
  EXPECT_TRUE(outcome->ok()) << arguments[0] << ": " << outcome->standard_error;
  return outcome->standard_output;
}

void put(const fs::path& root, const std::string& path, const std::string& content, unsigned mode) {
  const fs::path file = root / path.substr(1);
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
  ::chmod(file.c_str(), mode);
}

void make_ext4(const fs::path& root, const fs::path& image, unsigned mebibytes) {
  run({"mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-d", root.string(), image.string(),
       std::to_string(mebibytes) + "M"});
}

void put_linux(const fs::path& root, const std::string& id) {
  put(root, "/etc/os-release", "ID=" + id + "\nVERSION_ID=5.0\nPRETTY_NAME=\"Test " + id + "\"\n");
  put(root, "/etc/fstab", "/dev/sda / ext4 defaults 0 1\n");
  put(root, "/etc/hosts", "127.0.0.1 localhost\n");
  put(root, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
  fs::create_directories(root / "usr/bin");
  fs::create_directories(root / "usr/sbin");
  fs::create_directories(root / "usr/lib/systemd/system");
  fs::create_directories(root / "var");
  fs::create_directories(root / "tmp");
  for (const char* link : {"bin", "sbin", "lib"})
    fs::create_symlink(std::string("usr/") + link, root / link);
  // Inspection takes the architecture from the programs.
  fs::copy_file("/bin/echo", root / "usr/bin/echo");
  fs::copy_file("/bin/echo", root / "usr/bin/ls");
  put(root, "/usr/lib/systemd/systemd", "", 0755);
}

void GuestTest::SetUp() {
  for (const char* program : {"/usr/bin/supermin", "/usr/bin/qemu-system-x86_64"})
    if (::access(program, X_OK) != 0) GTEST_SKIP() << program << " is missing";
  std::string name = (fs::temp_directory_path() / "ovaport-guest-test-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  scratch_ = name;
}

void GuestTest::TearDown() {
  std::error_code ignored;
  if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
}

WorkerOptions GuestTest::options() const {
  WorkerOptions options;
  options.program = fs::read_symlink("/proc/self/exe");
  // Shared by all tests: making the appliance takes half a minute.
  options.cache_directory = "/var/tmp/ovaport-test-cache-" + std::to_string(::geteuid());
  options.deadline = std::chrono::seconds(1200);
  return options;
}

std::vector<std::string> codes(const Concerns& concerns) {
  std::vector<std::string> all;
  for (const Concern& concern : concerns)
    all.push_back(concern.code);
  return all;
}

}  // namespace ovaport::guest::testing_support
