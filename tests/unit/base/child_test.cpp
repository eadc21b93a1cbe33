#include "ovaport/base/child.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace ovaport {
namespace {

ChildOptions shell(const std::string& script) {
  ChildOptions options;
  options.arguments = {"/bin/sh", "-c", script};
  options.environment = {"PATH=/usr/bin:/bin"};
  return options;
}

TEST(Child, ReportsOutputAndExitCode) {
  const auto outcome = run_child(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(outcome.ok()) << describe(outcome.error());
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->standard_output, "out\n");
  EXPECT_EQ(outcome->standard_error, "err\n");
}

TEST(Child, FeedsStandardInput) {
  auto options = shell("wc -c");
  options.standard_input = std::string(300000, 'x');
  const auto outcome = run_child(options);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->standard_output, "300000\n");
}

TEST(Child, PassesOnlyTheGivenEnvironment) {
  ::setenv("OVAPORT_TEST_SECRET", "x", 1);
  const auto outcome = run_child(shell("env | grep -c SECRET"));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->standard_output, "0\n");
}

TEST(Child, MissingProgramIsAnError) {
  ChildOptions options;
  options.arguments = {"/nonexistent/program"};
  const auto outcome = run_child(options);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, "base.program-missing");
}

TEST(Child, DeadlineKillsTheWholeGroup) {
  auto options = shell("sleep 600 & echo $!; wait");
  options.deadline = std::chrono::seconds(1);
  const auto outcome = run_child(options);
  ASSERT_TRUE(outcome.ok());
  EXPECT_TRUE(outcome->timed_out);
  const pid_t grandchild = std::stoi(outcome->standard_output);
  // The kill is asynchronous; the process may be a zombie of init for a moment.
  for (int i = 0; i < 100 && ::kill(grandchild, 0) == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_NE(::kill(grandchild, 0), 0);
}

TEST(Child, StopRequestEndsIt) {
  std::stop_source source;
  auto options = shell("echo ready; sleep 600");
  options.on_line = [&](std::string_view) { source.request_stop(); };
  const auto outcome = run_child(options, source.get_token());
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind, ErrorKind::cancelled);
}

TEST(Child, KeepsBoundedOutput) {
  auto options = shell("head -c 1000000 /dev/zero | tr '\\0' x");
  options.output_limit = 1000;
  const auto outcome = run_child(options);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->standard_output.size(), 1000U);
}

TEST(Child, InheritsOnlyNamedDescriptors) {
  auto options = shell("ls /proc/self/fd | wc -l");
  const auto outcome = run_child(options);
  ASSERT_TRUE(outcome.ok());
  // 0, 1, 2 and the directory that ls reads.
  EXPECT_EQ(outcome->standard_output, "4\n");
}

TEST(Child, HasNoNetworkWhenRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make a network namespace";
  const auto outcome = run_child(shell("grep -c : /proc/net/dev"));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->standard_output, "1\n");  // lo only
}

TEST(Child, LimitsApply) {
  auto options = shell("ulimit -n");
  options.limits.open_files = 77;
  const auto outcome = run_child(options);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->standard_output, "77\n");
}

}  // namespace
}  // namespace ovaport
