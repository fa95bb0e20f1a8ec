#include "worker/measure/timed_region.h"

#include "unit/worker_measure/fakes.h"

#include <gtest/gtest.h>

namespace gemmtune::measure {
namespace {

TEST(TimedRegion, queues_everything_behind_the_hold_and_flushes_before_each_start) {
  FakeClock clock;
  FakeDevice device{clock};
  const Round round = TimedRegion(device, clock).round({4, 2}, {1, 2, true}, 0);
  EXPECT_EQ(device.steps,
            (std::vector<std::string>{
                "hold 4",                                                                                //
                "launch 4",                                                                              //
                "flush",    "stamp before 0", "start 0",         "launch 4", "stop 0", "stamp after 0",  //
                "flush",    "stamp before 1", "start 1",         "launch 4", "stop 1", "stamp after 1",  //
                "launch 5",                                                                              //
                "flush",    "stamp before 2", "start 2",         "launch 5", "stop 2", "stamp after 2",  //
                "flush",    "stamp before 3", "start 3",         "launch 5", "stop 3", "stamp after 3",  //
                "release",  "synchronise",    "release_noexcept"}));
  ASSERT_EQ(round.samples.size(), 4u);
  EXPECT_EQ(round.samples[0].time_us, 5);
  EXPECT_EQ(round.samples[3].time_us, 7);
  EXPECT_EQ(round.samples[1].sm_clock_mhz, 1001);
}

TEST(TimedRegion, does_not_flush_unless_told_to) {
  FakeClock clock;
  FakeDevice device{clock};
  TimedRegion(device, clock).round({0, 1}, {0, 1, false}, 0);
  EXPECT_EQ(device.steps,
            (std::vector<std::string>{"hold 1", "stamp before 0", "start 0", "launch 0", "stop 0",
                                      "stamp after 0", "release", "synchronise", "release_noexcept"}));
}

TEST(TimedRegion, releases_the_stream_whatever_throws) {
  for (const std::string step : {"hold 1", "flush", "stamp before 0", "start 0", "launch 0", "stop 0",
                                 "stamp after 0", "release", "synchronise"}) {
    FakeClock clock;
    FakeDevice device{clock};
    device.throw_at = step;
    EXPECT_THROW(TimedRegion(device, clock).round({0, 1}, {0, 1, true}, 0), std::runtime_error) << step;
    EXPECT_EQ(device.steps.back(), "release_noexcept") << "after a failure at " << step;
  }
}

TEST(TimedRegion, the_device_works_from_the_release_until_it_is_synchronised) {
  FakeClock clock;
  FakeDevice device{clock, 0.25};
  device.on_hold = [&] { clock.seconds += 10; };  // queueing takes that long
  const Round round = TimedRegion(device, clock).round({0, 3}, {0, 1, true}, 0);
  EXPECT_DOUBLE_EQ(round.working_s, 0.25);
  EXPECT_DOUBLE_EQ(round.resting_s, 0);
}

TEST(TimedRegion, queues_while_the_device_rests_and_releases_it_at_the_earliest_moment) {
  FakeClock clock;
  FakeDevice device{clock, 0.25};
  device.on_hold = [&] { clock.seconds += 0.125; };  // queueing takes that long
  const Round round = TimedRegion(device, clock).round({0, 1}, {0, 1, true}, clock.now_s() + 0.375);
  EXPECT_DOUBLE_EQ(round.resting_s, 0.375);
  EXPECT_DOUBLE_EQ(round.working_s, 0.25);
  TimedRegion(device, clock)
      .round({0, 1}, {0, 1, true}, clock.now_s() + 0.0625);  // over before all is queued
  EXPECT_EQ(clock.sleeps_s, (std::vector<double>{0.25}));    // of the first
}

TEST(TimedRegion, holds_the_stream_only_at_the_end_of_a_long_rest) {
  FakeClock clock;
  FakeDevice device{clock};
  double held_s = 0;
  device.on_hold = [&] { held_s = clock.now_s(); };
  const double start_s = clock.now_s();
  const Round round = TimedRegion(device, clock).round({0, 1}, {0, 1, true}, start_s + 5);
  EXPECT_DOUBLE_EQ(held_s - start_s, 4.5);
  EXPECT_DOUBLE_EQ(round.resting_s, 5);
}

}  // namespace
}  // namespace gemmtune::measure
