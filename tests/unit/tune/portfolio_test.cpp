#include "tune/portfolio.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gemmtune::tune {
namespace {

/// Of each problem the losses of cubins by number; below 0: not measured.
Losses losses_by(const std::vector<std::vector<double>>& table) {
  Losses losses;
  losses.cubins.resize(table.front().size());
  for (const auto& problem : table) {
    auto& of = losses.of.emplace_back();
    for (const double loss : problem) of.push_back(loss < 0 ? std::nullopt : std::optional(loss));
  }
  return losses;
}

using Chosen = std::vector<std::size_t>;

TEST(GreedyCover, takes_what_helps_most_first_and_ends_where_nothing_helps) {
  const Losses losses = losses_by({{0.1, 0, 0.5}, {0.1, 0.5, 0}, {0.1, 0.5, 0.5}});
  const std::vector<double> weights = {1, 1, 1};
  EXPECT_EQ(greedy_cover(losses, weights, 1), (Chosen{0}));
  EXPECT_EQ(greedy_cover(losses, weights, 9), (Chosen{0, 1, 2}));
  EXPECT_TRUE(greedy_cover(losses, weights, 0).empty());
  const Losses same = losses_by({{0, 0}, {0.2, 0.2}});
  EXPECT_EQ(greedy_cover(same, std::vector<double>{1, 1}, 9), (Chosen{0})) << "the second helps nobody";
}

TEST(GreedyCover, goes_by_weight_and_not_by_count) {
  const Losses losses = losses_by({{0, 0.5}, {0, 0.5}, {0.5, 0}});
  EXPECT_EQ(greedy_cover(losses, std::vector<double>{1, 1, 1}, 1), (Chosen{0}));
  EXPECT_EQ(greedy_cover(losses, std::vector<double>{1, 1, 5}, 1), (Chosen{1}));
  EXPECT_EQ(greedy_cover(losses, std::vector<double>{0, 0, 1}, 9), (Chosen{1}));
}

TEST(Shares, are_alike_for_layers_however_many_problems_they_have) {
  EXPECT_EQ(shares_of(std::vector<std::size_t>{0, 1, 0, 0, 1, 0}),
            (std::vector<double>{0.75, 1.5, 0.75, 0.75, 1.5, 0.75}));
  EXPECT_EQ(shares_of(std::vector<std::size_t>{0, 1, 1, 0}), std::vector<double>(4, 1));
  EXPECT_TRUE(shares_of({}).empty());
  const Losses losses = losses_by({{0, 0.5}, {0, 0.5}, {0, 0.5}, {0.6, 0}});
  EXPECT_EQ(greedy_cover(losses, shares_of(std::vector<std::size_t>{0, 0, 0, 1}), 1), (Chosen{1}));
}

TEST(GreedyCover, what_was_never_measured_covers_nothing) {
  const Losses losses = losses_by({{0, 0.3}, {-1, 0.3}});
  EXPECT_EQ(greedy_cover(losses, std::vector<double>{1, 1}, 1), (Chosen{1}));
  const auto of_first = covered(losses, Chosen{0});
  EXPECT_EQ(of_first[0], 0);
  EXPECT_FALSE(of_first[1]);
  EXPECT_EQ(covered(losses, Chosen{0, 1})[1], 0.3);
}

/// Two launches of one cubin and one of another.
Recorded recorded() {
  Recorded problem;
  problem.problem.m = 64, problem.problem.n = 2112, problem.problem.k = 7168;
  for (const auto& [block_n, raster, time_us] : {std::tuple{64, 8, 12.0}, {64, 16, 11.0}, {96, 8, 10.0}}) {
    Row row;
    row.problem = problem.problem;
    row.config = Config{{"block_m", 64}, {"block_n", block_n}, {"num_sms", 132}, {"raster", raster}};
    row.time_us = time_us;
    problem.candidates.push_back(row.config);
    problem.cubins.push_back(block_n == 64 ? 0 : 1);
    problem.screened.push_back(row);
    problem.near_best.emplace_back();
    problem.raced.emplace_back(row);
  }
  return problem;
}

TEST(Losses, of_a_cubin_are_those_of_its_fastest_launch) {
  std::vector<Recorded> problems = {recorded()};
  Losses losses = losses_of(problems);
  ASSERT_EQ(losses.cubins.size(), 2u);
  EXPECT_FALSE(losses.cubins[0].compiled.contains("raster"));
  EXPECT_NEAR(losses.of[0][0].value(), 0.1, 1e-12);
  EXPECT_EQ(losses.best[0][0], 1u);
  EXPECT_EQ(losses.of[0][1], 0);
  problems[0].screened[1].invalidity = Invalidity::correctness;
  losses = losses_of(problems);
  EXPECT_NEAR(losses.of[0][0].value(), 0.2, 1e-12) << "what is wrong is no launch";
}

TEST(Losses, of_a_cubin_that_another_problem_has_are_not_known) {
  std::vector<Recorded> problems = {recorded(), recorded()};
  Recorded& second = problems[1];
  second.problem.m = 128;
  second.candidates.pop_back(), second.screened.pop_back(), second.raced.pop_back();
  const Losses losses = losses_of(problems);
  ASSERT_EQ(losses.cubins.size(), 2u);
  EXPECT_EQ(losses.of[1][0], 0);
  EXPECT_FALSE(losses.of[1][1]);
}

}  // namespace
}  // namespace gemmtune::tune
