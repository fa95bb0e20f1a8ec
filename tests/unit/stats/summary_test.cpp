#include "stats/summary.h"

#include "util/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace gemmtune::stats {
namespace {

std::vector<double> one_to(int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.rbegin(), values.rend(), 1.0);  // falling: nothing may rely on the order
  return values;
}

TEST(Median, is_the_middle_or_the_mean_of_the_middle_two) {
  EXPECT_EQ(median({5}), 5);
  EXPECT_EQ(median({9, 1, 2}), 2);
  EXPECT_EQ(median({9, 1, 2, 4}), 3);
}

TEST(Median, of_nothing_is_a_bug) {
  EXPECT_THROW(median({}), InternalError);
  EXPECT_THROW(median_interval({}), InternalError);
}

TEST(MedianInterval, is_smallest_to_largest_below_six_samples) {
  for (int n = 1; n < 6; ++n) {
    const Interval interval = median_interval(one_to(n));
    EXPECT_EQ(interval.low, 1);
    EXPECT_EQ(interval.high, n);
  }
}

// Ranks from the tables of the sign test, two-sided 5 %.
TEST(MedianInterval, cuts_as_many_samples_as_the_binomial_law_allows) {
  const std::pair<int, int> ranks[] = {{6, 1},  {8, 1},  {9, 2},   {12, 3},  {15, 4},
                                       {20, 6}, {25, 8}, {50, 18}, {100, 40}};
  for (const auto& [n, rank] : ranks) {
    const Interval interval = median_interval(one_to(n));
    EXPECT_EQ(interval.low, rank) << n;
    EXPECT_EQ(interval.high, n + 1 - rank) << n;
  }
}

TEST(MedianInterval, works_where_two_to_the_n_underflows) {
  const Interval interval = median_interval(one_to(5000));
  EXPECT_NEAR(interval.low, 2500 - 0.98 * std::sqrt(5000.0), 2);  // normal approximation
  EXPECT_EQ(interval.low + interval.high, 5001);
}

TEST(MedianInterval, is_never_narrower_than_the_timers_step) {
  const Interval interval = median_interval({7, 7, 7, 7, 7, 7, 7}, 0.5);
  EXPECT_DOUBLE_EQ(interval.low, 6.75);
  EXPECT_DOUBLE_EQ(interval.high, 7.25);
  EXPECT_EQ(median_interval({1, 9}, 0.5).low, 1);
}

TEST(Geomean, weighs_values) {
  EXPECT_DOUBLE_EQ(geomean(std::vector<double>{2, 8}), 4);
  EXPECT_NEAR(geomean(std::vector<double>{2, 16}, std::vector<double>{2, 1}), 4, 1e-12);
  EXPECT_THROW(geomean(std::vector<double>{2, 0}), InternalError);
}

}  // namespace
}  // namespace gemmtune::stats
