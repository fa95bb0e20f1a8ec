#include "stats/ties.h"

#include <gtest/gtest.h>

namespace gemmtune::stats {
namespace {

using Indices = std::vector<std::size_t>;

TEST(Ties, hold_the_fastest_alone_when_it_is_clear) {
  EXPECT_EQ(tie_set({{11, 10.9, 11.1, 0, 0, "a"}, {10, 9.9, 10.1, 0, 0, "b"}}), Indices{1});
}

TEST(Ties, need_overlapping_intervals) {
  EXPECT_EQ(tie_set({{11, 10.2, 11.5, 0, 0, "a"}, {10, 9.9, 10.2, 0, 0, "b"}}), (Indices{1, 0}));
  EXPECT_EQ(tie_set({{11, 10.3, 11.5, 0, 0, "a"}, {10, 9.9, 10.2, 0, 0, "b"}}), Indices{1});
}

TEST(Ties, need_less_than_half_a_percent) {
  EXPECT_EQ(tie_set({{100, 100, 100, 0, 0, "a"}, {100.49, 100.49, 100.49, 0, 0, "b"}}), (Indices{0, 1}));
  EXPECT_EQ(tie_set({{100, 100, 100, 0, 0, "a"}, {100.51, 100.51, 100.51, 0, 0, "b"}}), Indices{0});
}

TEST(Ties, are_with_the_fastest_and_not_with_each_other) {
  // The second overlaps the third, but only the first counts.
  EXPECT_EQ(tie_set({{10, 9, 11, 0, 0, "a"}, {12, 11, 13, 0, 0, "b"}, {14, 12, 15, 0, 0, "c"}}),
            (Indices{0, 1}));
}

TEST(Ties, of_nobody_are_empty) {
  EXPECT_TRUE(tie_set({}).empty());
}

TEST(Pick, prefers_fewer_sms_then_less_shared_memory_then_the_id) {
  const auto winner = [](const std::vector<Racer>& racers) { return pick(racers, tie_set(racers)); };
  EXPECT_EQ(winner({{10, 9, 11, 132, 100, "a"}, {10.01, 9, 11, 66, 200, "b"}}), 1u);
  EXPECT_EQ(winner({{10, 9, 11, 66, 200, "a"}, {10.01, 9, 11, 66, 100, "b"}}), 1u);
  EXPECT_EQ(winner({{10, 9, 11, 66, 100, "b"}, {10.01, 9, 11, 66, 100, "a"}}), 1u);
}

TEST(Pick, stays_within_half_a_tie_of_the_fastest_however_few_sms_another_needs) {
  const std::vector<Racer> racers = {
      {100, 99, 101, 132, 1, "a"}, {100.24, 99, 101, 66, 1, "b"}, {100.26, 99, 101, 1, 1, "c"}};
  EXPECT_EQ(tie_set(racers).size(), 3u);
  EXPECT_EQ(pick(racers, tie_set(racers)), 1u);
}

TEST(Pick, leaves_out_whom_the_fastest_beat) {
  const std::vector<Racer> racers = {{10, 9.9, 10.1, 132, 100, "a"}, {20, 19, 21, 1, 1, "b"}};
  EXPECT_EQ(pick(racers, tie_set(racers)), 0u);
}

}  // namespace
}  // namespace gemmtune::stats
