// What groups of rows ask of a problem and of a configuration.
#include "core/groups.h"
#include "family/family.h"
#include "family/gemm_config.h"
#include "family/gemm_limits.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace gemmtune::family {
namespace {

Problem of_groups(const char* kernel, std::vector<std::int64_t> sizes) {
  Problem p;
  p.kernel = kernel;
  p.n = 2112, p.k = 7168;
  p.groups = static_cast<std::int64_t>(sizes.size());
  p.group_sizes = std::move(sizes);
  return p;
}

Problem contiguous(std::vector<std::int64_t> sizes, const char* layout = "offsets",
                   std::int64_t alignment = 1) {
  Problem p = of_groups("grouped_contiguous_1d2d", std::move(sizes));
  p.layout = layout, p.alignment = alignment;
  set_size_from_groups(p);
  return p;
}

Problem masked(std::vector<std::int64_t> sizes, std::int64_t max_m) {
  Problem p = of_groups("grouped_masked_1d2d", std::move(sizes));
  p.max_m = max_m;
  set_size_from_groups(p);
  return p;
}

Config config(std::int64_t block_m, std::int64_t block_n, const Config& changes = {}) {
  Config c = {{"block_m", block_m}, {"block_n", block_n}, {"cluster_m", 1}, {"cluster_n", 1},
              {"evict_first", 0},   {"k_groups", 1},      {"num_sms", 132}, {"raster", 8},
              {"split_k", 1},       {"stages", 4},        {"swap_ab", 0}};
  for (const auto& [name, value] : changes) c[name] = value;
  return c;
}

std::string unsupported(const Problem& p) {
  const auto violation = require(p.kernel).unsupported(p);
  return violation ? std::string(violation->constraint) : "supported";
}

std::string broken(const Config& c, const Problem& p) {
  const auto violation = require(p.kernel).illegal(c, p, hopper_limits());
  return violation ? std::string(violation->constraint) : "legal";
}

std::string waste(const Config& c, const Problem& p) {
  EXPECT_EQ(broken(c, p), "legal") << describe(c);
  const auto violation = require(p.kernel).wasteful(c, p, hopper_limits());
  return violation ? std::string(violation->constraint) : "worth it";
}

TEST(Grouped, kernels_want_groups_and_others_want_none) {
  EXPECT_EQ(unsupported(contiguous({5, 0, 9})), "supported");
  EXPECT_EQ(unsupported(masked({5, 0, 9}, 16)), "supported");
  Problem dense = contiguous({5, 0, 9});
  dense.kernel = "dense_1d2d";
  EXPECT_EQ(unsupported(dense), "groups");
  Problem without;
  without.kernel = "grouped_masked_1d2d";
  without.m = 8, without.n = 64, without.k = 128;
  EXPECT_EQ(unsupported(without), "groups");
}

TEST(Grouped, d_is_bf16_and_overwritten_and_rows_have_32_bit_coordinates) {
  Problem p = contiguous({5, 9});
  p.out = OutputType::fp32;
  EXPECT_EQ(unsupported(p), "groups_form");
  p = contiguous({5, 9});
  p.accumulate = true;
  EXPECT_EQ(unsupported(p), "groups_form");
  EXPECT_EQ(unsupported(masked({5, 9}, std::int64_t{1} << 30)), "problem_size");
  EXPECT_EQ(unsupported(masked({5, 9}, (std::int64_t{1} << 30) - 1)), "supported");
  p = masked(std::vector<std::int64_t>(1024, 4), 16);
  p.n = std::int64_t{1} << 21;
  EXPECT_EQ(unsupported(p), "problem_size");
}

TEST(Grouped, shared_memory_has_the_table_of_groups) {
  const auto smem = [](std::size_t groups) {
    const Problem p = contiguous(std::vector<std::int64_t>(groups, 64));
    return require(p.kernel).launch_shape(config(128, 128), p).smem_bytes;
  };
  EXPECT_EQ(smem(33) - smem(1), 12 * 32);
  Problem dense;
  dense.m = 64, dense.n = 2112, dense.k = 7168;
  EXPECT_EQ(smem(1) - require("dense_1d2d").launch_shape(config(128, 128), dense).smem_bytes,
            12 + 4 + 16 * GemmConfig::from(config(128, 128), contiguous({5})).stages)
      << "the table, and of each stage which tile begins with it";
  EXPECT_EQ(broken(config(128, 128, {{"stages", 5}}), contiguous({64})), "legal");
  EXPECT_EQ(broken(config(128, 128, {{"stages", 5}}), contiguous(std::vector<std::int64_t>(3000, 64))),
            "shared_memory");
}

TEST(Grouped, all_sms_are_taken_however_many_tiles_there_are_today) {
  const auto all = [](const Problem& p, const Config& c) {
    return require(p.kernel).resolve("num_sms", "all", c, p, hopper_limits());
  };
  EXPECT_EQ(all(masked({1, 0}, 512), config(128, 192)), 132);
  EXPECT_EQ(all(masked({1, 0}, 512), config(128, 96, {{"cluster_m", 2}})), 132);
  EXPECT_EQ(waste(config(64, 192), masked({1, 0}, 512)), "worth it");
}

TEST(Grouped, what_is_a_waste_goes_by_the_largest_group) {
  EXPECT_EQ(waste(config(128, 64), contiguous({1, 1, 64})), "rows_used");
  EXPECT_EQ(waste(config(128, 64), contiguous({1, 1, 65})), "worth it");
  EXPECT_EQ(waste(config(64, 64, {{"cluster_m", 2}}), contiguous({1, 1, 64})), "cluster_rows");
  EXPECT_EQ(waste(config(64, 64, {{"cluster_m", 2}}), contiguous({1, 1, 65})), "worth it");
  // B of each group is read again for each band of its own rows.
  EXPECT_EQ(waste(config(64, 64, {{"evict_first", 1}}), contiguous(std::vector<std::int64_t>(32, 512))),
            "worth it");
  EXPECT_EQ(waste(config(64, 64, {{"evict_first", 1}}), contiguous({1, 513})), "evict_b_again");
}

TEST(Grouped, the_layout_of_contiguous_groups_is_compiled_in) {
  const auto compiled = [](const Problem& p) { return require(p.kernel).compiled(config(64, 64), p); };
  EXPECT_EQ(compiled(contiguous({5}, "offsets")).at("layout_offsets"), 1);
  EXPECT_EQ(compiled(contiguous({5}, "indices", 128)).at("layout_offsets"), 0);
  const Config counted = compiled(masked({5}, 8));
  EXPECT_EQ(counted.find("layout_offsets"), counted.end());
}

TEST(Grouped, widths_that_spill_over_groups_alone_are_left_out) {
  const Config wide = config(128, 88, {{"k_groups", 2}}), fits = config(128, 80, {{"k_groups", 2}});
  EXPECT_EQ(broken(wide, contiguous({500})), "registers");
  EXPECT_EQ(broken(fits, contiguous({500})), "legal");
  Problem dense;
  dense.m = 500, dense.n = 2112, dense.k = 7168;
  EXPECT_EQ(broken(wide, dense), "legal");
}

TEST(Grouped, tiles_are_those_of_every_group) {
  const TileCount tiles = cluster_tiles(GemmConfig::from(config(64, 64), contiguous({1, 0, 65, 128})),
                                        contiguous({1, 0, 65, 128}));
  EXPECT_EQ(tiles.m, 1 + 2 + 2);
  EXPECT_EQ(tiles.m_of_product, 2);
  EXPECT_EQ(tiles.n, 33);
}

}  // namespace
}  // namespace gemmtune::family
