#include "worker/measure/energy.h"

#include "unit/worker_measure/fakes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

namespace gemmtune::measure {
namespace {

/// A board that draws `power_w` while it runs launches of `launch_s`; its meter is refreshed every
/// `refresh_s`.
struct Board {
  FakeClock clock = {};
  double launch_s = 1e-4;
  double power_w = 600;
  double refresh_s = 0.1;
  int queued = 0;
  int launches = 0;
  int synchronised = 0;

  double stall_s = 0;  ///< for which the host has other work, now and then
  double stalls_until_s = 0;
  double late_s = 0;  ///< of each launch

  void launch(std::size_t) { ++queued; }
  void synchronise() {
    clock.seconds += queued * (launch_s + late_s);
    if (clock.seconds - 1000 < stalls_until_s && ++synchronised % 3 == 0) clock.seconds += stall_s;
    launches += std::exchange(queued, 0);
  }
  double total_energy_j() const {
    return 5000 + power_w * refresh_s * std::floor((clock.seconds - 1000) / refresh_s + 1e-9);
  }
};

double energy_of_launch_j(Board& board) {
  return EnergyOfLaunch(
             board, board.clock, [&board] { return board.total_energy_j(); }, board.launch_s * 1e6)
      .run();
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

TEST(EnergyOfLaunch, is_the_power_times_the_time_of_a_launch) {
  for (const double launch_s : {1e-5, 1e-4, 3e-3, 0.05}) {
    Board board{.launch_s = launch_s};
    EXPECT_NEAR(energy_of_launch_j(board), 600 * launch_s, 0.02 * 600 * launch_s) << launch_s;
  }
}

TEST(EnergyOfLaunch, does_not_hang_on_when_the_meter_was_refreshed_last) {
  // A difference between any two readings would be wrong by up to a refresh: 10 % of a second.
  for (const double shift_s : {0.01, 0.03, 0.05, 0.07, 0.09}) {
    Board board;
    board.clock.seconds += shift_s;
    EXPECT_NEAR(energy_of_launch_j(board), 0.06, 0.02 * 0.06) << shift_s;
  }
}

TEST(EnergyOfLaunch, lasts_a_second_and_not_much_longer) {
  Board board;
  EnergyOfLaunch energy(
      board, board.clock, [&board] { return board.total_energy_j(); }, 100);
  energy.run();
  EXPECT_GE(energy.working_s(), 1);
  EXPECT_LT(energy.working_s(), 2);
  EXPECT_NEAR(energy.working_s(), board.launches * board.launch_s, 1e-6);
}

TEST(EnergyOfLaunch, is_unknown_where_the_meter_is_not_there_or_stands_still) {
  Board board;
  EXPECT_EQ(EnergyOfLaunch(
                board, board.clock, [] { return 0.0; }, 100)
                .run(),
            0);
  EXPECT_EQ(board.launches, 0);
  EXPECT_EQ(EnergyOfLaunch(
                board, board.clock, [] { return 7.0; }, 100)
                .run(),
            0);
  EXPECT_GT(board.launches, 0);
}

/// As a sweep that shares its host with a build would see it.
TEST(EnergyOfLaunch, is_measured_again_where_the_board_waited_for_the_host) {
  for (const double stall_s : {0.002, 0.02, 0.5}) {
    Board board{.stall_s = stall_s, .stalls_until_s = 2};
    EXPECT_NEAR(energy_of_launch_j(board), 0.06, 0.03 * 0.06) << stall_s;
    EXPECT_GE(board.clock.seconds, 1000 + 2) << "that second is not counted";
  }
}

TEST(EnergyOfLaunch, is_unknown_where_the_board_always_waits) {
  Board now_and_then{.stall_s = 0.02, .stalls_until_s = 100};
  EXPECT_EQ(energy_of_launch_j(now_and_then), 0);
  for (const double launch_s : {8e-6, 1e-4}) {  // by as long as a launch takes
    Board each_time{.launch_s = launch_s, .late_s = launch_s};
    EXPECT_EQ(energy_of_launch_j(each_time), 0) << launch_s;
  }
  Board launches_follow_each_other{.launch_s = 8e-6, .late_s = 1e-6};
  EXPECT_GT(energy_of_launch_j(launches_follow_each_other), 0);
}

}  // namespace
}  // namespace gemmtune::measure
