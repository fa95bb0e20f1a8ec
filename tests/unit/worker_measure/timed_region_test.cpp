#include "worker/measure/timed_region.h"

#include "unit/worker_measure/fakes.h"

#include <gtest/gtest.h>

namespace gemmtune::measure {
namespace {

TEST(TimedRegion, queues_everything_behind_the_hold_and_flushes_before_each_start) {
  FakeClock clock;
  FakeDevice device{clock};
  const Round round = TimedRegion(device, clock).round(2, true);
  EXPECT_EQ(device.steps, (std::vector<std::string>{"hold", "flush", "stamp before 0", "start 0", "launch 0",
                                                    "stop 0", "stamp after 0", "flush", "stamp before 1",
                                                    "start 1", "launch 1", "stop 1", "stamp after 1",
                                                    "release", "synchronise", "release_noexcept"}));
  ASSERT_EQ(round.samples.size(), 2u);
  EXPECT_EQ(round.samples[0].time_us, 1);
  EXPECT_EQ(round.samples[1].time_us, 2);
  EXPECT_EQ(round.samples[1].sm_clock_mhz, 1001);
}

TEST(TimedRegion, does_not_flush_unless_told_to) {
  FakeClock clock;
  FakeDevice device{clock};
  TimedRegion(device, clock).round(1, false);
  EXPECT_EQ(device.steps,
            (std::vector<std::string>{"hold", "stamp before 0", "start 0", "launch 0", "stop 0",
                                      "stamp after 0", "release", "synchronise", "release_noexcept"}));
}

TEST(TimedRegion, releases_the_stream_whatever_throws) {
  for (const std::string step : {"hold", "flush", "stamp before 0", "start 0", "launch 0", "stop 0",
                                 "stamp after 0", "release", "synchronise"}) {
    FakeClock clock;
    FakeDevice device{clock};
    device.throw_at = step;
    EXPECT_THROW(TimedRegion(device, clock).round(1, true), std::runtime_error) << step;
    EXPECT_EQ(device.steps.back(), "release_noexcept") << "after a failure at " << step;
  }
}

TEST(TimedRegion, the_device_works_from_the_release_until_it_is_synchronised) {
  /// Queueing takes the host ten seconds.
  struct SlowHost : FakeDevice {
    void hold() { clock.seconds += 10; }
  };
  FakeClock clock;
  SlowHost device{{clock, 0.25}};
  EXPECT_DOUBLE_EQ(TimedRegion(device, clock).round(3, true).working_s, 0.25);
}

}  // namespace
}  // namespace gemmtune::measure
