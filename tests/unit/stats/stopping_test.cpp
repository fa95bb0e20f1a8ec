#include "stats/stopping.h"

#include "stats/summary.h"

#include <gtest/gtest.h>

#include <random>

namespace gemmtune::stats {
namespace {

/// How many samples of normal noise around 100 the rule takes.
std::size_t taken(StoppingRule rule, double relative_noise, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> sample(100, 100 * relative_noise);
  while (!rule.done()) rule.add(sample(generator));
  return rule.samples().size();
}

TEST(StoppingRule, takes_exactly_the_least_where_the_most_is_not_above_it) {
  EXPECT_EQ(taken({15, 0, 0.005, 0}, 0.3), 15u);
  EXPECT_EQ(taken({15, 15, 0.005, 0}, 0.3), 15u);
}

TEST(StoppingRule, takes_the_least_of_what_does_not_scatter) {
  EXPECT_EQ(taken({15, 100, 0.005, 0}, 0), 15u);
  EXPECT_EQ(taken({1, 100, 0.005, 0}, 0), 1u);
}

TEST(StoppingRule, takes_the_most_of_what_is_hopeless) {
  EXPECT_EQ(taken({15, 100, 0.005, 0}, 0.3), 100u);
}

TEST(StoppingRule, takes_as_many_as_the_precision_needs) {
  // The interval of n samples is 2 * 1.96 * 1.25 * noise / sqrt(n) wide: 60 of 1 % for 0.63 %.
  double sum = 0;
  for (unsigned seed = 1; seed <= 20; ++seed)
    sum += static_cast<double>(taken({15, 1000, 0.0063, 0}, 0.01, seed));
  EXPECT_GT(sum / 20, 25);  // a lucky stretch stops it early
  EXPECT_LT(sum / 20, 90);
}

TEST(StoppingRule, stops_with_the_interval_that_was_asked_for) {
  StoppingRule rule(15, 1000, 0.005, 0);
  std::mt19937 generator(7);
  std::normal_distribution<double> sample(100, 1);
  while (!rule.done()) {
    rule.add(sample(generator));
    const Interval interval = median_interval(rule.samples());
    const bool narrow = interval.high - interval.low <= 0.005 * median(rule.samples());
    EXPECT_EQ(rule.done(), narrow && rule.samples().size() >= 15) << rule.samples().size();
  }
  EXPECT_LT(rule.samples().size(), 1000u);
}

TEST(StoppingRule, wants_no_more_than_the_timer_can_tell) {
  // Ticks of 0.032 on 5: one of them is 0.64 %.
  const auto ticking = [](double timer_step) {
    StoppingRule rule(15, 100, 0.003, timer_step);
    for (int i = 0; !rule.done(); ++i) rule.add(5 + 0.032 * (i % 2));
    return rule.samples().size();
  };
  EXPECT_EQ(ticking(0), 100u);
  EXPECT_EQ(ticking(0.0321), 15u);
}

}  // namespace
}  // namespace gemmtune::stats
