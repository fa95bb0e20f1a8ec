#include "cli/progress.h"

#include <gtest/gtest.h>

namespace gemmtune::cli {
namespace {

TEST(Progress, shows_count_time_so_far_and_time_left) {
  EXPECT_EQ(progress_text({"measure", 120, 4320, 120, 4320, "m=64"}, 4, 80),
            "measure  120/4320  3%  0:04  2:20 left  m=64");
}

TEST(Progress, follows_the_cost_of_steps_and_not_their_number) {
  EXPECT_EQ(progress_text({"measure", 99, 100, 1, 4, ""}, 60, 80), "measure  99/100  25%  1:00  3:00 left");
}

TEST(Progress, shows_hours_where_it_takes_hours) {
  EXPECT_EQ(progress_text({"measure", 1, 3601, 1, 3601, ""}, 2, 80),
            "measure  1/3601  0%  0:02  2:00:00 left");
}

TEST(Progress, knows_no_time_left_before_the_first_step) {
  EXPECT_EQ(progress_text({"compile", 0, 10, 0, 10, ""}, 1, 80), "compile  0/10  0%  0:01");
}

TEST(Progress, of_nothing_is_done) {
  EXPECT_EQ(progress_text({"compile", 0, 0, 0, 0, ""}, 1, 80), "compile  0/0  100%  0:01");
}

TEST(Progress, never_exceeds_the_width) {
  EXPECT_EQ(progress_text({"measure", 1, 2, 1, 2, "a long description"}, 1, 20).size(), 20u);
}

}  // namespace
}  // namespace gemmtune::cli
