// What the model says of groups, by a kernel whose factors are those of the grouped ones.
#include "core/groups.h"

#include "model/expected_time.h"
#include "model/footprint.h"
#include "model/traffic.h"
#include "operation/operation.h"

#include <gtest/gtest.h>

namespace gemmtune::model {
namespace {

Problem contiguous(std::vector<std::int64_t> sizes) {
  Problem p;
  p.n = 2048, p.k = 1024;
  p.groups = std::ssize(sizes);
  p.group_sizes = std::move(sizes), p.alignment = 128, p.layout = "indices";
  set_size_from_groups(p);
  return p;
}

Problem masked(std::vector<std::int64_t> sizes, std::int64_t max_m) {
  Problem p = contiguous(std::move(sizes));
  p.alignment = 0, p.layout = "", p.max_m = max_m;
  return p;
}

const Config kTiles = {{"block_m", 128}, {"block_n", 128},   {"cluster_m", 1}, {"cluster_n", 1},
                       {"k_groups", 1},  {"split_k", 1},     {"stages", 5},    {"num_sms", 132},
                       {"raster", 8},    {"evict_first", 1}, {"swap_ab", 0}};

ExpectedTime cold(const Problem& p) {
  return expected_time(h100_sxm(), p, kTiles, L2Policy::cold_memset512);
}

TEST(ModelOfGroups, each_group_has_tiles_of_its_own) {
  // 1, 0, 2 and 3 tiles of rows, 16 of columns each.
  const Problem p = contiguous({1, 0, 129, 300});
  EXPECT_EQ(cold(p).waves, 1);
  EXPECT_EQ(tiles_of_rows(p, 128), 6);
  EXPECT_EQ(cold(contiguous({1, 0, 129, 300, 300})).waves, 2);
  EXPECT_EQ(cold(contiguous({128, 128, 128, 128, 128, 128, 128, 128})).waves, 1);
  EXPECT_EQ(cold(contiguous({129, 128, 128, 128, 128, 128, 128, 128})).waves, 2);
  EXPECT_EQ(l2_bytes(p, kTiles), 430 * 1024 * 16 + 6 * 2048 * 1024 + 2 * 430 * 2048);
}

TEST(ModelOfGroups, weights_of_groups_with_rows_are_read) {
  const double few = cold(masked({16, 0, 0, 0, 0, 0, 0, 0}, 512)).memory_us;
  const double all = cold(masked({2, 2, 2, 2, 2, 2, 2, 2}, 512)).memory_us;
  const double read_us = h100_sxm().cold_read_us(8.0 * 2048 * 1024) - h100_sxm().cold_read_us(2048.0 * 1024);
  EXPECT_GT(all, few + read_us);
  for (const Problem& p : {contiguous({1, 0, 129, 300}), masked({16, 0, 5}, 512)})
    EXPECT_GT(cold(p).time_us, h100_sxm().cold_read_us(static_cast<double>(operation::bytes(p))));
}

TEST(ModelOfGroups, one_group_is_the_dense_problem) {
  Problem dense;
  dense.m = 1000, dense.n = 2048, dense.k = 1024;
  const Problem one = masked({1000}, 1000);
  EXPECT_EQ(cold(one).time_us, cold(dense).time_us);
  EXPECT_EQ(l2_bytes(one, kTiles), l2_bytes(dense, kTiles));
  EXPECT_EQ(device_bytes(one), device_bytes(dense));
}

TEST(ModelOfGroups, memory_holds_padding_and_every_weight) {
  const std::int64_t weights = 2048 * 1024 + 4 * 16 * 8;
  // 128 + 384 rows; scales of A, D in BF16 and the reference in FP64.
  EXPECT_EQ(device_bytes(contiguous({1, 0, 300})), 512 * (1024 + 4 * 8) + 3 * weights + 512 * 2048 * (2 + 8));
  EXPECT_EQ(device_bytes(masked({1, 0, 300}, 400)),
            1200 * (1024 + 4 * 8) + 3 * weights + 1200 * 2048 * (2 + 8));
}

TEST(ModelOfGroups, of_a_distribution_is_the_mean_over_its_draws) {
  Problem p = contiguous({1});
  p.groups = 16, p.group_sizes.clear(), p.m_per_group = 100, p.spread = 0.5;
  double tiles = 0;
  for (int draw = 0; draw < kDraws; ++draw)
    for (const std::int64_t rows : draw_sizes(p, draw)) tiles += rows > 128 ? 2 : 1;
  EXPECT_DOUBLE_EQ(tiles_of_rows(p, 128), tiles / kDraws);
  EXPECT_GT(tiles, 16 * kDraws);
}

TEST(ModelOfGroups, no_library_has_an_answer) {
  EXPECT_EQ(library_answers("cublaslt_block", contiguous({64, 64})), 0);
}

}  // namespace
}  // namespace gemmtune::model
