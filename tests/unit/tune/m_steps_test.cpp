#include "tune/m_steps.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gemmtune::tune {
namespace {

Config width(std::int64_t block_n) {
  return {{"block_n", block_n}};
}

/// Width 8 is best below the step, 16 from it on; each loses a tenth on the other's side.
TunedM measured(std::int64_t m, std::int64_t step) {
  TunedM tuned;
  tuned.problem.m = m;
  tuned.ranked = {width(m < step ? 8 : 16), width(m < step ? 16 : 8)};
  tuned.losses = {{tuned.ranked[0], 0}, {tuned.ranked[1], 0.1}};
  return tuned;
}

/// Until nothing more is asked for.
std::vector<TunedM> searched(const MRange& range, std::int64_t step, std::size_t& rounds) {
  std::vector<TunedM> tuned;
  for (const std::int64_t m : m_steps(range).anchors) tuned.push_back(measured(m, step));
  for (rounds = 0; rounds < 50; ++rounds) {
    const std::vector<MAsked> asked = next_ms(range, tuned);
    if (asked.empty()) return tuned;
    for (const MAsked& there : asked) tuned.push_back(measured(there.m, step));
    std::ranges::sort(tuned, {}, [](const TunedM& t) { return t.problem.m; });
  }
  return tuned;
}

TEST(MSteps, cover_the_range_and_judge_where_nothing_is_tuned) {
  for (const MRange range : {MRange{}, MRange{1, 2}, MRange{100, 3000}, MRange{7, 64}}) {
    const MSteps steps = m_steps(range);
    const std::vector<std::int64_t> grid = m_grid(range);
    EXPECT_EQ(steps.anchors.front(), range.from);
    EXPECT_EQ(steps.anchors.back(), range.to);
    EXPECT_TRUE(std::ranges::is_sorted(grid));
    EXPECT_EQ(std::ranges::adjacent_find(grid), grid.end());
    EXPECT_EQ(grid.front(), range.from);
    EXPECT_EQ(grid.back(), range.to);
    for (const std::int64_t m : steps.anchors) EXPECT_TRUE(std::ranges::binary_search(grid, m)) << m;
    for (const std::int64_t m : steps.checks) {
      EXPECT_FALSE(std::ranges::binary_search(grid, m)) << m;
      EXPECT_TRUE(m % 2 == 1 && m > range.from && m < range.to) << m;
    }
  }
  const std::vector<std::int64_t> checks = m_steps({}).checks;
  EXPECT_GE(checks.size(), 15u);
  EXPECT_GE(std::ranges::count_if(checks, [](std::int64_t m) { return m > 8 && m < 64 && m % 8 == 1; }), 2)
      << "where A's last box lacks most rows";
}

TEST(MSteps, are_found_wherever_they_are) {
  const MRange range;
  const std::vector<std::int64_t> grid = m_grid(range);
  for (const std::int64_t step : {2, 9, 17, 33, 65, 129, 300, 513, 1000, 1025, 3000, 5000, 8192}) {
    std::size_t rounds = 0;
    const std::vector<TunedM> tuned = searched(range, step, rounds);
    EXPECT_LT(rounds, 12u) << step;
    // The last of the grid below the step, and the first that is not, are both measured.
    const auto above = std::ranges::lower_bound(grid, step);
    const auto is_tuned = [&](std::int64_t m) {
      return std::ranges::find(tuned, m, [](const TunedM& t) { return t.problem.m; }) != tuned.end();
    };
    EXPECT_TRUE(is_tuned(*above)) << step;
    EXPECT_TRUE(is_tuned(*(above - 1))) << step;
    EXPECT_LT(tuned.size(), grid.size() / 2) << step;
  }
}

TEST(MSteps, one_configuration_for_all_costs_two_looks_an_interval) {
  std::size_t rounds = 0;
  const std::size_t anchors = m_steps({}).anchors.size();
  constexpr std::size_t kThin = 2;  // intervals up to 64
  EXPECT_LE(searched({}, 1, rounds).size(), anchors + 2 * (anchors - 1) + kThin);
  EXPECT_EQ(rounds, 1u);
}

TEST(MSteps, what_was_not_timed_does_not_answer) {
  std::vector<TunedM> tuned = {measured(300, 1), measured(320, 1), measured(384, 1), measured(420, 1)};
  const MRange range{300, 420};
  EXPECT_TRUE(next_ms(range, tuned).empty());
  tuned[0].losses.erase(width(16));
  tuned[0].ranked = {width(8)};
  EXPECT_TRUE(next_ms(range, tuned).empty()) << "nothing of the grid is left to look at";
  tuned.erase(tuned.begin() + 1);
  ASSERT_EQ(next_ms(range, tuned).size(), 1u);
  EXPECT_EQ(next_ms(range, tuned)[0].above, width(16));
}

TEST(Neighbours, are_the_winners_nearby_and_then_who_came_behind_them) {
  std::vector<TunedM> tuned;
  for (const std::int64_t m : {16, 64, 128, 256, 512}) {
    TunedM& there = tuned.emplace_back();
    there.problem.m = m;
    there.ranked = {width(m), width(m + 1), width(8)};
  }
  EXPECT_EQ(neighbours_of(200, tuned, 4),
            (std::vector<Config>{width(256), width(128), width(512), width(64)}));
  EXPECT_EQ(neighbours_of(200, tuned, 5).back(), width(257));
  EXPECT_EQ(neighbours_of(200, tuned, 100).size(), 9u) << "none twice";
  EXPECT_EQ(neighbours_of(8, tuned, 2), (std::vector<Config>{width(16), width(64)}));
  EXPECT_EQ(neighbours_of(1000, tuned, 2), (std::vector<Config>{width(512), width(256)}));
  EXPECT_TRUE(neighbours_of(8, {}, 2).empty());
}

}  // namespace
}  // namespace gemmtune::tune
