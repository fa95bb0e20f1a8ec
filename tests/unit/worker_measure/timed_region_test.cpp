#include "worker/measure/timed_region.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace gemmtune::measure {
namespace {

/// Writes down what is asked of it; throws at the step named.
struct FakeDevice {
  std::vector<std::string> steps;
  std::string throw_at;

  void note(const std::string& step) {
    steps.push_back(step);
    if (step == throw_at) throw std::runtime_error(step);
  }
  void hold() { note("hold"); }
  void release() { note("release"); }
  void release_noexcept() noexcept { steps.push_back("release_noexcept"); }
  void flush_l2() { note("flush"); }
  void start(std::size_t i) { note("start " + std::to_string(i)); }
  void launch(std::size_t i) { note("launch " + std::to_string(i)); }
  void stop(std::size_t i) { note("stop " + std::to_string(i)); }
  void read_clock(std::size_t i) { note("clock " + std::to_string(i)); }
  void synchronise() { note("synchronise"); }
  double elapsed_us(std::size_t i) { return rounds() + static_cast<double>(i); }
  double sm_clock_mhz(std::size_t) { return 1000 + rounds() * rounds(); }
  double rounds() const { return static_cast<double>(std::count(steps.begin(), steps.end(), "synchronise")); }
};

TEST(TimedRegion, queues_everything_behind_the_hold_and_flushes_before_each_start) {
  FakeDevice device;
  const auto samples = TimedRegion(device).round(2, true);
  EXPECT_EQ(device.steps,
            (std::vector<std::string>{"hold", "flush", "start 0", "launch 0", "stop 0", "clock 0", "flush",
                                      "start 1", "launch 1", "stop 1", "clock 1", "release", "synchronise",
                                      "release_noexcept"}));
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].time_us, 1);
  EXPECT_EQ(samples[1].time_us, 2);
  EXPECT_EQ(samples[1].sm_clock_mhz, 1001);
}

TEST(TimedRegion, does_not_flush_when_warm) {
  FakeDevice device;
  TimedRegion(device).round(1, false);
  EXPECT_EQ(device.steps, (std::vector<std::string>{"hold", "start 0", "launch 0", "stop 0", "clock 0",
                                                    "release", "synchronise", "release_noexcept"}));
}

TEST(TimedRegion, releases_the_stream_whatever_throws) {
  for (const std::string step :
       {"hold", "flush", "start 0", "launch 0", "stop 0", "clock 0", "release", "synchronise"}) {
    FakeDevice device;
    device.throw_at = step;
    EXPECT_THROW(TimedRegion(device).round(1, true), std::runtime_error) << step;
    EXPECT_EQ(device.steps.back(), "release_noexcept") << "after a failure at " << step;
  }
}

TEST(TimedRegion, throws_the_warm_up_away_and_keeps_the_median_clock) {
  FakeDevice device;
  Policy policy;
  policy.warmup = 2;
  policy.samples = 3;
  const auto timings = time_contenders(device, 2, policy);
  ASSERT_EQ(timings.size(), 2u);
  EXPECT_EQ(timings[0].samples_us, (std::vector<double>{3, 4, 5}));
  EXPECT_EQ(timings[1].samples_us, (std::vector<double>{4, 5, 6}));
  EXPECT_EQ(timings[1].sm_clock_mhz, 1016);  // of the second round that counts: 1000 + 4 * 4
}

TEST(TimedRegion, flushes_as_the_policy_says) {
  for (const L2Policy l2 : {L2Policy::cold_memset512, L2Policy::warm}) {
    FakeDevice device;
    Policy policy;
    policy.l2 = l2;
    time_contenders(device, 1, policy);
    EXPECT_EQ(std::count(device.steps.begin(), device.steps.end(), "flush") > 0,
              l2 == L2Policy::cold_memset512);
  }
}

}  // namespace
}  // namespace gemmtune::measure
