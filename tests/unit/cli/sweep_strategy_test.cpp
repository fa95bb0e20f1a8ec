#include "cli/sweep_strategy.h"

#include "cli/lessons.h"
#include "family/family.h"
#include "space/strategy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gemmtune::cli {
namespace {

std::size_t usual() {
  return space::require_strategy(kUsualStrategy).usual;
}

tune::SweepPlan plan_of(std::vector<std::size_t> candidates, const std::string& kernel = "dense_1d2d") {
  tune::SweepPlan plan;
  for (const std::size_t count : candidates) {
    plan.problems.emplace_back().problem.kernel = kernel;
    plan.problems.back().candidates.resize(count);
  }
  return plan;
}

StrategyChoice choose(const tune::SweepPlan& plan, const StrategyOptions& options = {},
                      std::size_t boards = 1, const std::string& before = "", bool over_m = false) {
  return choose_strategy(options, plan, {boards, over_m, before, {"dense_1d2d"}});
}

TEST(ChooseStrategy, is_guided_where_it_leaves_something_out) {
  EXPECT_EQ(choose(plan_of({3, usual() + 1})).strategy, "guided");
  EXPECT_EQ(choose(plan_of({3, usual()})).strategy, "exhaustive");
  EXPECT_EQ(choose(plan_of({3, usual()})).reason, "");
}

TEST(ChooseStrategy, is_what_is_given_whatever_speaks_against_it) {
  StrategyOptions options;
  options.strategy = "random";
  EXPECT_EQ(choose(plan_of({1000}), options, 2, "guided").strategy, "random");
}

TEST(ChooseStrategy, is_that_of_the_run_that_goes_on) {
  StrategyOptions limited;
  limited.budgets.in_all.seconds = 5;
  EXPECT_EQ(choose(plan_of({1000}), {}, 1, "exhaustive").strategy, "exhaustive");
  EXPECT_EQ(choose(plan_of({1000}), limited, 1, "exhaustive").strategy, "exhaustive");
  EXPECT_EQ(choose(plan_of({3}), {}, 1, "guided").strategy, "guided");
  EXPECT_EQ(choose(plan_of({1000}), {}, 1, "exhaustive", /*over_m=*/true).strategy, "guided");
}

TEST(ChooseStrategy, is_exhaustive_with_a_word_where_no_search_is_known_to_be_good) {
  for (const StrategyChoice& choice :
       {choose(plan_of({1000}), {}, 2), choose(plan_of({1000}, "k_grouped_1d1d"))}) {
    EXPECT_EQ(choice.strategy, "exhaustive");
    EXPECT_NE(choice.reason, "");
  }
  EXPECT_NE(choose(plan_of({1000}, "k_grouped_1d1d")).reason.find("k_grouped_1d1d"), std::string::npos);
}

TEST(ChooseStrategy, is_a_search_where_one_is_asked_for) {
  StrategyOptions limited, taught;
  limited.budgets.problem.candidates = 5;
  taught.learn_from = {"earlier"};
  for (const StrategyOptions& options : {limited, taught}) {
    EXPECT_EQ(choose(plan_of({1000}), options, 2).strategy, "guided");
    EXPECT_EQ(choose(plan_of({1000}, "k_grouped_1d1d"), options).strategy, "guided");
    EXPECT_EQ(choose(plan_of({3}), options).strategy, "guided");
  }
}

TEST(ChooseStrategy, is_exhaustive_of_all_problems_where_one_is_of_an_unstudied_kernel) {
  tune::SweepPlan plan = plan_of({1000, 1000});
  plan.problems.back().problem.kernel = "k_grouped_1d1d";
  EXPECT_EQ(choose(plan).strategy, "exhaustive");
}

TEST(WhyGuided, names_the_kernels_without_lessons_and_no_others) {
  const std::vector<std::string> studied = kernels_with_lessons();
  std::size_t named = 0;
  for (const family::Family* family : family::all()) {
    const std::string kernel(family->kernel());
    const bool is_named = why_guided().find(kernel) != std::string::npos;
    EXPECT_EQ(is_named, std::ranges::find(studied, kernel) == studied.end()) << kernel;
    named += is_named ? 1 : 0;
  }
  EXPECT_GT(named, 0U);
}

}  // namespace
}  // namespace gemmtune::cli
