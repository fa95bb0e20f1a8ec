#include "stats/racers.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace gemmtune::stats
