#include "worker/measure/turns.h"

#include "worker/measure/bench.h"

#include <gtest/gtest.h>

namespace gemmtune::measure {
namespace {

TEST(TakingTurns, goes_round_the_copies_whoever_launches) {
  std::vector<std::pair<char, int>> uses;
  const auto contender = [&uses](char name) {
    return [&uses, name](cudaStream_t, int copy) { uses.push_back({name, copy}); };
  };
  const std::vector<Launch> launches = taking_turns({contender('a'), contender('b')}, 3);
  for (int round = 0; round < 2; ++round)
    for (const Launch& launch : launches) launch(nullptr);
  EXPECT_EQ(uses, (std::vector<std::pair<char, int>>{{'a', 0}, {'b', 1}, {'a', 2}, {'b', 0}}));
}

TEST(TakingTurns, stays_where_there_is_one) {
  std::vector<int> uses;
  const auto launches = taking_turns({[&uses](cudaStream_t, int copy) { uses.push_back(copy); }}, 1);
  for (int i = 0; i < 3; ++i) launches[0](nullptr);
  EXPECT_EQ(uses, (std::vector<int>{0, 0, 0}));
}

TEST(InStep, gives_all_contenders_of_a_round_the_same_copy_and_the_next_round_the_next) {
  std::vector<std::pair<char, int>> uses;
  const auto contender = [&uses](char name) {
    return [&uses, name](cudaStream_t, int copy) { uses.push_back({name, copy}); };
  };
  const std::vector<Launch> launches = in_step({contender('a'), contender('b')}, 2);
  for (int round = 0; round < 3; ++round)
    for (const Launch& launch : launches) launch(nullptr);
  EXPECT_EQ(uses,
            (std::vector<std::pair<char, int>>{{'a', 0}, {'b', 0}, {'a', 1}, {'b', 1}, {'a', 0}, {'b', 0}}));
}

TEST(InChains, times_sixteen_launches_as_one_and_goes_on_round_the_copies) {
  std::vector<std::pair<char, int>> uses;
  const auto contender = [&uses](char name) {
    return [&uses, name](cudaStream_t, int copy) { uses.push_back({name, copy}); };
  };
  const std::vector<Launch> chains = in_chains({contender('a'), contender('b')}, 5);
  for (const Launch& chain : chains) chain(nullptr);
  ASSERT_EQ(uses.size(), 2u * kChain);
  for (int i = 0; i < 2 * kChain; ++i)
    EXPECT_EQ(uses[static_cast<std::size_t>(i)], std::pair(i < kChain ? 'a' : 'b', i % 5));
}

TEST(InChains, the_figure_is_that_of_one_launch) {
  MeasureReport report;
  report.timings.resize(2);
  report.timings[0].samples_us = {160, 320};
  report.timings[1].samples_us = {80};
  divide_by_chain(report);
  EXPECT_EQ(report.timings[0].samples_us, (std::vector<double>{10, 20}));
  EXPECT_EQ(report.timings[1].samples_us, (std::vector<double>{5}));
}

TEST(Bench, measures_energy_where_it_is_the_launchs_own) {
  Policy policy;
  policy.regime = PowerRegime::sustained;
  policy.l2 = L2Policy::cold_rotate;
  EXPECT_TRUE(measures_energy(1, policy));
  EXPECT_FALSE(measures_energy(2, policy));
  policy.l2 = L2Policy::warm;
  EXPECT_TRUE(measures_energy(1, policy));
  policy.l2 = L2Policy::cold_memset512;
  EXPECT_FALSE(measures_energy(1, policy));
  policy.l2 = L2Policy::cold_chain;  // a launch would be a whole chain
  EXPECT_FALSE(measures_energy(1, policy));
  policy.l2 = L2Policy::warm;
  policy.regime = PowerRegime::burst;
  EXPECT_FALSE(measures_energy(1, policy));
}

}  // namespace
}  // namespace gemmtune::measure
