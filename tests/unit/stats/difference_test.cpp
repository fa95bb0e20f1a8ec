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

TEST(DifferenceOverPlaces, is_as_sure_as_the_contenders_differ_alike_in_each_place) {
  // Places differ by 10 %; in each the second takes 1 % more.
  const std::vector<double> base = {10, 11, 10, 11, 10, 11, 10};
  std::vector<double> next;
  for (const double time : base) next.push_back(1.01 * time);
  const Difference alike = placed_difference(0.01, base, next, kNoise);
  EXPECT_EQ(alike.estimate, 0.01);
  EXPECT_NEAR(alike.deviation, std::sqrt(2.0) * 0.003, 1e-9) << "what processes differ by";
  EXPECT_NEAR(alike.degrees, 10, 1e-6);

  // 0 and 2 % by turns, 4 and 3 of seven: a variance of 1.143e-4 a place.
  for (std::size_t i = 0; i < next.size(); ++i) next[i] = base[i] * std::exp(i % 2 == 0 ? 0.02 : 0);
  const Difference unlike = placed_difference(0.01, base, next, kNoise);
  const double of_places = 1.142857e-4 / 7, of_processes = 2 * 0.003 * 0.003;
  EXPECT_NEAR(unlike.deviation, std::sqrt(of_places + of_processes), 1e-8);
  const double both = of_places + of_processes;
  EXPECT_NEAR(unlike.degrees, both * both / (of_places * of_places / 6 + of_processes * of_processes / 10),
              1e-4);
}

TEST(DifferenceOverPlaces, says_how_often_another_sweep_turns_it_round) {
  std::mt19937_64 generator(11);
  std::normal_distribution<double> place(0, 0.006), process(0, 0.002);
  const ProcessNoise noise{0.002, 1e6};
  const auto sweep = [&](double truth) {
    std::vector<double> base(7, 10.0), next(7);
    const double shift = truth + process(generator) - process(generator);
    double mean = 0;
    for (double& time : next) {
      const double log = shift + place(generator);
      mean += log / 7;
      time = 10 * std::exp(log);
    }
    return placed_difference(mean, base, next, noise);
  };
  // What the first gives a chance of one in twenty should happen to one in twenty.
  int surprises = 0;
  constexpr int kTrials = 40000;
  for (int trial = 0; trial < kTrials; ++trial) {
    Difference first = sweep(0);
    first.estimate -= sweep(0).estimate;
    surprises += first.chance_of_less() < 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(surprises / double(kTrials), 0.05, 0.005);
}

TEST(DifferenceOverPlaces, of_one_that_is_faster_is_found_again_with_the_rest_of_the_chance) {
  const Difference slower{0.01, 0.005, 12}, faster{-0.01, 0.005, 12};
  EXPECT_NEAR(slower.chance_of_less() + faster.chance_of_less(), 1, 1e-12);
  EXPECT_LT(slower.chance_of_less(), 0.1);
  EXPECT_NEAR((Difference{0, 0.005, 12}).chance_of_less(), 0.5, 1e-12);
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
