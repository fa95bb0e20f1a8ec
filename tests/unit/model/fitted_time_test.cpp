#include "model/fitted_time.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace gemmtune::model {
namespace {

Problem problem(std::int64_t m, std::int64_t n, std::int64_t k) {
  Problem p;
  p.m = m;
  p.n = n;
  p.k = k;
  return p;
}

/// Of some tiles, on both sides of what matters.
std::vector<Terms> some_terms(const Problem& p) {
  std::vector<Terms> terms;
  for (const std::int64_t block_m : {64, 128})
    for (std::int64_t block_n = 16; block_n <= 128; block_n += 8)
      for (const std::int64_t stages : {3, 4, 5})
        terms.push_back(terms_of(h100_sxm(), p,
                                 {{"block_m", block_m},
                                  {"block_n", block_n},
                                  {"cluster_m", 1},
                                  {"cluster_n", 1},
                                  {"evict_first", 0},
                                  {"k_groups", 1},
                                  {"num_sms", 132},
                                  {"raster", 8},
                                  {"split_k", 1},
                                  {"stages", stages},
                                  {"swap_ab", 0}}));
  return terms;
}

/// Where the analytic model is wrong: a bias of some terms.
double true_us(const Terms& terms) {
  return std::exp(terms.log_expected_us + 0.3 * terms.values[10] - 0.5 * terms.values[12]);
}

std::vector<Observation> observed(const std::vector<Terms>& terms, std::size_t every) {
  std::vector<Observation> all;
  for (std::size_t i = 0; i < terms.size(); i += every) all.push_back({terms[i], true_us(terms[i])});
  return all;
}

std::size_t fastest(const std::vector<double>& times) {
  return static_cast<std::size_t>(std::ranges::min_element(times) - times.begin());
}

double worst_pair(const std::vector<Terms>& terms, const std::vector<double>& expected) {
  double least = 1e9, most = 0;  // a common factor does not matter
  for (std::size_t i = 0; i < terms.size(); ++i) {
    least = std::min(least, expected[i] / true_us(terms[i]));
    most = std::max(most, expected[i] / true_us(terms[i]));
  }
  return most / least - 1;
}

TEST(NormalEquations, solve_a_line_exactly_but_for_the_penalty) {
  NormalEquations equations;
  for (const double x : {-2.0, -1.0, 1.0, 2.0}) {
    Centred observation;
    observation.values[0] = x;
    observation.values[1] = x * x - 2.5;
    observation.target = 3 * x - 2 * (x * x - 2.5);
    observation.weight = 1;
    equations.add(observation);
  }
  Coefficients scale;
  scale.fill(1);
  const Coefficients free = equations.solve(scale, 1e-9);
  EXPECT_NEAR(free[0], 3, 1e-6);
  EXPECT_NEAR(free[1], -2, 1e-6);
  EXPECT_EQ(free[2], 0) << "nothing is known of it";
  EXPECT_NEAR(equations.solve(scale, 10)[0], 3 * 10.0 / (10 + 10), 1e-9) << "10 is the sum of its squares";
}

TEST(NormalEquations, add_up) {
  Centred observation;
  observation.values[0] = 2;
  observation.target = 1;
  observation.weight = 1;
  NormalEquations one, both;
  one.add(observation);
  both.add(one);
  both.add(one);
  EXPECT_DOUBLE_EQ(both.square(0), 8);
}

TEST(FittedTime, is_the_analytic_model_where_nothing_is_known) {
  const auto terms = some_terms(problem(4096, 7168, 2048));
  const auto expected = FittedTime().expected_us(terms, {});
  for (std::size_t i = 0; i < terms.size(); ++i)
    EXPECT_NEAR(expected[i], std::exp(terms[i].log_expected_us), 1e-9);
  EXPECT_TRUE(FittedTime().expected_us({}, {}).empty());
}

TEST(FittedTime, learns_from_other_problems_where_the_model_is_wrong) {
  FittedTime fitted;
  for (const std::int64_t n : {2112, 4096, 24576})
    fitted.learn(evidence_of(observed(some_terms(problem(4096, n, 2048)), 1)));
  const auto terms = some_terms(problem(4096, 7168, 2048));
  const double before = worst_pair(terms, FittedTime().expected_us(terms, {}));
  const double after = worst_pair(terms, fitted.expected_us(terms, {}));
  EXPECT_GT(before, 0.5);
  EXPECT_LT(after, before / 4);
}

TEST(FittedTime, a_problem_with_a_weight_counts_as_so_many) {
  const NormalEquations one = evidence_of(observed(some_terms(problem(4096, 2112, 2048)), 1)),
                        other = evidence_of(observed(some_terms(problem(64, 4096, 7168)), 1));
  FittedTime once, twice, by_weight;
  for (FittedTime* fitted : {&once, &twice, &by_weight}) fitted->learn(one);
  once.learn(other);
  for (int i = 0; i < 2; ++i) twice.learn(other);
  by_weight.learn(other, 2);
  const auto terms = some_terms(problem(512, 7168, 2048));
  const auto expected = twice.expected_us(terms, {}), same = by_weight.expected_us(terms, {});
  for (std::size_t i = 0; i < terms.size(); ++i) EXPECT_NEAR(same[i], expected[i], 1e-9 * expected[i]);
  EXPECT_NE(once.expected_us(terms, {}), expected);
}

TEST(FittedTime, learns_from_the_problem_itself_and_then_knows_its_level_too) {
  const auto terms = some_terms(problem(4096, 7168, 2048));
  const auto own = observed(terms, 3);
  const auto expected = FittedTime().expected_us(terms, own);
  EXPECT_LT(worst_pair(terms, expected), worst_pair(terms, FittedTime().expected_us(terms, {})) / 2);
  double mean = 0;
  for (std::size_t i = 0; i < terms.size(); i += 3) mean += std::log(expected[i] / true_us(terms[i]));
  EXPECT_NEAR(mean, 0, 1e-9);
}

TEST(FittedTime, counts_what_is_far_from_the_fastest_for_nothing) {
  const auto terms = some_terms(problem(4096, 7168, 2048));
  auto own = observed(terms, 1);
  FittedTime clean, spoilt;
  clean.learn(evidence_of(own));
  for (const Terms& outlier : terms) {
    own.push_back({outlier, 1e4 * true_us(outlier)});
    break;
  }
  spoilt.learn(evidence_of(own));
  EXPECT_EQ(clean.expected_us(terms, {}), spoilt.expected_us(terms, {}));
}

TEST(FittedTime, takes_a_single_observation_and_one_that_is_alike_in_every_term) {
  const auto terms = some_terms(problem(64, 2112, 7168));
  FittedTime fitted;
  const std::vector<Observation> one = {{terms[0], 10}}, twice = {{terms[0], 10}, {terms[0], 11}};
  fitted.learn(evidence_of(one));
  for (const auto& own : {one, twice})
    for (const double us : fitted.expected_us(terms, own)) EXPECT_TRUE(std::isfinite(us));
  EXPECT_LT(fastest(fitted.expected_us(terms, one)), terms.size());
}

}  // namespace
}  // namespace gemmtune::model
