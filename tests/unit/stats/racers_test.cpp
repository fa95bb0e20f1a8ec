#include "stats/racers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace gemmtune::stats {
namespace {

/// 100 samples from `first` on, a hundredth apart.
Row raced(double first) {
  Row row;
  for (int i = 0; i < 100; ++i) row.samples_us.push_back(first + 0.01 * i);
  row.time_us = first + 0.495;
  row.time_us_low = first + 0.39;  // with 0.95: between the 40th and the 61st
  row.time_us_high = first + 0.60;
  return row;
}

TEST(Racers, have_the_interval_that_decides_a_tie) {
  const Racer racer = racer_of(raced(1));
  EXPECT_DOUBLE_EQ(racer.time, 1.495);
  EXPECT_DOUBLE_EQ(racer.low, 1.36) << "the 37th";
  EXPECT_DOUBLE_EQ(racer.high, 1.63) << "the 64th";
}

TEST(Racers, that_one_interval_tells_apart_may_tie_when_the_race_is_judged) {
  Row fast = raced(1), slow = raced(1.25);
  fast.config = {{"num_sms", 1}}, slow.config = {{"num_sms", 2}};
  EXPECT_GT(*slow.time_us_low, *fast.time_us_high);
  EXPECT_EQ(tie_set({racer_of(fast), racer_of(slow)}).size(), 2u);
  EXPECT_EQ(tie_set({racer_of(fast), racer_of(raced(1.28))}).size(), 1u);
}

TEST(Racers, without_samples_have_the_interval_of_their_row) {
  Row row = raced(1);
  row.samples_us.clear();
  EXPECT_DOUBLE_EQ(racer_of(row).low, 1.39);
  EXPECT_DOUBLE_EQ(racer_of(row).high, 1.60);
}

TEST(Racers, have_a_median_of_each_place_where_launches_took_turns_over_places) {
  Row row = raced(1);
  EXPECT_TRUE(racer_of(row).places.empty()) << "without a policy";
  row.policy = "cold_memset512x7-cupti-burst-w1t3-n15to200-p0.003";
  // Place p takes p us: sample i is launch i / 3 * 4 + 1 + i % 3.
  for (std::size_t i = 0; i < row.samples_us.size(); ++i)
    row.samples_us[i] = static_cast<double>(1 + (i / 3 * 4 + 1 + i % 3) % 7);
  EXPECT_EQ(racer_of(row).places, (std::vector<double>{1, 2, 3, 4, 5, 6, 7}));
  row.samples_us.resize(6);
  EXPECT_TRUE(racer_of(row).places.empty()) << "a place has no sample";
  row.samples_us.clear();
  EXPECT_TRUE(racer_of(row).places.empty());
}

/// Each round of blocks 2 % slower than the one before.
Row blocks(double first) {
  Row row;
  row.regime = PowerRegime::blocks;
  for (int round = 0; round < 4; ++round) row.samples_us.push_back(first * std::pow(1.02, round));
  row.time_us = first * 1.03;
  return row;
}

TEST(Racers, of_blocks_are_told_apart_by_their_ratios_round_by_round) {
  Row slow = blocks(100), fast = blocks(98.5);
  fast.config = {{"num_sms", 1}}, slow.config = {{"num_sms", 2}};
  EXPECT_EQ(tie_set({racer_of(slow), racer_of(fast)}), std::vector<std::size_t>{1});
  EXPECT_NEAR(racer_of(slow).time / racer_of(fast).time, 1 / 0.985, 1e-9);
  // The planted defect: blocks of unlike rounds beside each other.
  std::ranges::reverse(fast.samples_us);
  EXPECT_EQ(tie_set({racer_of(slow), racer_of(fast)}).size(), 2u);
}

TEST(Racers, of_blocks_that_are_a_percent_apart_tie_where_another_sweep_may_turn_them_round) {
  Row slow = blocks(100), fast = blocks(99.2);
  fast.config = {{"num_sms", 1}}, slow.config = {{"num_sms", 2}};
  EXPECT_EQ(tie_set({racer_of(slow), racer_of(fast)}).size(), 2u);
}

}  // namespace
}  // namespace gemmtune::stats
