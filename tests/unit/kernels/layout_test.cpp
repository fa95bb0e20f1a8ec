// Shared memory as the device lays it out, and as the host reckons it.
#include "family/gemm_config.h"

#include <gtest/gtest.h>

// Of layout_size.cpp, one a configuration.
unsigned size_of_128x128();
unsigned size_of_256x128_parts();
unsigned size_of_128x64_split3();
unsigned size_of_64x48_k2();
unsigned size_of_40x128_swapped();
unsigned size_of_72x128_swapped_split2();
unsigned size_of_128x160_ping_pong();
unsigned size_of_128x128_ping_pong_whole();
unsigned size_of_rows_192x136();
unsigned size_of_rows_64x48_split2();
unsigned size_of_groups_128x128();
unsigned size_of_groups_128x64_split3();
unsigned size_of_k_groups_128x160();

namespace gemmtune::family {
namespace {

/// As tests/CMakeLists.txt defines them: block_m, block_n, swap_ab, k_groups, split_k, stages, store_buffers.
GemmConfig config(int block_m, int block_n, int swap_ab, int k_groups, int split_k, int stages,
                  int store_buffers = 0) {
  GemmConfig c;
  c.block_m = block_m, c.block_n = block_n, c.swap_ab = swap_ab, c.k_groups = k_groups;
  c.split_k = split_k, c.stages = stages, c.store_buffers = store_buffers;
  c.cluster_m = c.cluster_n = 1;
  return c;
}

TEST(Layout, takes_the_shared_memory_that_the_host_reckons_with) {
  EXPECT_EQ(size_of_128x128(), config(128, 128, 0, 1, 1, 5).smem_bytes());
  EXPECT_EQ(size_of_256x128_parts(), config(256, 128, 0, 1, 1, 4, 2).smem_bytes());
  EXPECT_EQ(size_of_128x64_split3(), config(128, 64, 0, 1, 3, 6).smem_bytes());
  EXPECT_EQ(size_of_64x48_k2(), config(64, 48, 0, 2, 1, 6).smem_bytes());
  EXPECT_EQ(size_of_40x128_swapped(), config(40, 128, 1, 1, 1, 7).smem_bytes());
  EXPECT_EQ(size_of_72x128_swapped_split2(), config(72, 128, 1, 1, 2, 5).smem_bytes());
}

TEST(Layout, has_places_for_d_of_both_tiles_that_are_taken_in_turn) {
  GemmConfig parts = config(128, 160, 0, 1, 1, 5, 2), whole = config(128, 128, 0, 1, 1, 4);
  for (GemmConfig* c : {&parts, &whole})
    c->scaling = launch::kUnscaled, c->operand_bytes = 2, c->ping_pong = 1;
  whole.accumulate = true;
  EXPECT_EQ(size_of_128x160_ping_pong(), parts.smem_bytes());
  EXPECT_EQ(size_of_128x128_ping_pong_whole(), whole.smem_bytes());
}

TEST(Layout, has_scales_of_both_operands_in_each_stage) {
  GemmConfig wide = config(192, 136, 0, 1, 1, 3), split = config(64, 48, 0, 2, 2, 6);
  wide.scaling = split.scaling = launch::kScaled1d1d;
  EXPECT_EQ(size_of_rows_192x136(), wide.smem_bytes());
  EXPECT_EQ(size_of_rows_64x48_split2(), split.smem_bytes());
}

TEST(Layout, has_the_table_of_groups_behind_all_else) {
  for (const int groups : {1, 32, 257}) {
    GemmConfig whole = config(128, 128, 0, 1, 1, 5), split = config(128, 64, 0, 1, 3, 6);
    whole.groups = split.groups = groups;
    // GroupTable of kernels/schedule/group_table.cuh: three words a group, and one.
    EXPECT_EQ(size_of_groups_128x128() + 12 * groups + 4, whole.smem_bytes());
    EXPECT_EQ(size_of_groups_128x64_split3() + 12 * groups + 4, split.smem_bytes());
  }
}

TEST(Layout, has_the_table_of_groups_along_k_there_too) {
  GemmConfig c = config(128, 160, 0, 1, 1, 3);
  c.scaling = launch::kScaled1d1d, c.out_bytes = 4, c.accumulate = true;
  c.groups = 5, c.shares_out_k = true;
  // KGroupTable of kernels/schedule/k_group_table.cuh: three words a group, and one.
  EXPECT_EQ(size_of_k_groups_128x160() + 12 * 5 + 4, c.smem_bytes());
}

}  // namespace
}  // namespace gemmtune::family
