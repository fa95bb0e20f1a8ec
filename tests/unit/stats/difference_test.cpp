#include "stats/difference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace gemmtune::stats {
namespace {

using Figures = std::vector<LogFigure>;
constexpr ProcessNoise kNoise{0.003, 10};

TEST(DifferenceOfRuns, of_one_run_a_side_is_as_sure_as_what_is_known_of_all_problems) {
  const Difference found = difference(Figures{{1.0, 0.004}}, Figures{{1.02, 0.004}}, kNoise);
  EXPECT_NEAR(found.estimate, 0.02, 1e-12);
  EXPECT_NEAR(found.deviation, std::sqrt(2.0) * 0.005, 1e-12);
  EXPECT_EQ(found.degrees, 10);
}

TEST(DifferenceOfRuns, learns_from_runs_that_scatter_more_or_less_than_expected) {
  const auto deviation = [](double spread) {
    const Figures base = {{1 - spread, 0.004}, {1, 0.004}, {1 + spread, 0.004}};
    return difference(base, base, kNoise).deviation;
  };
  const double expected = 0.005 * std::sqrt(2.0 / 3);
  EXPECT_NEAR(deviation(0.005), expected, 1e-9);  // the sample variance is what was expected
  EXPECT_LT(deviation(0), expected);
  EXPECT_GT(deviation(0.02), 2 * expected);
}

TEST(DifferenceOfRuns, is_never_surer_than_what_fresh_processes_differ_by) {
  const Figures exact = {{1.0, 0.0}};
  EXPECT_NEAR(difference(exact, exact, kNoise).deviation, std::sqrt(2.0) * 0.003, 1e-12);
}

TEST(DifferenceOfRuns, cancels_between_interleaved_contenders_what_their_process_does_to_both) {
  // Three processes that differ by 5 %; in each the second contender takes 2 % more.
  const Figures base = {{1.00, 0.001}, {1.05, 0.001}, {0.95, 0.001}};
  const Figures next = {{1.02, 0.001}, {1.07, 0.001}, {0.97, 0.001}};
  EXPECT_LT(paired_difference(base, next, kNoise).p_value(), 1e-4);
  EXPECT_GT(difference(base, next, kNoise).p_value(), 0.2);
}

TEST(DifferenceOfRuns, covers_the_truth_as_often_as_it_says) {
  std::mt19937_64 generator(7);
  std::normal_distribution<double> noise(0, 0.005);
  int covered = 0;
  constexpr int kTrials = 4000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto draw = [&](double middle) {
      return Figures{{middle + noise(generator), 0.004}, {middle + noise(generator), 0.004}};
    };
    const Interval interval = difference(draw(1), draw(1.01), kNoise).interval(0.95);
    covered += interval.low <= 0.01 && 0.01 <= interval.high ? 1 : 0;
  }
  EXPECT_NEAR(covered / double(kTrials), 0.95, 0.025);
}

TEST(MedianError, is_what_medians_of_normal_samples_scatter_by) {
  std::mt19937_64 generator(3);
  std::normal_distribution<double> sample(10, 0.3);
  double claimed = 0, squares = 0;
  constexpr int kTrials = 2000, kSamples = 21;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> samples;
    for (int i = 0; i < kSamples; ++i) samples.push_back(sample(generator));
    claimed += median_error(samples) / kTrials;
    const double deviation = median(samples) / 10 - 1;
    squares += deviation * deviation / kTrials;
  }
  EXPECT_NEAR(claimed / std::sqrt(squares), 1, 0.1);
}

TEST(MedianError, of_equal_samples_is_what_the_timer_leaves_open) {
  EXPECT_EQ(median_error({5, 5, 5, 5, 5, 5, 5}), 0);
  EXPECT_GT(median_error({5, 5, 5, 5, 5, 5, 5}, 0.032), 0.0013);
  EXPECT_NEAR(median_error({4}, 0.032), 0.004, 1e-12);
}

}  // namespace
}  // namespace gemmtune::stats
