#include "worker/measure/mean_clock.h"

#include <gtest/gtest.h>

#include <vector>

namespace gemmtune::measure {
namespace {

using Stamps = std::vector<ClockStamp>;

TEST(MeanClock, is_cycles_over_time_and_the_median_of_the_SMs) {
  const Stamps before = {{100, 1000}, {5000, 1000}, {7, 1000}};
  const Stamps after = {{100 + 15'000, 11'000}, {5000 + 16'000, 11'000}, {7 + 19'000, 11'000}};
  EXPECT_DOUBLE_EQ(mean_clock_mhz(before, after), 1600);
}

TEST(MeanClock, leaves_out_SMs_that_lack_a_stamp_or_whose_counter_went_back) {
  const Stamps before = {{0, 0}, {100, 1000}, {9000, 1000}};
  const Stamps after = {{40'000, 11'000}, {100 + 18'000, 11'000}, {10, 11'000}};
  EXPECT_DOUBLE_EQ(mean_clock_mhz(before, after), 1800);
  EXPECT_EQ(mean_clock_mhz(before, Stamps(3)), 0);
}

}  // namespace
}  // namespace gemmtune::measure
