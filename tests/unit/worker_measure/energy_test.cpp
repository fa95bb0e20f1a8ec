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

  void launch(std::size_t) { ++queued; }
  void synchronise() {
    clock.seconds += queued * launch_s;
    launches += std::exchange(queued, 0);
  }
  double total_energy_j() const {
    return 5000 + power_w * refresh_s * std::floor((clock.seconds - 1000) / refresh_s + 1e-9);
  }
};

double energy_of_launch_j(Board& board) {
  return EnergyOfLaunch(board, board.clock, [&board] { return board.total_energy_j(); }).run();
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
  EnergyOfLaunch energy(board, board.clock, [&board] { return board.total_energy_j(); });
  energy.run();
  EXPECT_GE(energy.working_s(), 1);
  EXPECT_LT(energy.working_s(), 2);
  EXPECT_NEAR(energy.working_s(), board.launches * board.launch_s, 1e-6);
}

TEST(EnergyOfLaunch, is_unknown_where_the_meter_is_not_there_or_stands_still) {
  Board board;
  EXPECT_EQ(EnergyOfLaunch(board, board.clock, [] { return 0.0; }).run(), 0);
  EXPECT_EQ(board.launches, 0);
  EXPECT_EQ(EnergyOfLaunch(board, board.clock, [] { return 7.0; }).run(), 0);
  EXPECT_GT(board.launches, 0);
}

}  // namespace
}  // namespace gemmtune::measure
