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

/// With intervals that no launch is out of, so that they never overlap.
Racer in_places(const std::vector<double>& places, double time, const char* id, std::int64_t sms = 0) {
  return {time, time, time, sms, 0, id, places};
}

TEST(Ties, are_with_whom_another_sweep_may_find_faster) {
  // Half of the places make the second 3 % slower, half of them 1 % faster: 1.3 % in all.
  const Racer fast = in_places({10, 10, 10, 10, 10, 10, 10}, 10, "a");
  const Racer unlike = in_places({10.3, 9.9, 10.3, 9.9, 10.3, 9.9, 10.3}, 10.13, "b");
  EXPECT_EQ(tie_set({fast, unlike}), (Indices{0, 1}));
  // As slow, and everywhere.
  const Racer alike = in_places({10.13, 10.13, 10.13, 10.13, 10.13, 10.13, 10.13}, 10.13, "c");
  EXPECT_EQ(tie_set({fast, alike}), Indices{0});
}

TEST(Ties, leave_out_who_is_slower_by_more_than_sweeps_differ) {
  // Alike in all places: what a fresh process adds to either, 0.2 %, makes 1 % unsure and 1.1 % sure.
  const auto at = [](double time, const char* id) {
    return in_places(std::vector<double>(7, time), time, id);
  };
  EXPECT_EQ(tie_set({at(10, "a"), at(10.10, "b"), at(10.11, "c")}), (Indices{0, 1}));
}

TEST(Ties, go_by_intervals_where_places_are_not_known_of_both) {
  Racer fast = in_places(std::vector<double>(7, 10.0), 10, "a");
  Racer slow = in_places({}, 10.09, "b");
  EXPECT_EQ(tie_set({fast, slow}), Indices{0});
  slow.low = 10;
  EXPECT_EQ(tie_set({fast, slow}), (Indices{0, 1}));
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

TEST(Pick, is_not_changed_by_who_may_win_elsewhere) {
  const auto at = [](double time, const char* id, std::int64_t sms) {
    return in_places(std::vector<double>(7, time), time, id, sms);
  };
  const std::vector<Racer> racers = {at(10, "a", 132), at(10.02, "b", 130), at(10.09, "c", 1)};
  EXPECT_EQ(tie_set(racers).size(), 3u);
  EXPECT_EQ(pick(racers, tie_set(racers)), 1u);
}

TEST(Pick, leaves_out_whom_the_fastest_beat) {
  const std::vector<Racer> racers = {{10, 9.9, 10.1, 132, 100, "a"}, {20, 19, 21, 1, 1, "b"}};
  EXPECT_EQ(pick(racers, tie_set(racers)), 0u);
}

}  // namespace
}  // namespace gemmtune::stats
