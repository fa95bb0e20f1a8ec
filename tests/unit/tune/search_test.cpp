#include "tune/search.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gemmtune::tune {
namespace {

using Counts = std::vector<std::size_t>;

Budgets budgets(std::size_t each, std::size_t in_all) {
  Budgets made;
  made.problem.candidates = each;
  made.in_all.candidates = in_all;
  return made;
}

TEST(Shares, have_no_limit_where_none_is_given) {
  EXPECT_EQ(shares(Counts{5, 700}, {}), (Counts{0, 0}));
  EXPECT_EQ(shares(Counts{5, 700}, budgets(48, 0)), (Counts{48, 48}));
}

TEST(Shares, are_even_but_for_what_a_problem_cannot_use) {
  EXPECT_EQ(shares(Counts{100, 100, 100}, budgets(0, 90)), (Counts{30, 30, 30}));
  EXPECT_EQ(shares(Counts{100, 10, 100}, budgets(0, 90)), (Counts{40, 10, 40}));
  EXPECT_EQ(shares(Counts{100, 10, 100}, budgets(20, 90)), (Counts{20, 10, 20}));
}

TEST(Shares, leave_nobody_with_nothing) {
  EXPECT_EQ(shares(Counts{100, 100, 100}, budgets(0, 2)), (Counts{1, 1, 1}));
  EXPECT_EQ(shares(Counts{}, budgets(0, 2)), Counts{});
}

TEST(Shares, are_as_the_weights_but_for_what_a_problem_cannot_use) {
  const std::vector<double> weights = {6, 1, 3};
  EXPECT_EQ(shares(Counts{100, 100, 100}, budgets(0, 100), weights), (Counts{60, 10, 30}));
  EXPECT_EQ(shares(Counts{20, 100, 100}, budgets(0, 100), weights), (Counts{20, 20, 60}));
  EXPECT_EQ(shares(Counts{100, 100, 100}, budgets(0, 3), weights), (Counts{1, 1, 1}));
}

TEST(SecondsOfNext, is_the_smaller_of_its_own_and_its_share_of_what_is_left) {
  Budgets time;
  EXPECT_TRUE(std::isinf(seconds_of_next(time, 5, 3)));
  time.problem.seconds = 4;
  EXPECT_EQ(seconds_of_next(time, 100, 3), 4);
  time.in_all.seconds = 30;
  EXPECT_EQ(seconds_of_next(time, 24, 3), 2);
  EXPECT_EQ(seconds_of_next(time, 0, 3), 4);
  EXPECT_EQ(seconds_of_next(time, 31, 3), 0) << "it is over";
  time.problem.seconds = 0;
  EXPECT_EQ(seconds_of_next(time, 0, 1.5), 20) << "it weighs twice as much as what comes after it";
  EXPECT_EQ(seconds_of_next(time, 0, 0.99999), 30) << "the last one, after rounding";
}

TEST(CubinsOf, are_each_named_once_in_the_order_of_need) {
  ProblemPlan plan;
  for (const std::size_t cubin : {4, 4, 2, 9}) plan.candidates.push_back({{}, cubin});
  EXPECT_EQ(cubins_of(plan, {3, 0, 1, 2}), (Counts{9, 4, 2}));
}

}  // namespace
}  // namespace gemmtune::tune
