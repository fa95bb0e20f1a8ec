// What sets dense_1d1d apart from dense_1d2d: shared memory, the widest tiles, no columns of scales to
// straddle.
#include "family/gemm_config.h"
#include "family/kernels.h"

#include <gtest/gtest.h>

#include <string>

namespace gemmtune::family {
namespace {

Problem gradient(OutputType out = OutputType::fp32, bool accumulate = true) {
  Problem p;
  p.kernel = "dense_1d1d", p.m = 7168, p.n = 16384, p.k = 4096;
  p.out = out, p.accumulate = accumulate;
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
  const auto violation = dense_1d1d().illegal(with(changes), p, hopper_limits());
  return violation ? std::string(violation->constraint) : "legal";
}

TEST(Dense1d1d, holds_scales_of_both_operands_in_each_stage) {
  const Config config = with({{"block_m", 192}, {"block_n", 136}, {"stages", 3}});
  Problem p = gradient(OutputType::bf16, false);
  const GemmConfig c = GemmConfig::from(config, p);
  // 192 and 136 rows of 128 bytes, 768 and 640 bytes of scales (multiples of 128), two barriers.
  const std::int64_t stage = (192 + 136) * 128 + 768 + 640 + 16;
  EXPECT_EQ(c.stage_bytes(), stage);
  EXPECT_EQ(c.smem_bytes(), 3 * stage + 192 * 136 * 2) << "no chunks of scales";
  p.kernel = "dense_1d2d";
  EXPECT_EQ(GemmConfig::from(config, p).stage_bytes(), stage - 640);
}

TEST(Dense1d1d, has_no_columns_of_scales_that_a_tile_could_straddle) {
  EXPECT_EQ(broken({{"block_m", 64}, {"block_n", 168}}), "legal");
  EXPECT_EQ(broken({{"block_n", 176}}), "legal") << "dense_1d2d has 176 in no straight tile";
}

TEST(Dense1d1d, is_as_wide_as_registers_allow) {
  struct Case {
    int block_m, block_n, k_groups, split_k;
    const char* broken;
  };
  for (const Case& at :
       {Case{64, 192, 1, 1, "legal"}, Case{64, 200, 1, 1, "registers"}, Case{64, 184, 1, 1, "registers"},
        Case{128, 192, 1, 1, "legal"}, Case{128, 208, 1, 1, "registers"}, Case{192, 144, 1, 1, "legal"},
        Case{192, 136, 1, 1, "registers"}, Case{192, 160, 1, 1, "registers"}, Case{256, 112, 1, 1, "legal"},
        Case{256, 104, 1, 1, "registers"}, Case{256, 144, 1, 1, "registers"}, Case{64, 80, 4, 1, "legal"},
        Case{64, 104, 4, 1, "registers"}, Case{64, 88, 4, 2, "registers"}, Case{256, 72, 2, 1, "registers"}})
    EXPECT_EQ(broken({{"block_m", at.block_m},
                      {"block_n", at.block_n},
                      {"k_groups", at.k_groups},
                      {"split_k", at.split_k},
                      {"stages", 2 * at.k_groups}},
                     gradient(OutputType::bf16, false)),
              at.broken)
        << at.block_m << "x" << at.block_n << " k" << at.k_groups << " split" << at.split_k;
}

TEST(Dense1d1d, stores_fp32_in_parts_where_it_would_cost_stages) {
  const Problem p = gradient();
  const Config whole = with({{"block_m", 192}});
  Config parts = whole;
  parts["store_buffers"] = 2;
  const auto stages = [&](Config c) {
    c.erase("stages");
    return dense_1d1d().resolve("stages", "max", c, p, hopper_limits());
  };
  EXPECT_EQ(stages(whole), 3);
  EXPECT_EQ(stages(parts), 4);
}

TEST(Dense1d1d, takes_multiples_of_128_of_k_alone) {
  Problem p = gradient();
  p.k = 4160;
  EXPECT_EQ(broken({}, p), "k_multiple_128");
}

}  // namespace
}  // namespace gemmtune::family
