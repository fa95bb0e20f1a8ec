#include "profile/command_lines.h"

#include "profile/figures.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gemmtune::profile {
namespace {

Target target() {
  Target t;
  t.problem.m = 64, t.problem.n = 2112, t.problem.k = 7168;
  t.config = {{"block_m", 64}, {"block_n", 96}};
  return t;
}

bool has_pair(const CommandLine& line, const std::string& option, const std::string& value) {
  const auto found = std::ranges::find(line, option);
  return found != line.end() && found + 1 != line.end() && found[1] == value;
}

TEST(CommandLines, a_reproduction_says_what_is_not_the_default) {
  Target t = target();
  EXPECT_EQ(shell_text(reproduction("gemmtune", t)),
            "gemmtune profile --problem dense_1d2d:m=64,n=2112,k=7168 --config block_m=64,block_n=96");
  t.device = "2";
  t.seed = 9;
  EXPECT_TRUE(shell_text(reproduction("gemmtune", t)).ends_with(" --device 2 --seed 9"));
}

TEST(CommandLines, of_ncu_leave_the_clocks_alone_and_keep_the_source) {
  const auto line = ncu_line("/opt/ncu", "out/report", {"gemmtune", "profile"});
  EXPECT_EQ(line.front(), "/opt/ncu");
  EXPECT_TRUE(has_pair(line, "--clock-control", "none"));
  EXPECT_TRUE(has_pair(line, "--profile-from-start", "off"));
  EXPECT_TRUE(has_pair(line, "--import-source", "yes"));
  EXPECT_TRUE(has_pair(line, "--metrics", metrics_of_figures()));
  EXPECT_TRUE(has_pair(line, "--export", "out/report"));
  EXPECT_EQ((CommandLine{line.end() - 3, line.end()}), (CommandLine{"gemmtune", "profile", "--quiet"}));
}

TEST(CommandLines, of_nsys_and_of_the_sanitizer_end_with_the_launch) {
  const CommandLine again = {"gemmtune", "profile"};
  const auto nsys = nsys_line("nsys", "r", again);
  EXPECT_TRUE(has_pair(nsys, "--capture-range", "cudaProfilerApi"));
  const auto sanitizer = sanitizer_line("compute-sanitizer", "racecheck", again);
  EXPECT_TRUE(has_pair(sanitizer, "--tool", "racecheck"));
  EXPECT_TRUE(has_pair(sanitizer, "--error-exitcode", "86"));
  for (const CommandLine& line : {nsys, sanitizer}) EXPECT_TRUE(has_pair(line, "gemmtune", "profile"));
}

TEST(CommandLines, a_report_is_named_by_problem_and_configuration) {
  EXPECT_EQ(report_name(target()), "dense_1d2d-m64-n2112-k7168-" + config_id(target().config));
}

TEST(CommandLines, survive_a_shell) {
  EXPECT_EQ(shell_text({"a b", "it's", "", "x=1,y:2", "$HOME"}), "'a b' 'it'\\''s' '' x=1,y:2 '$HOME'");
}

}  // namespace
}  // namespace gemmtune::profile
