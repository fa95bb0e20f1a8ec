// What is looked at (tune/m_steps) and the table that comes of it (store/steps), together.
#include "store/steps.h"
#include "store/table.h"
#include "tune/m_steps.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gemmtune {
namespace {

Config width(std::int64_t block_n) {
  return {{"block_n", block_n}};
}

/// What is slow where the last eight rows of A's box lack so many.
struct SlowBoxes {
  std::int64_t lacking = 0;
  std::int64_t from_m = 0;
};

/// Width 8 is best but where boxes are slow, up to a height of 64: there it loses a seventh to 16, which
/// elsewhere loses little. At M 49 of 24576x1536 it was 14.5 %, at 17 3 %.
TunedM measured(std::int64_t m, const SlowBoxes& slow) {
  const bool is_slow = m >= slow.from_m && m <= 64 && (8 - m % 8) % 8 >= slow.lacking;
  TunedM tuned;
  tuned.problem.m = m;
  tuned.ranked = {width(is_slow ? 16 : 8), width(is_slow ? 8 : 16)};
  tuned.losses = {{tuned.ranked[0], 0}, {tuned.ranked[1], is_slow ? 0.145 : 0.006}};
  return tuned;
}

/// Until nothing more is asked for.
std::vector<TunedM> searched(const SlowBoxes& slow, std::size_t& rounds) {
  std::vector<TunedM> tuned;
  for (const std::int64_t m : tune::m_steps({}).anchors) tuned.push_back(measured(m, slow));
  for (rounds = 0; rounds < 50; ++rounds) {
    const std::vector<tune::MAsked> asked = tune::next_ms({}, tuned);
    if (asked.empty()) return tuned;
    for (const tune::MAsked& there : asked) tuned.push_back(measured(there.m, slow));
    std::ranges::sort(tuned, {}, [](const TunedM& t) { return t.problem.m; });
  }
  return tuned;
}

Table table_of(const std::vector<TunedM>& tuned) {
  Table table;
  for (const TunedM& there : tuned) {
    TableEntry& entry = table.entries.emplace_back();
    entry.problem = there.problem;
    entry.config = there.ranked.front();
  }
  return store::with_steps(table, tuned, tune::m_steps({}));
}

/// Tuned M that tiles divide have whole boxes, and so have the middle and the lowest M of every interval.
TEST(EveryM, steps_are_found_where_boxes_lack_rows) {
  for (const SlowBoxes& slow : {SlowBoxes{4, 9}, SlowBoxes{5, 9}, SlowBoxes{4, 41}, SlowBoxes{5, 41}}) {
    std::size_t rounds = 0;
    const std::vector<TunedM> tuned = searched(slow, rounds);
    EXPECT_LT(rounds, 12u);
    const Table table = table_of(tuned);
    for (std::int64_t m = 9; m <= 8192; ++m) {
      const TunedM there = measured(m, slow);
      const store::Lookup answer = store::lookup(table, there.problem);
      ASSERT_NE(answer.entry, nullptr);
      EXPECT_LE(there.loss(answer.entry->config), kStepLoses)
          << "M " << m << " has the answer of " << answer.entry->problem.m << ", lacking " << slow.lacking
          << " from " << slow.from_m;
    }
  }
}

}  // namespace
}  // namespace gemmtune
