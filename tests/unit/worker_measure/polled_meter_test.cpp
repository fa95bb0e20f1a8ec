#include "worker/measure/polled_meter.h"

#include "worker/gpu/host_clock.h"

#include <gtest/gtest.h>

#include <atomic>

namespace gemmtune::measure {
namespace {

TEST(PolledMeter, shows_the_last_refresh_and_when_it_was_seen) {
  std::atomic<double> shown_j = 5000;
  const PolledMeter meter([&] { return shown_j.load(); });
  const MeterReading first = meter.last();
  EXPECT_EQ(first.total_j, 5000);
  gpu::HostClock clock;
  clock.sleep_s(0.02);
  EXPECT_EQ(meter.last().at_s, first.at_s) << "it was not refreshed";
  const double refreshed_s = clock.now_s();
  shown_j = 5060;
  while (meter.last().total_j == 5000 && clock.now_s() < refreshed_s + 10) clock.sleep_s(0.001);
  EXPECT_EQ(meter.last().total_j, 5060);
  EXPECT_GE(meter.last().at_s + 0.01, refreshed_s);
}

TEST(PolledMeter, never_waits_for_a_meter_that_is_slow) {
  std::atomic<int> readings = 0;
  std::atomic<bool> is_slow = false;
  gpu::HostClock clock;
  const PolledMeter meter([&] {
    if (is_slow) clock.sleep_s(0.3);
    return 5000.0 + ++readings;
  });
  is_slow = true;
  for (const double start_s = clock.now_s(); clock.now_s() < start_s + 0.05;) {
    const double before_s = clock.now_s();
    EXPECT_GT(meter.last().total_j, 5000);
    EXPECT_LT(clock.now_s() - before_s, 0.2);
  }
}

TEST(PolledMeter, is_not_read_again_where_there_is_none) {
  std::atomic<int> readings = 0;
  const PolledMeter meter([&] { return ++readings, 0.0; });
  gpu::HostClock().sleep_s(0.02);
  EXPECT_EQ(meter.last().total_j, 0);
  EXPECT_EQ(readings, 1);
}

}  // namespace
}  // namespace gemmtune::measure
