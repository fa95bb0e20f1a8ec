#include "worker/measure/timed_region.h"

#include <gtest/gtest.h>

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
  void synchronise() { note("synchronise"); }
  double elapsed_us(std::size_t i) { return 10.0 + static_cast<double>(i); }
};

TEST(TimedRegion, queues_everything_behind_the_hold_and_flushes_before_each_start) {
  FakeDevice device;
  const auto durations = TimedRegion(device).round(2, true);
  EXPECT_EQ(device.steps,
            (std::vector<std::string>{"hold", "flush", "start 0", "launch 0", "stop 0", "flush", "start 1",
                                      "launch 1", "stop 1", "release", "synchronise", "release_noexcept"}));
  EXPECT_EQ(durations, (std::vector<double>{10, 11}));
}

TEST(TimedRegion, does_not_flush_when_warm) {
  FakeDevice device;
  TimedRegion(device).round(1, false);
  EXPECT_EQ(device.steps, (std::vector<std::string>{"hold", "start 0", "launch 0", "stop 0", "release",
                                                    "synchronise", "release_noexcept"}));
}

TEST(TimedRegion, releases_the_stream_whatever_throws) {
  for (const std::string step :
       {"hold", "flush", "start 0", "launch 0", "stop 0", "release", "synchronise"}) {
    FakeDevice device;
    device.throw_at = step;
    EXPECT_THROW(TimedRegion(device).round(1, true), std::runtime_error) << step;
    EXPECT_EQ(device.steps.back(), "release_noexcept") << "after a failure at " << step;
  }
}

}  // namespace
}  // namespace gemmtune::measure
