#include "worker/ceilings/figure.h"

#include <gtest/gtest.h>

namespace gemmtune::ceilings {
namespace {

Timing timing(std::vector<double> samples_us) {
  Timing t;
  t.samples_us = std::move(samples_us);
  t.sm_clock_mhz = 1500;
  t.power_w = 300;
  t.throttle = 4;
  return t;
}

TEST(Figure, is_a_bandwidth_where_bytes_are_moved) {
  // 3 MB in 1 us are 3 TB/s.
  const Ceiling c = figure("hbm_read", PowerRegime::sustained, {3'000'000, 0}, timing({1, 1, 1}), "so");
  EXPECT_DOUBLE_EQ(c.value, 3000);
  EXPECT_EQ(c.unit, "GB/s");
  EXPECT_EQ(c.name, "hbm_read");
  EXPECT_EQ(c.regime, PowerRegime::sustained);
  EXPECT_EQ(c.bytes, 3'000'000);
  EXPECT_EQ(c.time_us, 1);
  EXPECT_EQ(c.sm_clock_mhz, 1500);
  EXPECT_EQ(c.throttle, 4);
  EXPECT_EQ(c.how, "so");
}

TEST(Figure, is_a_rate_where_something_is_computed) {
  // 10^15 operations in a millisecond are 10^18 a second.
  const Ceiling c = figure("fp8_wgmma", PowerRegime::burst, {0, 1e15}, timing({1000}), "");
  EXPECT_DOUBLE_EQ(c.value, 1e6);
  EXPECT_EQ(c.unit, "TFLOPS");
}

TEST(Figure, is_the_time_where_nothing_is_done) {
  const Ceiling c = figure("launch_us", {}, {2, 3, 4}, "");
  EXPECT_DOUBLE_EQ(c.value, 3);
  EXPECT_EQ(c.unit, "us");
}

TEST(Figure, has_an_interval_around_it_in_its_own_unit) {
  for (const Work& work : {Work{1'000'000, 0}, Work{0, 1e9}, Work{}}) {
    const Ceiling c = figure("x", PowerRegime::burst, work, timing({90, 95, 100, 105, 110, 100}), "");
    EXPECT_LT(c.low, c.value);
    EXPECT_GT(c.high, c.value);
    EXPECT_LT(c.high, 1.2 * c.value);
  }
}

TEST(Figure, takes_the_power_from_the_energy_where_it_was_measured) {
  Timing t = timing({1000});
  EXPECT_DOUBLE_EQ(figure("x", PowerRegime::burst, {}, t, "").power_w, 300);
  t.energy_j = 0.65;
  EXPECT_DOUBLE_EQ(figure("x", PowerRegime::sustained, {}, t, "").power_w, 650);
}

TEST(BestOf, is_the_highest_rate_whatever_the_times_are_and_keeps_the_others) {
  const Ceiling slow = figure("x", PowerRegime::burst, {0, 1e9}, timing({10}), "slow");
  const Ceiling fast = figure("x", PowerRegime::burst, {0, 4e9}, timing({20}), "fast");
  for (const auto& both : {std::vector{slow, fast}, std::vector{fast, slow}}) {
    const Ceiling best = best_of(both);
    EXPECT_EQ(best.how, "fast");
    ASSERT_EQ(best.others.size(), 1u);
    EXPECT_EQ(best.others[0].how, "slow");
    EXPECT_DOUBLE_EQ(best.others[0].value, 100);
    EXPECT_EQ(best.others[0].sm_clock_mhz, 1500);
    EXPECT_EQ(best.others[0].power_w, 300);
  }
  EXPECT_TRUE(best_of({slow}).others.empty());
}

}  // namespace
}  // namespace gemmtune::ceilings
