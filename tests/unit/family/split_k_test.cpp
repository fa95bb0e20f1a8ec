// What sharing out K over a cluster's CTAs asks of a configuration.
#include "dense_1d2d_configs.h"

namespace gemmtune::family {
namespace {

/// Few tiles, where sharing out K may help, computed by one cluster.
const Problem kFewTiles = problem(256, 2112, 7168);

Config split(std::int64_t block_m, std::int64_t block_n, std::int64_t split_k, std::int64_t stages,
             std::int64_t k_groups = 1) {
  return with({{"block_m", block_m},
               {"block_n", block_n},
               {"split_k", split_k},
               {"stages", stages},
               {"k_groups", k_groups},
               {"num_sms", split_k}});
}

TEST(Dense1d2d, each_constraint_of_split_k_forbids_what_it_names) {
  for (const int split_k : {1, 2, 3})
    EXPECT_EQ(broken(split(128, 128, split_k, 4), kFewTiles), "legal") << split_k;
  for (const int split_k : {5, 6, 7, 8})
    EXPECT_EQ(broken(split(64, 64, split_k, 4), problem(1, 576, 1024)), "legal") << split_k;
  for (const int split_k : {0, 9}) EXPECT_EQ(broken(split(128, 64, split_k, 4), kFewTiles), "split_k_value");
  for (const char* const side : {"cluster_m", "cluster_n"}) {
    Config both = split(128, 64, 2, 4);
    both[side] = 2;
    both["num_sms"] = 4;
    EXPECT_EQ(broken(both, kFewTiles), "split_k_alone") << side;
    both["split_k"] = 1;
    EXPECT_EQ(broken(both, kFewTiles), "legal") << side;
  }
  Config half_a_cluster = split(128, 64, 3, 4);
  half_a_cluster["num_sms"] = 4;
  EXPECT_EQ(broken(half_a_cluster, kFewTiles), "num_sms_value");
}

TEST(Dense1d2d, every_cta_and_k_group_that_shares_k_gets_a_k_block) {
  EXPECT_EQ(broken(split(64, 32, 8, 4), problem(64, 256, 7 * 128)), "k_blocks_used");
  EXPECT_EQ(broken(split(64, 32, 8, 4), problem(64, 256, 8 * 128)), "legal");
  EXPECT_EQ(broken(split(64, 32, 3, 4, 2), problem(64, 256, 5 * 128)), "k_blocks_used");
  EXPECT_EQ(broken(split(64, 32, 3, 4, 2), problem(64, 256, 6 * 128)), "legal");
}

TEST(Dense1d2d, k_is_not_split_where_the_tiles_fill_the_gpu) {
  // Tiles of 64 x 64: 33 a row of them. Four CTAs a tile are as many as there are SMs.
  EXPECT_EQ(waste(split(64, 64, 4, 4), problem(64, 2112, 7168)), "worth it");
  EXPECT_EQ(waste(split(64, 64, 5, 4), problem(64, 2112, 7168)), "split_k_waves");
  EXPECT_EQ(waste(split(64, 64, 4, 4), problem(64, 2120, 7168)), "split_k_waves");
  EXPECT_EQ(waste(split(64, 64, 2, 4), problem(128, 2112, 7168)), "worth it");
  EXPECT_EQ(waste(split(64, 64, 2, 4), problem(129, 2112, 7168)), "split_k_waves");
}

TEST(Dense1d2d, sending_sums_takes_registers_of_the_widest_tiles) {
  EXPECT_EQ(broken(split(192, 144, 1, 3), kFewTiles), "legal");
  EXPECT_EQ(broken(split(192, 104, 3, 3), kFewTiles), "registers");
  EXPECT_EQ(broken(split(192, 104, 2, 3), kFewTiles), "registers");
  EXPECT_EQ(broken(split(192, 96, 2, 3), kFewTiles), "legal");
  EXPECT_EQ(broken(split(64, 144, 1, 3, 3), problem(64, 2112, 7168)), "legal");
  EXPECT_EQ(broken(split(64, 104, 2, 3, 3), problem(64, 2112, 7168)), "registers");
  EXPECT_EQ(broken(split(64, 96, 2, 3, 3), problem(64, 2112, 7168)), "legal");
  EXPECT_EQ(broken(split(256, 64, 2, 2, 2), kFewTiles), "registers");
  EXPECT_EQ(broken(split(256, 56, 2, 2, 2), kFewTiles), "legal");
  EXPECT_EQ(broken(split(256, 56, 4, 2, 2), problem(256, 512, 7168)), "registers");
  EXPECT_EQ(broken(split(64, 88, 4, 4, 4), problem(64, 2112, 7168)), "registers");
  EXPECT_EQ(broken(split(64, 80, 4, 4, 4), problem(64, 2112, 7168)), "legal");
}

TEST(Dense1d2d, splitting_k_makes_clusters_of_that_many_ctas) {
  const Problem few = problem(64, 2112, 7168);  // 33 tiles of 64 x 64
  for (const int split_k : {1, 2, 3, 4, 8}) {
    const LaunchShape shape = dense_1d2d().launch_shape(split(64, 64, split_k, 4), few);
    EXPECT_EQ(shape.cluster, static_cast<unsigned>(split_k));
    EXPECT_EQ(shape.threads, 256u) << split_k;
  }
  EXPECT_EQ(resolve("num_sms", "all", split(64, 64, 2, 4), few), 33 * 2);
  EXPECT_EQ(resolve("num_sms", "all", split(64, 64, 3, 4), few), 33 * 3);
  EXPECT_EQ(resolve("num_sms", "all", split(64, 64, 4, 4), few), 33 * 4);
  // 26 clusters of five are on 132 SMs at a time; two waves of 33 tiles need no more than 17.
  EXPECT_EQ(resolve("num_sms", "all", split(64, 64, 5, 4), few), 26 * 5);
  EXPECT_EQ(resolve("num_sms", "minimal", split(64, 64, 5, 4), few), 17 * 5);
  EXPECT_EQ(resolve("num_sms", "all", split(64, 64, 0, 4), few), std::nullopt);
}

/// Sums that others send, two barriers of 8 bytes a row warpgroup, sums of other k-groups; then the stages:
/// A, B, scales of A, 16 bytes of barriers; B's scales.
TEST(Dense1d2d, room_for_the_sums_of_other_ctas_is_shared_out_over_the_cluster) {
  const auto smem_bytes = [](const Config& config) {
    return dense_1d2d().launch_shape(config, kFewTiles).smem_bytes;
  };
  EXPECT_EQ(smem_bytes(split(64, 32, 2, 12, 2)), 8192 + 16 + 8192 + 12 * (8192 + 4096 + 256 + 16) + kScalesB);
  EXPECT_EQ(smem_bytes(split(64, 64, 3, 11)), 2 * 16384 + 16 + 11 * (8192 + 8192 + 256 + 16) + kScalesB);
  // A CTA gathers one of two row warpgroups.
  EXPECT_EQ(smem_bytes(split(128, 144, 2, 5)), 36864 + 32 + 5 * (16384 + 18432 + 512 + 16) + kScalesB);
  // Of three, one CTA gathers two, and both have room for them.
  EXPECT_EQ(smem_bytes(split(192, 96, 2, 4)), 2 * 24576 + 48 + 4 * (24576 + 12288 + 768 + 16) + kScalesB);
  EXPECT_EQ(resolve("stages", "max", split(64, 64, 3, 2)), 11);
  EXPECT_EQ(resolve("stages", "max", split(128, 144, 2, 2)), 5);
  EXPECT_EQ(resolve("stages", "max", split(192, 96, 2, 2)), 4);
}

}  // namespace
}  // namespace gemmtune::family
