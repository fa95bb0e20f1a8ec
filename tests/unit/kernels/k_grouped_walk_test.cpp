// Which part of K each group has, and that every tile of each D is visited once.
#include "unit/kernels/k_grouped_walk.h"

namespace {

using namespace k_groups;

const std::vector<std::vector<unsigned>> kSizes = {{1},       {3},       {0, 0, 5, 0}, {0, 3, 0, 0, 1},
                                                   {4, 4, 4}, {7, 1, 12}};

std::vector<std::vector<unsigned>> sizes_to_try() {
  std::vector<std::vector<unsigned>> all = kSizes;
  std::mt19937 random(7);
  for (const std::size_t groups : {31, 32, 33, 70}) {
    std::vector<unsigned> sizes(groups);
    for (unsigned& size : sizes) size = random() % 3 == 0 ? 0 : static_cast<unsigned>(random() % 9);
    sizes[groups / 2] = 20;
    all.push_back(sizes);
  }
  return all;
}

}  // namespace

TEST(KGroupedWalk, visits_every_tile_of_every_group_once_with_its_part_of_k) {
  for (const std::vector<unsigned>& sizes : sizes_to_try())
    for (const bool keeps_empty : {false, true})
      for (const unsigned clusters : {1u, 7u, 132u})
        for (const unsigned raster : {1u, 8u})
          for (const unsigned columns : {1u, 5u}) {
            Asked asked = asked_of(sizes);
            asked.keeps_empty = keeps_empty, asked.clusters = clusters, asked.raster = raster;
            asked.columns = columns;
            EXPECT_EQ(complaint_about(walk(asked), asked, sizes), "")
                << sizes.size() << " groups, " << clusters << " clusters";
          }
}

TEST(KGroupedWalk, takes_a_group_that_ends_within_128_to_the_next) {
  Asked asked = asked_of({3, 0, 2});
  asked.ends = {300, 300, 384 + 130};  // the same k-blocks: what is between them is zeros
  asked.k = 640;
  EXPECT_EQ(complaint_about(walk(asked), asked, {3, 0, 2}), "");
}

TEST(KGroupedWalk, begins_groups_at_multiples_of_the_step) {
  Asked asked = asked_of({1, 2});
  asked.step = 512, asked.ends = {128, 768}, asked.k = 768;
  const std::vector<Visit> visits = walk(asked);
  ASSERT_FALSE(visits.empty());
  EXPECT_EQ(visits.front().blocks, 1u);
  EXPECT_EQ(visits.back().first, 4u);
  EXPECT_EQ(visits.back().blocks, 2u);
}

TEST(KGroupedWalk, reads_no_more_of_k_than_there_is) {
  Asked asked = asked_of({2, 3});
  asked.ends[1] = 100000;  // a layout that says so
  EXPECT_EQ(complaint_about(walk(asked), asked, {2, 3}), "");
}

TEST(KGroupedWalk, has_nothing_to_do_where_no_group_has_k) {
  Asked asked = asked_of({0, 0, 0});
  EXPECT_TRUE(walk(asked).empty());
  asked.keeps_empty = true;
  EXPECT_EQ(complaint_about(walk(asked), asked, {0, 0, 0}), "");
}

TEST(KGroupedWalk, takes_larger_groups_first_but_those_of_much_the_same_k_in_their_order) {
  const auto order = [](const std::vector<unsigned>& sizes, bool keeps_empty = false) {
    Asked asked = asked_of(sizes);
    asked.keeps_empty = keeps_empty, asked.rows = asked.columns = asked.clusters = 1;
    std::vector<unsigned> groups;
    for (const Visit& visit : walk(asked)) groups.push_back(visit.group);
    return groups;
  };
  using Order = std::vector<unsigned>;
  const std::vector<unsigned> routed = {0, 12, 101, 7, 6, 10, 15, 5, 8, 0, 43, 19, 0, 9, 27, 0};
  EXPECT_EQ(order(routed), (Order{2, 10, 14, 11, 6, 1, 5, 13, 8, 3, 4, 7}));
  EXPECT_EQ(order(routed, true), (Order{2, 10, 14, 11, 6, 1, 5, 13, 8, 3, 4, 7, 0, 9, 12, 15}));
  EXPECT_EQ(order({11, 16, 20, 13, 0, 18}), (Order{0, 1, 2, 3, 5}));  // 0.7 to 1.3 times the mean
  EXPECT_EQ(order({10, 15, 0, 5}), (Order{0, 1, 3}));
  EXPECT_EQ(order({10, 16, 0, 5}), (Order{1, 0, 3}));  // more than 1.5 times
  std::vector<unsigned> many(33, 1);
  many[31] = 60, many[32] = 99;
  EXPECT_EQ(order(many).front(), 31u) << "of the first 32";
  EXPECT_EQ(order(many).back(), 32u);
}

TEST(KGroupedWalk, planted_defects_are_seen) {
  const std::vector<unsigned> sizes = {4, 0, 3, 2};
  const Asked asked = asked_of(sizes);
  EXPECT_NE(complaint_about(walk_with_tail_at_neighbour(asked), asked, sizes), "");
  EXPECT_NE(complaint_about(walk_with_late_ends(asked), asked, sizes), "");
  std::vector<Visit> visits = walk(asked);
  visits.pop_back();
  EXPECT_NE(complaint_about(visits, asked, sizes), "") << "a tile that nobody visits";
  visits.push_back(visits.front());
  EXPECT_NE(complaint_about(visits, asked, sizes), "") << "one that two visit";
}
