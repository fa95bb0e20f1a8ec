#include "worker/measure/batch.h"

#include "unit/worker_measure/fakes.h"

#include <gtest/gtest.h>

namespace gemmtune::measure {
namespace {

Policy policy(int warmup, int samples, int max_samples = 0, double precision = 0) {
  Policy p;
  p.warmup = warmup;
  p.samples = samples;
  p.max_samples = max_samples;
  p.precision = precision;
  return p;
}

TEST(Batch, throws_the_warm_up_away_and_keeps_the_median_clock) {
  FakeClock clock;
  FakeDevice device{clock};
  const auto timings = Batch(device, clock, 2, policy(2, 3)).run().timings;
  ASSERT_EQ(timings.size(), 2u);
  EXPECT_EQ(timings[0].samples_us, (std::vector<double>{3, 4, 5}));
  EXPECT_EQ(timings[1].samples_us, (std::vector<double>{4, 5, 6}));
  EXPECT_EQ(timings[1].sm_clock_mhz, 1016);  // of the second round that counts: 1000 + 4 * 4
}

TEST(Batch, flushes_as_the_policy_says) {
  for (const auto& [l2, name] : names(L2Policy{})) {
    FakeClock clock;
    FakeDevice device{clock};
    Policy p = policy(1, 3);
    p.l2 = l2;
    Batch(device, clock, 1, p).run();
    EXPECT_EQ(device.count("flush") > 0, l2 == L2Policy::cold_memset512) << name;
  }
}

TEST(Batch, goes_on_with_all_until_each_is_precise_enough) {
  FakeClock clock;
  FakeDevice device{clock};
  // The first is steady at once; the second scatters by 10 % for 40 rounds.
  device.time_us = [](std::size_t i, int r) { return i == 0 || r > 40 ? 100.0 : 95.0 + 10.0 * (r % 2); };
  const auto timings = Batch(device, clock, 2, policy(0, 15, 500, 0.01)).run().timings;
  EXPECT_EQ(timings[0].samples_us.size(), timings[1].samples_us.size());
  EXPECT_GT(timings[1].samples_us.size(), 40u);
  EXPECT_LT(timings[1].samples_us.size(), 100u);
}

TEST(Batch, stops_at_the_most_samples_and_not_before_the_fewest) {
  FakeClock clock;
  FakeDevice noisy{clock}, steady{clock};
  noisy.time_us = [](std::size_t, int r) { return 100.0 + r % 2 * 20; };
  steady.time_us = [](std::size_t, int) { return 100.0; };
  EXPECT_EQ(Batch(noisy, clock, 1, policy(1, 15, 60, 0.005)).run().timings[0].samples_us.size(), 60u);
  EXPECT_EQ(Batch(steady, clock, 1, policy(1, 15, 60, 0.005)).run().timings[0].samples_us.size(), 15u);
}

TEST(Batch, rests_twice_as_long_as_the_contenders_worked_in_bursts) {
  FakeClock clock;
  FakeDevice device{clock};
  device.time_us = [](std::size_t i, int) { return i == 0 ? 100.0 : 400.0; };
  const MeasureReport report = Batch(device, clock, 2, policy(1, 3)).run();
  ASSERT_EQ(clock.sleeps_s.size(), 4u);  // after warming up too
  EXPECT_DOUBLE_EQ(clock.sleeps_s[0], 0.001);
  EXPECT_NEAR(report.gpu.resting_s, 0.004, 1e-9);
  EXPECT_NEAR(report.gpu.working_s, 0.004, 1e-9);
}

TEST(Batch, works_without_a_rest_until_the_board_has_settled_and_then_takes_its_samples) {
  FakeClock clock;
  FakeDevice device{clock};
  device.round_s = 0.01;
  device.clock_mhz = [](int r) { return r < 250 ? 1980.0 - r : 1730.0; };  // falls for 2.5 s
  Policy p = policy(1, 15);
  p.regime = PowerRegime::sustained;
  const MeasureReport report = Batch(device, clock, 1, p).run();
  EXPECT_TRUE(clock.sleeps_s.empty());
  EXPECT_EQ(report.gpu.resting_s, 0);
  EXPECT_EQ(report.timings[0].samples_us.size(), 15u);
  EXPECT_EQ(report.timings[0].sm_clock_mhz, 1730);
  EXPECT_GT(device.rounds, 250 + 16);
  EXPECT_LT(device.rounds, 320);
}

}  // namespace
}  // namespace gemmtune::measure
