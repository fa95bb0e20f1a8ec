#include "profile/tool.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace gemmtune::profile {
namespace {

Ended sh(Ended (*run)(const CommandLine&), const std::string& script) {
  return run({"/bin/sh", "-c", script});
}

TEST(Tool, is_found_in_path_and_nowhere_else_by_chance) {
  EXPECT_TRUE(find_tool("sh").ends_with("/sh"));
  EXPECT_EQ(find_tool("gemmtune-no-such-tool"), "");
  EXPECT_EQ(find_tool(".."), "") << "a folder is no program";
}

TEST(Tool, that_is_shown_has_both_streams_kept) {
  const Ended ended = sh(run_shown, "echo out; echo err >&2; exit 7");
  EXPECT_EQ(ended.exit_code, 7);
  EXPECT_EQ(ended.output, "out\nerr\n");
}

TEST(Tool, that_is_read_has_its_stdout_alone_kept) {
  EXPECT_EQ(sh(run_read, "echo out; echo err >&2").output, "out\n");
}

TEST(Tool, that_dies_of_a_signal_ends_with_128_and_its_number) {
  EXPECT_EQ(sh(run_read, "kill -KILL $$").exit_code, 137);
}

TEST(Tool, may_say_more_than_a_pipe_holds) {
  EXPECT_EQ(sh(run_read, "head -c 300000 /dev/zero").output.size(), 300000u);
}

}  // namespace
}  // namespace gemmtune::profile
