#include "worker/measure/batch.h"

#include "stats/summary.h"
#include "unit/worker_measure/fakes.h"

#include <gtest/gtest.h>

#include <utility>

namespace gemmtune::measure {
namespace {

/// Turns of one launch and none before it.
Policy policy(int samples, int max_samples = 0, double precision = 0) {
  Policy p;
  p.warmup = 0;
  p.turn = 1;
  p.samples = samples;
  p.max_samples = max_samples;
  p.precision = precision;
  return p;
}

/// What a batch reports on a device that has rested.
MeasureReport run_batch(FakeDevice& device, std::size_t contenders, const Policy& p) {
  double rested_s = 0;
  return Batch(device, device.clock, contenders, p, rested_s).run();
}

TEST(Batch, gives_each_contender_its_samples_and_the_median_clock) {
  FakeClock clock;
  FakeDevice device{clock};
  const auto timings = run_batch(device, 2, policy(3)).timings;
  ASSERT_EQ(timings.size(), 2u);
  EXPECT_EQ(timings[0].samples_us, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(timings[1].samples_us, (std::vector<double>{2, 3, 4}));
  EXPECT_EQ(timings[1].sm_clock_mhz, 1004);  // of the second round: 1000 + 2 * 2
}

/// A launch that is not timed takes a draw too: turns of 1 + 3 are on draws 0 | 1 2 3, 4 | 0 1 2, ...
TEST(Batch, knows_which_draw_a_sample_was_on) {
  FakeClock clock;
  FakeDevice device{clock};
  Policy p = policy(15);
  p.warmup = 1;
  p.turn = 3;
  // Of contender 0: what is timed for the nth time is launch (n - 1) / 3 * 4 + 1 + (n - 1) % 3.
  device.time_us = [](std::size_t c, int n) {
    const int launch = (n - 1) / 3 * 4 + 1 + (n - 1) % 3;
    return 100.0 * (1 + launch % 5) * static_cast<double>(1 + c);
  };
  double rested_s = 0;
  const auto timings = Batch(device, clock, 2, p, rested_s, 5).run().timings;
  EXPECT_EQ(timings[0].draws_us, (std::vector<double>{100, 200, 300, 400, 500}));
  EXPECT_EQ(timings[1].draws_us, (std::vector<double>{200, 400, 600, 800, 1000}));
  for (const double sample : timings[0].samples_us) EXPECT_DOUBLE_EQ(sample, 300);
}

/// As in_step goes round the copies, whose number draws have here.
TEST(Batch, takes_its_samples_in_the_places_that_the_policys_name_tells) {
  FakeClock clock;
  FakeDevice device{clock};
  Policy p = policy(50);
  p.warmup = 1;
  p.turn = 3;
  p.copies = 7;
  const auto places = places_of(p.name());
  ASSERT_TRUE(places);
  device.time_us = [&](std::size_t, int n) {
    return 100.0 * static_cast<double>(1 + places->of_sample(static_cast<std::size_t>(n - 1)));
  };
  double rested_s = 0;
  const auto timings = Batch(device, clock, 1, p, rested_s, 7).run().timings;
  EXPECT_EQ(timings[0].draws_us, (std::vector<double>{100, 200, 300, 400, 500, 600, 700}));
  for (const double sample : timings[0].samples_us) EXPECT_DOUBLE_EQ(sample, 400);
}

TEST(Batch, names_what_the_first_sample_of_each_contender_ran) {
  FakeClock clock;
  FakeDevice device{clock};
  Policy p = policy(5);
  p.turn = 2;
  device.kernels_of = [](std::size_t i, int round) {
    return std::vector<std::string>{std::to_string(i) + " of round " + std::to_string(round)};
  };
  const auto timings = run_batch(device, 2, p).timings;
  EXPECT_EQ(timings[0].kernels, std::vector<std::string>{"0 of round 1"});
  EXPECT_EQ(timings[1].kernels, std::vector<std::string>{"2 of round 1"});
}

TEST(Batch, warms_up_at_the_start_of_each_turn_and_shortens_the_last_turn) {
  FakeClock clock;
  FakeDevice device{clock};
  Policy p = policy(5);
  p.warmup = 1;
  p.turn = 3;
  const auto timings = run_batch(device, 2, p).timings;
  EXPECT_EQ(timings[0].samples_us, (std::vector<double>{1, 2, 3, 4, 5}));
  EXPECT_EQ(timings[1].samples_us, (std::vector<double>{2, 3, 4, 5, 6}));
  EXPECT_EQ(device.count("launch 0"), 5 + 2);
  EXPECT_EQ(device.count("hold 6"), 1);
  EXPECT_EQ(device.count("hold 4"), 1);
}

TEST(Batch, queues_fewer_chains_at_a_time) {
  FakeClock clock;
  FakeDevice device{clock};
  Policy p = policy(3);
  p.turn = 3;
  p.l2 = L2Policy::cold_chain;
  EXPECT_EQ(run_batch(device, 10, p).timings.size(), 10u);
  EXPECT_EQ(device.count("hold 12"), 2);
  EXPECT_EQ(device.count("hold 6"), 1);
}

TEST(Batch, queues_few_contenders_at_a_time_and_keeps_their_order) {
  FakeClock clock;
  FakeDevice device{clock};
  Policy p = policy(3);
  p.turn = 3;
  const auto timings = run_batch(device, 40, p).timings;
  EXPECT_EQ(device.count("hold 48"), 2);
  EXPECT_EQ(device.count("hold 24"), 1);
  for (std::size_t c = 0; c < 40; ++c) EXPECT_EQ(timings[c].samples_us[0], 1.0 + static_cast<double>(c)) << c;
}

TEST(Batch, flushes_as_the_policy_says) {
  for (const auto& [l2, name] : names(L2Policy{})) {
    FakeClock clock;
    FakeDevice device{clock};
    Policy p = policy(3);
    p.l2 = l2;
    run_batch(device, 1, p);
    EXPECT_EQ(device.count("flush") > 0, l2 == L2Policy::cold_memset512) << name;
  }
}

TEST(Batch, goes_on_with_all_until_each_is_precise_enough) {
  FakeClock clock;
  FakeDevice device{clock};
  // The first is steady at once; the second scatters by 10 % for 40 rounds.
  device.time_us = [](std::size_t i, int r) { return i == 0 || r > 40 ? 100.0 : 95.0 + 10.0 * (r % 2); };
  const auto timings = run_batch(device, 2, policy(15, 500, 0.01)).timings;
  EXPECT_EQ(timings[0].samples_us.size(), timings[1].samples_us.size());
  EXPECT_GT(timings[1].samples_us.size(), 40u);
  EXPECT_LT(timings[1].samples_us.size(), 100u);
}

TEST(Batch, stops_at_the_most_samples_and_not_before_the_fewest) {
  FakeClock clock;
  FakeDevice noisy{clock}, steady{clock};
  noisy.time_us = [](std::size_t, int r) { return 100.0 + r % 2 * 20; };
  steady.time_us = [](std::size_t, int) { return 100.0; };
  EXPECT_EQ(run_batch(noisy, 1, policy(15, 60, 0.005)).timings[0].samples_us.size(), 60u);
  EXPECT_EQ(run_batch(steady, 1, policy(15, 60, 0.005)).timings[0].samples_us.size(), 15u);
}

TEST(Batch, rests_twice_as_long_as_the_contenders_worked_in_bursts) {
  FakeClock clock;
  FakeDevice device{clock};
  device.time_us = [](std::size_t i, int) { return i == 0 ? 100.0 : 400.0; };
  const MeasureReport report = run_batch(device, 2, policy(3));
  ASSERT_EQ(clock.sleeps_s.size(), 2u);  // what the last round owes, the next batch rests
  EXPECT_NEAR(clock.sleeps_s[0], 0.001, 1e-9);
  EXPECT_NEAR(report.gpu.resting_s, 0.002, 1e-9);
  EXPECT_NEAR(report.gpu.working_s, 0.003, 1e-9);
}

TEST(Batch, rests_from_untimed_launches_too) {
  FakeClock clock;
  FakeDevice device{clock};
  device.time_us = [](std::size_t, int) { return 300.0; };
  Policy p = policy(6);
  p.warmup = 1;
  p.turn = 3;
  run_batch(device, 1, p);
  ASSERT_EQ(clock.sleeps_s.size(), 1u);
  EXPECT_NEAR(clock.sleeps_s[0], 2 * 4 * 300e-6, 1e-9);
}

TEST(Batch, begins_once_the_device_has_rested_from_the_batch_before) {
  FakeClock clock;
  FakeDevice device{clock};
  device.time_us = [](std::size_t, int) { return 500.0; };
  double rested_s = 0;
  Batch(device, clock, 1, policy(1), rested_s).run();
  EXPECT_TRUE(clock.sleeps_s.empty());
  EXPECT_NEAR(rested_s, clock.now_s() + 0.001, 1e-9);
  clock.seconds += 0.0004;  // the host plans
  Batch(device, clock, 1, policy(1), rested_s).run();
  ASSERT_EQ(clock.sleeps_s.size(), 1u);
  EXPECT_NEAR(clock.sleeps_s[0], 0.0006, 1e-9);
}

TEST(Batch, works_without_a_rest_until_the_board_has_settled_and_then_takes_its_samples) {
  FakeClock clock;
  FakeDevice device{clock};
  device.round_s = 0.01;
  device.clock_mhz = [](int r) { return r < 250 ? 1980.0 - r : 1730.0; };  // falls for 2.5 s
  Policy p = policy(15);
  p.regime = PowerRegime::sustained;
  const MeasureReport report = run_batch(device, 1, p);
  EXPECT_TRUE(clock.sleeps_s.empty());
  EXPECT_EQ(report.gpu.resting_s, 0);
  EXPECT_EQ(report.timings[0].samples_us.size(), 15u);
  EXPECT_EQ(report.timings[0].sm_clock_mhz, 1730);
  EXPECT_GT(device.rounds, 250 + 16);
  EXPECT_LT(device.rounds, 320);
}

/// The first takes 100 us, each other 400, at one clock.
FakeDevice with_steady_contenders(FakeClock& clock) {
  FakeDevice device{clock};
  device.round_s = 0.01;
  device.clock_mhz = [](int) { return 1500; };
  device.time_us = [](std::size_t c, int) { return c == 0 ? 100.0 : 400.0; };
  return device;
}

TEST(Batch, gives_each_contender_the_board_for_a_second_a_sample_in_turns) {
  FakeClock clock;
  FakeDevice device = with_steady_contenders(clock);
  Policy p = policy(3);
  p.warmup = 1;
  p.turn = 2;
  p.regime = PowerRegime::blocks;
  const MeasureReport report = run_batch(device, 2, p);
  EXPECT_EQ(report.timings[0].samples_us, (std::vector<double>{100, 100, 100}));
  EXPECT_EQ(report.timings[1].samples_us, (std::vector<double>{400, 400, 400}));
  EXPECT_EQ(report.timings[0].sm_clock_mhz, 1500);
  EXPECT_TRUE(clock.sleeps_s.empty());

  // Behind the settling, in which both take part, there are six blocks.
  std::vector<std::string> launched;
  for (const std::string& step : device.steps)
    if (step.starts_with("launch")) launched.push_back(step);
  std::size_t blocks = 1, last = launched.size() - 1;
  for (std::size_t i = last; i > 0 && blocks < 6; --i)
    if (launched[i] != launched[i - 1]) {
      EXPECT_GT(last - i + 1, 100u) << "a second of rounds of three launches, and of load";
      last = i - 1;
      ++blocks;
    }
  EXPECT_EQ(blocks, 6u);
  EXPECT_NEAR(report.gpu.working_s, clock.seconds - 1000, 1e-9);
  EXPECT_GT(report.gpu.working_s, 6);
}

TEST(Batch, times_the_second_half_of_a_block) {
  FakeClock clock;
  FakeDevice device{clock};
  device.round_s = 0.01;
  std::size_t working = 9;
  double since_s = 0;
  device.time_us = [&](std::size_t c, int) {  // the board is fast for a while after each change of work
    if (c != std::exchange(working, c)) since_s = clock.seconds;
    return clock.seconds - since_s < 0.4 ? 90.0 : 100.0;
  };
  Policy p = policy(2);
  p.regime = PowerRegime::blocks;
  for (const Timing& timing : run_batch(device, 2, p).timings)
    EXPECT_EQ(timing.samples_us, (std::vector<double>{100, 100}));
}

/// Of two contenders, by their blocks.
std::size_t faster_of(const std::vector<double>& a_us, const std::vector<double>& b_us) {
  return stats::geomean(a_us) < stats::geomean(b_us) ? 0 : 1;
}

/// The planted defect: blocks of one, and then those of the other.
TEST(Batch, names_the_faster_on_a_board_that_drifts_only_because_blocks_take_turns) {
  Policy p = policy(4);
  p.regime = PowerRegime::blocks;
  const auto time_us = [](std::size_t contender, const FakeClock& clock) {
    return (contender == 0 ? 100.0 : 99.5) * (1 + 0.002 * (clock.seconds - 1000));
  };
  FakeClock clock;
  FakeDevice device{clock};
  device.round_s = 0.01;
  device.clock_mhz = [](int) { return 1500; };
  device.time_us = [&](std::size_t c, int) { return time_us(c, clock); };
  const auto in_turns = run_batch(device, 2, p).timings;
  EXPECT_EQ(faster_of(in_turns[0].samples_us, in_turns[1].samples_us), 1u);

  clock.seconds = 1000;
  std::vector<std::vector<double>> one_by_one;
  for (std::size_t contender = 0; contender < 2; ++contender) {
    device.time_us = [&](std::size_t, int) { return time_us(contender, clock); };
    one_by_one.push_back(run_batch(device, 1, p).timings[0].samples_us);
  }
  EXPECT_EQ(faster_of(one_by_one[0], one_by_one[1]), 0u) << "the drift is too small to show anything";
}

TEST(Batch, reads_the_energy_of_a_launch_while_its_blocks_run) {
  FakeClock clock;
  FakeDevice device = with_steady_contenders(clock);
  Policy p = policy(3);
  p.regime = PowerRegime::blocks;
  // 3 mJ and 8 mJ a launch, shown every 20 ms.
  double used_j = 5000, shown_j = 0, shown_at_s = 0;
  std::size_t counted = 0;
  const auto meter = [&] {
    for (; counted < device.steps.size(); ++counted)
      used_j += device.steps[counted] == "launch 0" ? 0.003 : device.steps[counted] == "launch 1" ? 0.008 : 0;
    if (clock.seconds - shown_at_s >= 0.02) shown_j = used_j, shown_at_s = clock.seconds;
    return shown_j;
  };
  double rested_s = 0;
  const auto timings = Batch(device, clock, 2, p, rested_s, 1, meter).run().timings;
  EXPECT_NEAR(timings[0].energy_j, 0.003, 0.0002);
  EXPECT_NEAR(timings[1].energy_j, 0.008, 0.0006);
  EXPECT_EQ(run_batch(device, 2, p).timings[0].energy_j, 0) << "without a meter";
}

TEST(Batch, keeps_the_board_loaded_while_it_settles) {
  FakeClock clock;
  FakeDevice device = with_steady_contenders(clock);
  Policy p = policy(1);
  p.regime = PowerRegime::sustained;
  const MeasureReport report = run_batch(device, 2, p);
  const auto first = std::find(device.steps.begin(), device.steps.end(), "synchronise");
  const auto second = std::find(first, device.steps.end(), "hold 2");
  EXPECT_EQ(std::count(first, second, "launch 1"), 20);  // of both together 10 ms
  EXPECT_EQ(std::count(first, second, "flush"), 2 * 20);
  EXPECT_EQ(std::count(second, device.steps.end(), "release"), device.rounds - 1);
  EXPECT_NEAR(report.gpu.working_s, clock.seconds - 1000, 1e-9);
}

}  // namespace
}  // namespace gemmtune::measure
