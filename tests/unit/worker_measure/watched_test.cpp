#include "worker/measure/watched.h"

#include "unit/worker_measure/fakes.h"

#include <gtest/gtest.h>

namespace gemmtune::measure {
namespace {

/// A batch whose health readings are given, two a run; sample n is of run n.
struct Scripted {
  std::vector<gpu::Health> readings;
  FakeClock clock = {};
  std::size_t next = 0;
  int runs = 0;

  MeasureReport report() {
    const auto run = [this] {
      ++runs;
      MeasureReport made;
      made.timings.resize(2);
      made.timings[1].samples_us = {static_cast<double>(runs)};
      made.gpu = {3, 1};
      return made;
    };
    return watched(
        run, [this] { return readings.at(next++); }, clock);
  }
};

TEST(Watched, notes_the_worse_of_before_and_after) {
  Scripted batch{{{650, 60, 0x4}, {600, 71, 0x1}}};
  const MeasureReport report = batch.report();
  for (const Timing& timing : report.timings) {
    EXPECT_EQ(timing.power_w, 650);
    EXPECT_EQ(timing.temperature_c, 71);
    EXPECT_EQ(timing.throttle, 0x5);
  }
}

TEST(Watched, does_not_mind_the_power_cap) {
  Scripted batch{{{700, 60, 0x4}, {700, 60, 0x4}}};
  batch.report();
  EXPECT_EQ(batch.runs, 1);
  EXPECT_TRUE(batch.clock.sleeps_s.empty());
}

TEST(Watched, repeats_a_batch_in_which_the_board_slowed_down) {
  for (const std::int64_t reason : {0x8, 0x20, 0x40, 0x80})
    for (const bool before : {true, false}) {
      const gpu::Health slow{0, 0, reason}, good{0, 0, 0x1};
      Scripted batch{{before ? slow : good, before ? good : slow, good, good}};
      const MeasureReport report = batch.report();
      EXPECT_EQ(batch.runs, 2) << reason;
      EXPECT_EQ(report.timings[1].samples_us, std::vector<double>{2});
      EXPECT_EQ(report.timings[1].throttle, 0x1);
      EXPECT_EQ(batch.clock.sleeps_s, std::vector<double>{2});
      EXPECT_EQ(report.gpu.working_s, 6);
      EXPECT_EQ(report.gpu.resting_s, 4);  // the second run's and the pause
    }
}

TEST(Watched, keeps_the_second_batch_whatever_the_board_did) {
  const gpu::Health slow{0, 0, 0x8};
  Scripted batch{{slow, slow, slow, slow}};
  EXPECT_EQ(batch.report().timings[0].throttle, 0x8);
  EXPECT_EQ(batch.runs, 2);
}

}  // namespace
}  // namespace gemmtune::measure
