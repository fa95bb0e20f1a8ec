// Recipes: the arithmetic of a launch, and that family/ fills in every member.
#include "family/gemm_config.h"
#include "launch/gemm_recipe.h"

#include <gtest/gtest.h>

namespace gemmtune::launch {
namespace {

GemmRecipe recipe(const Config& changes = {}, OutputType out = OutputType::bf16) {
  Config config = {{"block_m", 128},   {"block_n", 96}, {"cluster_m", 1}, {"cluster_n", 1},
                   {"evict_first", 0}, {"k_groups", 2}, {"num_sms", 64},  {"raster", 16},
                   {"split_k", 1},     {"stages", 4},   {"swap_ab", 0}};
  for (const auto& [name, value] : changes) config[name] = value;
  Problem problem;
  problem.m = 4096, problem.n = 4096, problem.k = 7168, problem.out = out;
  return family::GemmConfig::from(config, problem).recipe();
}

TEST(GemmRecipe, has_every_member_of_its_configuration) {
  const GemmRecipe r = recipe({{"cluster_m", 2}, {"evict_first", 1}, {"split_k", 3}}, OutputType::fp32);
  EXPECT_EQ(r.block_m, 128u);
  EXPECT_EQ(r.block_n, 96u);
  EXPECT_EQ(r.cluster_m, 2u);
  EXPECT_EQ(r.cluster_n, 1u);
  EXPECT_EQ(r.split_k, 3u);
  EXPECT_EQ(r.cluster(), 6u);
  EXPECT_EQ(r.most_ctas, 64u);
  EXPECT_EQ(r.threads, 128u * (1 + 2 * 2));
  EXPECT_EQ(r.raster, 16u);
  EXPECT_EQ(r.evict_first, 1u);
  EXPECT_EQ(r.out_bytes, 4u);
  EXPECT_EQ(r.store_rows, 64u);
  EXPECT_EQ(r.store_columns, 32u);
  EXPECT_EQ(r.store_swizzle_bytes, 128u);
  EXPECT_GT(r.smem_bytes, 4u * (128 + 96) * 128);
  EXPECT_EQ(recipe().out_bytes, 2u);
  EXPECT_EQ(recipe({{"swap_ab", 1}, {"block_m", 16}, {"block_n", 64}}).store_rows, 16u);
}

TEST(GemmRecipe, launches_no_more_clusters_than_there_are_tiles) {
  EXPECT_EQ(recipe().grid(4096, 4096), 64u);
  EXPECT_EQ(recipe().grid(128, 192), 2u);
  EXPECT_EQ(recipe().grid(129, 193), 2u * 3u);
  EXPECT_EQ(recipe({{"cluster_m", 2}}).grid(128, 96), 2u);  // one CTA has no tile, but a cluster is whole
  EXPECT_EQ(recipe({{"split_k", 4}}).grid(128, 97), 8u);
}

TEST(GemmRecipe, loads_rows_that_exist_of_multicast_in_eights_and_scales_in_fours) {
  EXPECT_EQ(recipe().load_rows_a(1), 1u);
  EXPECT_EQ(recipe().load_rows_a(9), 9u);
  EXPECT_EQ(recipe().load_rows_a(121), 121u);
  EXPECT_EQ(recipe().modelled_rows_a(1), 8u);
  EXPECT_EQ(recipe().modelled_rows_a(121), 128u);
  EXPECT_EQ(recipe({{"cluster_n", 2}}).modelled_rows_a(17), 16u);
  EXPECT_EQ(recipe().load_rows_a(4096), 128u);
  EXPECT_EQ(recipe({{"cluster_n", 2}}).load_rows_a(1), 8u);
  EXPECT_EQ(recipe({{"cluster_n", 2}}).load_rows_a(17), 16u);
  EXPECT_EQ(recipe({{"cluster_n", 2}}).load_rows_a(4096), 64u);
  EXPECT_EQ(recipe().load_scales_a(1), 4u);
  EXPECT_EQ(recipe().load_scales_a(4096), 128u);
  EXPECT_EQ(recipe({{"cluster_m", 2}}).load_rows_b(), 48u);
}

TEST(GemmRecipe, knows_the_rows_of_the_tile_in_which_m_ends) {
  EXPECT_EQ(recipe().tail_rows(1), 1);
  EXPECT_EQ(recipe().tail_rows(128), 128);
  EXPECT_EQ(recipe().tail_rows(129), 1);
  EXPECT_EQ(recipe().tail_rows(256), 128);
  EXPECT_EQ(recipe().tail_rows(4097), 1);
}

TEST(GemmRecipe, passes_what_the_operation_of_the_problem_has) {
  const auto of = [](const char* kernel) {
    Problem problem;
    problem.kernel = kernel, problem.m = 64, problem.n = 256, problem.k = 512;
    return family::GemmConfig::from(
               {{"block_m", 64}, {"block_n", 64}, {"k_groups", 1}, {"split_k", 1}, {"stages", 4}}, problem)
        .recipe();
  };
  EXPECT_EQ(of("dense_1d2d").scaling, kScaled1d2d);
  EXPECT_EQ(of("dense_1d2d").block_k(), 128u);
  EXPECT_TRUE(of("dense_1d2d").maps_scales_a() && !of("dense_1d2d").maps_scales_b());
  EXPECT_EQ(of("dense_1d1d").scaling, kScaled1d1d);
  EXPECT_TRUE(of("dense_1d1d").maps_scales_a() && of("dense_1d1d").maps_scales_b());
  EXPECT_FALSE(of("dense_tensor").maps_scales_a());
  EXPECT_EQ(of("dense_tensor").scaling, kScaledTensor);
  EXPECT_EQ(of("dense_bf16").scaling, kUnscaled);
  EXPECT_EQ(of("dense_bf16").operand_bytes, 2u);
  EXPECT_EQ(of("dense_bf16").block_k(), 64u);
  EXPECT_EQ(of("dense_bf16").tail_maps, 1u);
}

TEST(GemmRecipe, gives_lines_up_first_of_b_or_of_both) {
  EXPECT_EQ(recipe({{"evict_first", 0}}).l2_hint_a(), kEvictNormal);
  EXPECT_EQ(recipe({{"evict_first", 0}}).l2_hint_b(), kEvictNormal);
  EXPECT_EQ(recipe({{"evict_first", 1}}).l2_hint_a(), kEvictNormal);
  EXPECT_EQ(recipe({{"evict_first", 1}}).l2_hint_b(), kEvictFirst);
  EXPECT_EQ(recipe({{"evict_first", 2}}).l2_hint_a(), kEvictFirst);
  EXPECT_EQ(recipe({{"evict_first", 2}}).l2_hint_b(), kEvictFirst);
}

}  // namespace
}  // namespace gemmtune::launch
