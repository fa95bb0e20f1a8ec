// What sets k_grouped_1d1d apart from dense_1d1d: groups, of which nothing shares out K, and the table of
// them.
#include "core/groups.h"
#include "family/gemm_config.h"
#include "family/gemm_limits.h"
#include "family/kernels.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gemmtune::family {
namespace {

Problem gradient(std::vector<std::int64_t> sizes = {8192, 0, 4096, 128}) {
  Problem p;
  p.kernel = "k_grouped_1d1d", p.m = 4096, p.n = 7168;
  p.out = OutputType::fp32, p.accumulate = true;
  p.groups = std::ssize(sizes), p.group_sizes = std::move(sizes);
  set_size_from_groups(p);
  return p;
}

Config with(std::initializer_list<std::pair<const std::string, std::int64_t>> changes) {
  Config config = {{"block_m", 128}, {"block_n", 128},   {"cluster_m", 1}, {"cluster_n", 1},
                   {"k_groups", 1},  {"split_k", 1},     {"stages", 2},    {"num_sms", 132},
                   {"raster", 8},    {"evict_first", 0}, {"swap_ab", 0}};
  for (const auto& [name, value] : changes) config[name] = value;
  return config;
}

std::string broken(std::initializer_list<std::pair<const std::string, std::int64_t>> changes,
                   const Problem& p = gradient()) {
  const auto violation = k_grouped_1d1d().illegal(with(changes), p, hopper_limits());
  return violation ? std::string(violation->constraint) : "legal";
}

TEST(KGrouped1d1d, shares_out_k_among_groups_alone) {
  EXPECT_EQ(broken({}), "legal");
  EXPECT_EQ(broken({{"block_m", 64}, {"block_n", 64}, {"k_groups", 2}, {"stages", 4}}), "k_of_groups");
  EXPECT_EQ(broken({{"split_k", 2}}), "k_of_groups");
  const auto violation = k_grouped_1d1d().illegal(with({{"split_k", 2}}), gradient(), hopper_limits());
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->sentence(),
            "a group may have less of K than would be shared out, and groups make tiles enough: with groups "
            "along K k_groups and split_k are 1, not 1 and 2");
}

TEST(KGrouped1d1d, is_as_wide_as_registers_allow) {
  Problem added = gradient();
  added.out = OutputType::bf16;
  EXPECT_EQ(broken({{"block_m", 256}, {"block_n", 112}}, added), "registers") << "72 bytes are spilled";
  EXPECT_EQ(broken({{"block_m", 256}, {"block_n", 96}}, added), "legal");
  EXPECT_EQ(broken({{"block_m", 256}, {"block_n", 112}}), "legal");
}

TEST(KGrouped1d1d, has_the_shared_memory_of_dense_1d1d_and_the_table_of_groups) {
  const Config config = with({{"block_m", 192}, {"block_n", 128}, {"stages", 3}});
  Problem dense = gradient();
  dense.kernel = "dense_1d1d", dense.groups = 0, dense.group_sizes.clear();
  EXPECT_EQ(GemmConfig::from(config, gradient()).smem_bytes(),
            GemmConfig::from(config, dense).smem_bytes() + 4 * 12 + 4);
}

TEST(KGrouped1d1d, has_maps_of_the_tail_of_m_and_the_scales_of_both) {
  const launch::GemmRecipe r = GemmConfig::from(with({}), gradient()).recipe();
  EXPECT_EQ(r.tail_maps, 1u);
  EXPECT_EQ(r.part_rows, 0u);
  EXPECT_EQ(r.scaling, launch::kScaled1d1d);
}

TEST(KGrouped1d1d, counts_the_tiles_of_every_group) {
  const TileCount tiles = cluster_tiles(GemmConfig::from(with({}), gradient()), gradient());
  EXPECT_EQ(tiles.m, 4 * 32);
  EXPECT_EQ(tiles.n, 56);
  EXPECT_EQ(tiles.m_of_product, 32);
  Problem few = gradient({128, 128, 128});
  few.m = few.n = 64;
  EXPECT_EQ(k_grouped_1d1d().resolve("num_sms", "all", with({}), few, hopper_limits()), 3);
}

TEST(KGrouped1d1d, takes_whole_scales_of_k_and_groups_along_it_alone) {
  EXPECT_EQ(broken({}, gradient({8192, 100})), "k_multiple_128");
  Problem rows = gradient();
  rows.alignment = 128, rows.layout = "offsets";
  EXPECT_EQ(broken({}, rows), "groups");
  Problem none = gradient();
  none.groups = 0, none.group_sizes.clear();
  EXPECT_EQ(broken({}, none), "groups");
  Problem dense = gradient();
  dense.kernel = "dense_1d1d";
  const auto violation = dense_1d1d().unsupported(dense);
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->constraint, "groups");
  Problem large = gradient(std::vector<std::int64_t>(60000, 128));
  large.m = 40000;
  EXPECT_EQ(broken({}, large), "problem_size") << "2.4 thousand million rows of D";
}

}  // namespace
}  // namespace gemmtune::family
