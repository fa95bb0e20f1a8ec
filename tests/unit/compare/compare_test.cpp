#include "compare/compare.h"

#include "sides.h"

#include <gtest/gtest.h>

namespace gemmtune::compare {
namespace {

using Verdict = CompareVerdict;

ProblemVerdict one(const Side& base, const Side& next, const Gate& gate = {}) {
  const Comparison comparison = compare(base, next, gate);
  EXPECT_EQ(comparison.problems.size(), 1u);
  return comparison.problems.front();
}

ProblemVerdict one(double base_us, double next_us, const Gate& gate = {}) {
  return one(side_of({timed(64, base_us)}), side_of({timed(64, next_us)}), gate);
}

TEST(Compare, tells_slower_faster_and_same_apart) {
  EXPECT_EQ(one(100, 103).verdict, Verdict::slower);
  EXPECT_EQ(one(100, 97).verdict, Verdict::faster);
  EXPECT_EQ(one(100, 100.1).verdict, Verdict::same);
  EXPECT_NEAR(one(100, 103).time->estimate, 0.03, 1e-9);
}

TEST(Compare, is_unsure_when_the_interval_reaches_beyond_what_matters) {
  const ProblemVerdict problem = one(100, 100.9);
  EXPECT_EQ(problem.verdict, Verdict::unsure);
  EXPECT_FALSE(problem.fails);
  ASSERT_TRUE(problem.runs_needed.has_value());
  EXPECT_GT(*problem.runs_needed, 1);
}

TEST(Compare, does_not_call_a_change_below_the_minimum_slower_however_sure_it_is) {
  Side base = side_of({timed(64, 100)}), next = side_of({timed(64, 100.7)});
  for (int i = 0; i < 20; ++i) {
    base.runs.push_back(base.runs.front());
    next.runs.push_back(next.runs.front());
  }
  const ProblemVerdict problem = one(base, next);
  EXPECT_LT(problem.adjusted_p_value, 0.01);
  EXPECT_EQ(problem.verdict, Verdict::same);
  Gate strict;
  strict.min_effect = 0.005;
  EXPECT_EQ(one(base, next, strict).verdict, Verdict::slower);
}

TEST(Compare, several_runs_a_side_are_surer_than_one) {
  Side base = side_of({timed(64, 100)}), next = side_of({timed(64, 100.5)});
  const double alone = one(base, next).time->high;
  base.runs.push_back(run_of({timed(64, 100)}));
  next.runs.push_back(run_of({timed(64, 100.5)}));
  const ProblemVerdict both = one(base, next);
  EXPECT_LT(both.time->high, alone);
  EXPECT_EQ(both.next->runs, 2u);
}

TEST(Compare, a_clock_that_fell_is_no_regression) {
  const ProblemVerdict clock = one(side_of({timed(64, 100, 1800)}), side_of({timed(64, 103, 1800 / 1.03)}));
  EXPECT_EQ(clock.verdict, Verdict::same);
  EXPECT_NE(clock.reason.find("+3.00 % in time"), std::string::npos) << clock.reason;
  const ProblemVerdict both = one(side_of({timed(64, 100, 1800)}), side_of({timed(64, 103, 1790)}));
  EXPECT_EQ(both.verdict, Verdict::slower);
  const ProblemVerdict half = one(side_of({timed(64, 100, 1800)}), side_of({timed(64, 103, 1770)}));
  EXPECT_EQ(half.verdict, Verdict::slower);
  EXPECT_NEAR(half.cycles->estimate, 0.01283, 1e-4);
}

TEST(Compare, takes_the_time_alone_where_a_clock_is_not_known) {
  Row unknown = timed(64, 103);
  unknown.sm_clock_mhz.reset();
  const ProblemVerdict problem = one(side_of({timed(64, 100)}), side_of({unknown}));
  EXPECT_EQ(problem.verdict, Verdict::slower);
  EXPECT_FALSE(problem.cycles.has_value());
}

TEST(Compare, asks_for_more_of_one_problem_among_many) {
  std::vector<Row> base, next;
  for (int m = 1; m <= 200; ++m) {
    base.push_back(timed(m, 100));
    next.push_back(timed(m, m == 7 ? 101.2 : 100));
  }
  EXPECT_EQ(one(100, 101.2).verdict, Verdict::slower);
  const Comparison comparison = compare(side_of(base), side_of(next), {});
  EXPECT_EQ(comparison.count(Verdict::slower), 0u);
  const ProblemVerdict& suspect = comparison.problems.front();
  EXPECT_EQ(suspect.problem.m, 7);
  EXPECT_GT(suspect.adjusted_p_value, 10 * suspect.p_value);
}

TEST(Compare, misses_what_is_no_longer_timed) {
  const ProblemVerdict gone = one(side_of({timed(64, 100)}), side_of({}));
  EXPECT_EQ(gone.verdict, Verdict::missing);
  EXPECT_TRUE(gone.fails);
  Row crashed = fixtures::failed_row(64, fixtures::config(64), Invalidity::runtime, "illegal access");
  EXPECT_NE(one(side_of({timed(64, 100)}), side_of({crashed})).reason.find("runtime: illegal access"),
            std::string::npos);
}

TEST(Compare, finds_configurations_that_were_right_and_are_wrong) {
  EXPECT_EQ(one(side_of({timed(64, 100)}), side_of({wrong(64)})).verdict, Verdict::wrong);
  // Another configuration is right and as fast: still a kernel has broken.
  const ProblemVerdict problem =
      one(side_of({timed(64, 100)}), side_of({timed(64, 100, 1800, 96), wrong(64)}));
  EXPECT_EQ(problem.verdict, Verdict::wrong);
  EXPECT_TRUE(problem.fails);
  // What was wrong before is no news.
  EXPECT_EQ(one(side_of({timed(64, 100), wrong(64, 96)}), side_of({timed(64, 100), wrong(64, 96)})).verdict,
            Verdict::same);
}

TEST(Compare, lists_problems_that_only_the_new_side_has) {
  const Comparison comparison =
      compare(side_of({timed(64, 100)}), side_of({timed(64, 100), timed(128, 100)}), {});
  ASSERT_EQ(comparison.only_in_next.size(), 1u);
  EXPECT_EQ(comparison.only_in_next.front().m, 128);
}

TEST(Compare, fails_as_its_gate_says) {
  Gate gate;
  EXPECT_TRUE(one(100, 103, gate).fails);
  EXPECT_FALSE(one(100, 90, gate).fails);
  gate.budget = 0.05;
  EXPECT_FALSE(one(100, 103, gate).fails);
  EXPECT_TRUE(one(100, 106, gate).fails);
  GateRule rule;
  rule.m = 64;
  rule.budget = 0.1;
  gate.rules = {rule};
  EXPECT_FALSE(one(100, 106, gate).fails);
  gate.fail_on = {};
  EXPECT_FALSE(compare(side_of({timed(64, 100)}), side_of({}), gate).fails());
}

TEST(Compare, holds_the_geometric_mean_to_its_budget_by_weight) {
  std::vector<Row> base = {timed(1, 100), timed(2, 100)}, next = {timed(1, 104), timed(2, 100)};
  Gate gate;
  gate.fail_on = {};
  gate.geomean_budget = 0.03;
  EXPECT_FALSE(compare(side_of(base), side_of(next), gate).fails());
  GateRule heavy;
  heavy.m = 1;
  heavy.weight = 9;
  gate.rules = {heavy};
  const Comparison comparison = compare(side_of(base), side_of(next), gate);
  EXPECT_TRUE(comparison.fails());
  EXPECT_NEAR(comparison.overall->plain.estimate, 0.0198, 1e-4);
  EXPECT_NEAR(comparison.overall->weighted.estimate, 0.0359, 1e-4);
}

TEST(Compare, weighs_by_how_weights_compare_however_small_they_are) {
  std::vector<Row> base = {timed(1, 100), timed(2, 100)}, next = {timed(1, 104), timed(2, 100)};
  for (const double scale : {1.0, 1e9, 1e-100, 1e-300}) {
    Gate gate;
    GateRule light, heavy;
    light.m = 2, light.weight = scale;
    heavy.m = 1, heavy.weight = 9 * scale;
    gate.rules = {light, heavy};
    const Comparison comparison = compare(side_of(base), side_of(next), gate);
    EXPECT_NEAR(comparison.overall->weighted.estimate, 0.0359, 1e-4) << scale;
  }
}

TEST(Compare, shows_how_much_the_libraries_moved) {
  Row before = fixtures::library_row(provider::kCublasLtTensor, 64, 0, 50), after = before;
  after.time_us = 51;
  const Comparison comparison =
      compare(side_of({timed(64, 100), before}), side_of({timed(64, 100), after}), {});
  ASSERT_EQ(comparison.controls.size(), 1u);
  EXPECT_NEAR(comparison.controls.front().change.estimate, 0.02, 1e-9);
}

TEST(Compare, puts_what_fails_first_and_then_the_largest_change) {
  const Comparison comparison =
      compare(side_of({timed(1, 100), timed(2, 100), timed(3, 100), timed(4, 100)}),
              side_of({timed(1, 100), timed(2, 104), timed(3, 108), timed(4, 50)}), {});
  std::vector<std::int64_t> order;
  for (const ProblemVerdict& problem : comparison.problems) order.push_back(problem.problem.m);
  EXPECT_EQ(order, (std::vector<std::int64_t>{3, 2, 4, 1}));
}

TEST(Compare, pairs_runs_of_one_batch) {
  Side base{"base", {}}, next{"new", {}};
  for (const double speed : {1.0, 1.06, 0.95}) {
    base.runs.push_back(run_of({timed(64, 100 * speed)}));
    next.runs.push_back(run_of({timed(64, 102 * speed, 1800, 96)}));
  }
  EXPECT_EQ(compare(base, next, {}, Pairing::interleaved).problems.front().verdict, Verdict::slower);
  EXPECT_EQ(compare(base, next, {}).problems.front().verdict, Verdict::unsure);
}

class Unlike : public testing::Test {
 protected:
  static std::vector<std::string> of(const Side& next) {
    return differences(side_of({timed(64, 100)}, "a"), next);
  }
  Side next_ = side_of({timed(64, 100)}, "b");
  Row& row() { return next_.runs.front().journal.rows.front(); }
  Environment& environment() { return next_.runs.front().journal.headers.front().environment; }
};

TEST_F(Unlike, nothing_is_when_both_are_measured_alike) {
  EXPECT_TRUE(of(next_).empty());
  row().policy = "cold_memset512-event-burst-w1-n30to200-p0.003";  // another number of samples
  EXPECT_TRUE(of(next_).empty());
  environment().uuid = "GPU-1";  // the other side's is not known
  EXPECT_TRUE(of(next_).empty());
}

TEST_F(Unlike, everything_that_decides_a_time_is) {
  const auto expect = [&](const std::string& what, auto change) {
    const Side kept = next_;
    change();
    const std::vector<std::string> found = of(next_);
    ASSERT_EQ(found.size(), 1u) << what;
    EXPECT_EQ(found.front().substr(0, what.size()), what);
    EXPECT_NE(found.front().find(" in a, "), std::string::npos) << found.front();
    next_ = kept;
  };
  expect("device: Test GPU in a, Other in b", [&] { row().device = "Other"; });
  expect("L2", [&] { row().l2 = L2Policy::warm; });
  expect("timer", [&] { row().timer = Timer::cupti; });
  expect("regime", [&] { row().regime = PowerRegime::sustained; });
  expect("policy", [&] { row().policy = "cold_memset512x8-event-burst-w1-n15"; });
  expect("data", [&] { row().problem.data = DataKind::zeros; });
  expect("seed", [&] { row().seed = 2; });
  expect("SMs", [&] { environment().sms = 114; });
  expect("MIG", [&] { environment().mig = true; });
}

TEST_F(Unlike, two_boards_are) {
  Side base = side_of({timed(64, 100)}, "a");
  base.runs.front().journal.headers.front().environment.uuid = "GPU-1";
  environment().uuid = "GPU-2";
  EXPECT_EQ(differences(base, next_), std::vector<std::string>{"board: GPU-1 in a, GPU-2 in b"});
}

TEST_F(Unlike, runs_of_one_side_are_held_to_it_too) {
  next_.runs.push_back(next_.runs.front());
  row().seed = 5;
  EXPECT_EQ(of(next_).size(), 1u);
}

TEST_F(Unlike, what_has_changed_on_purpose_is_told_and_not_refused) {
  environment().driver = "590.1";
  environment().kernels = "kernels2";
  EXPECT_TRUE(of(next_).empty());
  EXPECT_EQ(changes(side_of({timed(64, 100)}), next_),
            (std::vector<std::string>{"kernels kernels1 -> kernels2", "driver 580.1 -> 590.1"}));
}

TEST_F(Unlike, a_kernel_has_changed_where_its_own_sources_have) {
  Side base = side_of({timed(64, 100)});
  auto& before = base.runs.front().journal.headers.front().environment.source_hashes;
  before = {{"dense_1d2d", "a"}, {"dense_bf16", "c"}};
  environment().kernels = "kernels2";
  environment().source_hashes = {{"dense_1d2d", "a"}, {"dense_bf16", "d"}, {"grouped", "e"}};
  EXPECT_EQ(changes(base, next_), std::vector<std::string>{});
  environment().source_hashes["dense_1d2d"] = "b";
  EXPECT_EQ(changes(base, next_), std::vector<std::string>{"dense_1d2d a -> b"});
}

}  // namespace
}  // namespace gemmtune::compare
