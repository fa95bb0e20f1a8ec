#include "stats/draws.h"

#include "stats/stopping.h"
#include "stats/summary.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <vector>

namespace gemmtune::stats {
namespace {

TEST(OverDraws, of_one_draw_are_the_samples) {
  const std::vector<double> samples = {3, 1, 2};
  const OverDraws over = over_draws(samples, std::vector<std::size_t>{0, 0, 0}, 1);
  EXPECT_EQ(over.samples, samples);
  EXPECT_TRUE(over.medians.empty());
}

TEST(OverDraws, scatter_about_the_mean_of_the_draws_medians) {
  // Draws of 100 and 300, each with a launch 10 % above and one 10 % below: their mean is 200.
  const OverDraws over = over_draws(std::array{100.0, 300.0, 110.0, 330.0, 90.0, 270.0},
                                    std::array<std::size_t, 6>{0, 1, 0, 1, 0, 1}, 2);
  EXPECT_EQ(over.medians, (std::vector<double>{100, 300}));
  const std::vector<double> expected = {200, 200, 220, 220, 180, 180};
  ASSERT_EQ(over.samples.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_DOUBLE_EQ(over.samples[i], expected[i]) << i;
}

/// Three samples of five draws, a first screening: their mean, whichever they are.
TEST(OverDraws, are_of_those_draws_that_have_samples) {
  const OverDraws over = over_draws(std::array{10.0, 20.0, 60.0}, std::array<std::size_t, 3>{1, 2, 3}, 5);
  EXPECT_EQ(over.medians, (std::vector<double>{10, 20, 60}));
  for (const double sample : over.samples) EXPECT_DOUBLE_EQ(sample, 30);
}

/// Draws that lie far apart would have a race run to its last sample.
TEST(OverDraws, let_a_race_stop_when_each_draw_is_known) {
  const auto taken = [](std::size_t draws) {
    StoppingRule rule(15, 200, 0.003, 0, draws);
    for (std::size_t i = 0; !rule.done(); ++i) rule.add(100 + 20 * static_cast<double>(i % 2), i % 2);
    return rule.samples().size();
  };
  EXPECT_EQ(taken(2), 15u);
  EXPECT_EQ(taken(1), 200u);
}

}  // namespace
}  // namespace gemmtune::stats
