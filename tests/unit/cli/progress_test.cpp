#include "cli/progress.h"

#include <gtest/gtest.h>

namespace gemmtune::cli {
namespace {

ProgressState measuring(std::size_t done, std::size_t steps, double end_s, const std::string& what = "") {
  return {"measure", done, steps, static_cast<double>(done), static_cast<double>(steps), what, 0,
          0,         0,    end_s};
}

TEST(Progress, shows_count_time_so_far_and_time_left) {
  EXPECT_EQ(progress_text(measuring(120, 4320, 144, "m=64"), 4, 80),
            "measure  120/4320  3%  0:04  2:20 left  m=64");
}

TEST(Progress, follows_the_cost_of_steps_and_not_their_number) {
  EXPECT_EQ(expected_end_s({"measure", 99, 100, 1, 4, ""}, 60), 240);
}

TEST(Progress, counts_down_between_steps) {
  const ProgressState state = measuring(16, 130, 114);
  EXPECT_EQ(progress_text(state, 14, 80), "measure  16/130  12%  0:14  1:40 left");
  EXPECT_EQ(progress_text(state, 34, 80), "measure  16/130  12%  0:34  1:20 left");
  EXPECT_EQ(progress_text(state, 120, 80), "measure  16/130  12%  2:00");
}

TEST(Progress, expects_no_later_end_as_long_as_steps_take_what_they_took) {
  double last_left_s = 1e9;
  for (std::size_t done = 1; done <= 130; ++done) {
    const double elapsed_s = 14 + 0.5 * static_cast<double>(done);  // the first one waited for the compiler
    const double left_s = expected_end_s(measuring(done, 130, 0), elapsed_s) - elapsed_s;
    EXPECT_LT(left_s, last_left_s);
    last_left_s = left_s;
  }
}

TEST(Progress, learns_nothing_from_what_an_earlier_run_did) {
  ProgressState state = measuring(100, 130, 0);
  state.cost_skipped = 90;
  EXPECT_EQ(expected_end_s(state, 20), 80);
  state.cost_skipped = 100;
  EXPECT_EQ(expected_end_s(state, 20), 0) << "not known yet";
}

TEST(Progress, is_that_of_the_compiler_until_something_is_measured) {
  ProgressState state = measuring(0, 130, 0);
  state.compiled = 34;
  state.to_compile = 65;
  EXPECT_EQ(progress_text(state, 9, 80), "compile  34/65  52%  0:09");
  state.compiled = 65;
  EXPECT_EQ(progress_text(state, 14, 80), "measure  0/130  0%  0:14");
}

TEST(Progress, shows_the_compiler_beside_the_measurements_and_waits_for_the_slower) {
  ProgressState state = measuring(65, 130, 40, "best 9.25 µs");
  state.compiled = 13;
  state.to_compile = 65;
  EXPECT_EQ(progress_text(state, 10, 80),
            "measure  65/130  50%  0:10  0:30 left  compiled 13/65  best 9.25 µs");
  EXPECT_EQ(expected_end_s(state, 10), 50);
  state.compiled = 65;
  EXPECT_EQ(expected_end_s(state, 10), 20);
}

TEST(Progress, shows_hours_where_it_takes_hours) {
  EXPECT_EQ(progress_text(measuring(1, 3601, 7202), 2, 80), "measure  1/3601  0%  0:02  2:00:00 left");
}

TEST(Progress, knows_no_time_left_before_the_first_step) {
  EXPECT_EQ(progress_text({"compile", 0, 10, 0, 10, ""}, 1, 80), "compile  0/10  0%  0:01");
}

TEST(Progress, of_nothing_is_done) {
  EXPECT_EQ(progress_text({"compile", 0, 0, 0, 0, ""}, 1, 80), "compile  0/0  100%  0:01");
}

TEST(Progress, never_exceeds_the_width_and_cuts_no_character_in_two) {
  EXPECT_EQ(progress_text(measuring(1, 2, 0, "a long description"), 1, 20).size(), 20u);
  EXPECT_EQ(progress_text(measuring(1, 2, 0, "µµµµ"), 1, 27),
            "measure  1/2  50%  0:01  µ"
            "µ");
}

}  // namespace
}  // namespace gemmtune::cli
