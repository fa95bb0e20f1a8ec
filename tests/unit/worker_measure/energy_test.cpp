#include "worker/measure/energy.h"

#include "unit/worker_measure/fakes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace gemmtune::measure {
namespace {

/// A board that draws `power_w` while it runs chunks of `chunk_s`, 80 W while it waits; its meter is
/// refreshed every `refresh_s`.
struct Board {
  FakeClock clock = {};
  double chunk_s = 0.01;
  double power_w = 600;
  double refresh_s = 0.1;
  double seen_late_s = 0.004;

  double stall_s = 0;  ///< for which the host has other work, now and then before it looks
  double stalls_until_s = 0;

  std::vector<double> ends_s = {};  ///< of what was queued
  std::vector<std::pair<double, double>> idle_s = {};

  bool queue() {
    if (chunks() - ended() == 10) clock.seconds = ends_s[chunks() - 10];
    if (clock.seconds - 1000 < stalls_until_s && chunks() % 7 == 6) clock.seconds += stall_s;
    const double free_s = ends_s.empty() ? clock.seconds : ends_s.back();
    const bool had_work = clock.seconds < free_s;
    if (!had_work) idle_s.emplace_back(free_s, clock.seconds);
    ends_s.push_back(std::max(clock.seconds, free_s) + chunk_s);
    return had_work;
  }
  std::size_t ended() const {
    return static_cast<std::size_t>(std::ranges::upper_bound(ends_s, clock.seconds) - ends_s.begin());
  }
  std::size_t chunks() const { return ends_s.size(); }
  void wait() { clock.seconds = std::max(clock.seconds, ends_s.back()); }
  MeterReading meter() const {
    const double shown_s = 1000 + refresh_s * std::floor((clock.seconds - 1000) / refresh_s + 1e-9);
    double idle = 0;
    for (const auto& [from, to] : idle_s) idle += std::clamp(shown_s, from, to) - from;
    return {shown_s + seen_late_s, 5000 + power_w * (shown_s - 1000 - idle) + 80 * idle};
  }
};

double energy_of_chunk_j(Board& board) {
  return EnergyOfChunk(board, board.clock, [&board] { return board.meter(); }).run();
}

TEST(MeteredLaunches, counts_between_the_first_refresh_that_it_sees_and_the_last) {
  MeteredLaunches metered;
  metered.read(5000, 0);  // refreshed nobody knows when
  EXPECT_EQ(metered.launch_j(), 0);
  metered.read(5000, 40);
  metered.read(5008, 100);
  EXPECT_EQ(metered.launch_j(), 0) << "of one refresh";
  metered.read(5010, 200);
  metered.read(5010, 240);
  metered.read(5014, 400);
  EXPECT_DOUBLE_EQ(metered.launch_j(), 6.0 / 300);
}

TEST(MeteredLaunches, says_nothing_without_a_meter) {
  MeteredLaunches metered;
  for (std::size_t launches : {0, 100, 200, 300}) metered.read(0, launches);
  EXPECT_EQ(metered.launch_j(), 0);
}

TEST(EnergyOfChunk, is_what_the_board_used_meanwhile) {
  for (const double chunk_s : {0.001, 0.01, 0.05}) {
    Board board{.chunk_s = chunk_s};
    EXPECT_NEAR(energy_of_chunk_j(board), 600 * chunk_s, 0.05 * 600 * chunk_s) << chunk_s;
  }
}

TEST(EnergyOfChunk, does_not_hang_on_when_the_meter_was_refreshed_last) {
  // A difference between any two readings would be wrong by up to a refresh: 10 % of a second.
  for (const double shift_s : {0.01, 0.03, 0.05, 0.07, 0.09}) {
    Board board;
    board.clock.seconds += shift_s;
    EXPECT_NEAR(energy_of_chunk_j(board), 6, 0.01 * 6) << shift_s;
  }
}

TEST(EnergyOfChunk, lasts_a_second_and_not_much_longer) {
  Board board;
  EnergyOfChunk energy(board, board.clock, [&board] { return board.meter(); });
  energy.run();
  EXPECT_GE(energy.working_s(), 1);
  EXPECT_LT(energy.working_s(), 2);
  EXPECT_NEAR(energy.working_s(), static_cast<double>(board.chunks()) * board.chunk_s, 1e-6)
      << "nothing is queued any more";
}

TEST(EnergyOfChunk, is_unknown_where_the_meter_is_not_there_or_stands_still) {
  Board board;
  EXPECT_EQ(EnergyOfChunk(board, board.clock, [] { return MeterReading{1000, 0}; }).run(), 0);
  EXPECT_EQ(board.chunks(), 0u);
  EXPECT_EQ(EnergyOfChunk(board, board.clock, [] { return MeterReading{1000, 7}; }).run(), 0);
  EXPECT_GT(board.chunks(), 0u);
}

TEST(EnergyOfChunk, has_nothing_of_a_host_that_is_late_while_a_chunk_is_queued) {
  Board board{.stall_s = 0.06, .stalls_until_s = 100};
  EXPECT_NEAR(energy_of_chunk_j(board), 6, 0.01 * 6);
  EXPECT_LT(board.clock.seconds, 1000 + 2) << "no second is measured again";
}

/// As a sweep that shares its host with a build would see it.
TEST(EnergyOfChunk, is_measured_again_where_the_board_waited_for_the_host) {
  for (const double stall_s : {0.15, 0.3, 0.5}) {
    Board board{.stall_s = stall_s, .stalls_until_s = 2};
    EXPECT_NEAR(energy_of_chunk_j(board), 6, 0.03 * 6) << stall_s;
    EXPECT_GE(board.clock.seconds, 1000 + 2) << "that second is not counted";
  }
}

TEST(EnergyOfChunk, is_unknown_where_the_board_always_waits) {
  Board board{.stall_s = 0.15, .stalls_until_s = 100};
  EXPECT_EQ(energy_of_chunk_j(board), 0);
}

TEST(LaunchesOfChunk, take_ten_milliseconds_and_whole_rounds) {
  EXPECT_EQ(launches_of_chunk(99, 1), 100);
  EXPECT_EQ(launches_of_chunk(99, 7), 105);
  EXPECT_EQ(launches_of_chunk(2e4, 1), 1);
  EXPECT_EQ(launches_of_chunk(2e4, 15), 15);
  EXPECT_EQ(launches_of_chunk(1, 1), 2000) << "a graph has to be made";
}

}  // namespace
}  // namespace gemmtune::measure
