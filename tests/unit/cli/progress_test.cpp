#include "cli/progress.h"

#include <gtest/gtest.h>

namespace gemmtune::cli {
namespace {

TEST(Progress, shows_count_rate_and_time_left) {
  EXPECT_EQ(progress_text("measure", 120, 4320, 4, "m=64", 80),
            "measure  120/4320  3%  30/s  2:20 left  m=64");
}

TEST(Progress, shows_hours_where_it_takes_hours_and_slow_rates_with_a_digit) {
  EXPECT_EQ(progress_text("measure", 1, 3601, 2, "", 80), "measure  1/3601  0%  0.5/s  2:00:00 left");
}

TEST(Progress, has_no_rate_before_the_first_step) {
  EXPECT_EQ(progress_text("compile", 0, 10, 1, "", 80), "compile  0/10  0%");
}

TEST(Progress, of_nothing_is_done) {
  EXPECT_EQ(progress_text("compile", 0, 0, 0, "", 80), "compile  0/0  100%");
}

TEST(Progress, never_exceeds_the_width) {
  EXPECT_EQ(progress_text("measure", 1, 2, 1, "a long description", 20).size(), 20u);
}

}  // namespace
}  // namespace gemmtune::cli
