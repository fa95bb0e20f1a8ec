// What kernels over groups are told of their rows.
#include "worker/gemm/grouped.h"

#include "worker/gemm/support_kernels.h"

#include <gtest/gtest.h>

namespace gemmtune::gemm {
namespace {

using Words = std::vector<std::int32_t>;

Problem groups_of_sizes(const char* kernel) {
  Problem p;
  p.kernel = kernel;
  p.n = 64, p.k = 128;
  p.groups = 4, p.group_sizes = {2, 0, 1, 4};
  return p;
}

TEST(GroupLayouts, tell_the_group_of_each_row_the_ends_or_the_counts) {
  Problem p = groups_of_sizes("grouped_contiguous_1d2d");
  p.alignment = 4, p.layout = "indices";
  EXPECT_EQ(layout_of(p), launch::kIndices);
  EXPECT_EQ(layout_words(p, 0), (Words{0, 0, -1, -1, 2, -1, -1, -1, 3, 3, 3, 3}));
  EXPECT_EQ(group_step(p), 4u);
  p.layout = "offsets";
  EXPECT_EQ(layout_of(p), launch::kEnds);
  EXPECT_EQ(layout_words(p, 0), (Words{2, 4, 5, 12}));
  p.alignment = 1;
  EXPECT_EQ(layout_words(p, 0), (Words{2, 2, 3, 7}));
  EXPECT_EQ(rows_of_d(p), 7);
  EXPECT_EQ(rows_of_b(p), 4 * 64);
  EXPECT_FALSE(has_a_by_group(p));

  Problem counted = groups_of_sizes("grouped_masked_1d2d");
  counted.max_m = 5;
  EXPECT_EQ(layout_of(counted), launch::kCounts);
  EXPECT_EQ(layout_words(counted, 0), (Words{2, 0, 1, 4}));
  EXPECT_EQ(group_step(counted), 5u);
  EXPECT_EQ(rows_of_d(counted), 20);
  EXPECT_TRUE(has_a_by_group(counted));
}

TEST(GroupLayouts, of_one_product_are_one_group_of_all_rows) {
  Problem p;
  p.m = 77, p.n = 64, p.k = 128;
  const std::vector<GroupRows> groups = groups_of(p, 0);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].first, 0);
  EXPECT_EQ(groups[0].rows, 77);
  EXPECT_EQ(rows_of_d(p), 77);
  EXPECT_EQ(rows_of_b(p), 64);
  EXPECT_EQ(GroupLayouts(p).of_draw(3), nullptr);
}

/// Copies take turns over the draws, whose rows all fit into one A.
TEST(GroupLayouts, of_every_draw_fit_the_same_rows) {
  Problem p = groups_of_sizes("grouped_contiguous_1d2d");
  p.group_sizes.clear();
  p.m_per_group = 100, p.spread = 0.5, p.alignment = 64, p.layout = "offsets";
  std::vector<Words> draws;
  for (int draw = 0; draw < kDraws; ++draw) {
    draws.push_back(layout_words(p, draw));
    EXPECT_LE(draws.back().back(), rows_of_d(p));
  }
  EXPECT_NE(draws[0], draws[1]);
  p.layout = "indices";
  for (int draw = 0; draw < kDraws; ++draw)
    EXPECT_EQ(layout_words(p, draw).size(), static_cast<std::size_t>(rows_of_d(p)));
}

TEST(GroupLayouts, of_groups_along_k_are_ends_in_k) {
  Problem p = groups_of_sizes("k_grouped_1d1d");
  p.m = 10, p.group_sizes = {256, 0, 128, 512};
  EXPECT_EQ(layout_of(p), launch::kEnds);
  EXPECT_EQ(layout_words(p, 0), (Words{256, 256, 384, 896}));
  EXPECT_EQ(group_step(p), 128u);
  EXPECT_EQ(rows_of_d(p), 40);
  EXPECT_EQ(rows_of_b(p), 64);
  EXPECT_FALSE(has_a_by_group(p));
  EXPECT_EQ(stride_of_a(p), 896);
  EXPECT_EQ(shape_of_a(p).k, 896);
  EXPECT_EQ(shape_of_a(p).rows, 10);
  EXPECT_EQ(shape_of_b(p).pitch, 896);
  const std::vector<GroupRows> each = groups_of(p, 0);
  ASSERT_EQ(each.size(), 4u);
  EXPECT_EQ(each[3].first, 30);
  EXPECT_EQ(each[3].rows, 10);
}

}  // namespace
}  // namespace gemmtune::gemm
