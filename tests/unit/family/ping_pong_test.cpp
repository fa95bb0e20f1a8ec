// `ping_pong`: which kernels and tiles may take it, and where it is a waste.
#include "core/config.h"
#include "family/family.h"
#include "family/gemm_config.h"

#include <gtest/gtest.h>

namespace gemmtune::family {
namespace {

const DeviceLimits kLimits = hopper_limits();

Problem square(const char* kernel) {
  Problem p;
  p.kernel = kernel;
  p.m = p.n = 4096, p.k = 2048;
  return p;
}

Config tile(int block_m, int block_n) {
  return {{"block_m", block_m}, {"block_n", block_n}, {"swap_ab", 0},     {"k_groups", 1},
          {"split_k", 1},       {"cluster_m", 1},     {"cluster_n", 1},   {"num_sms", 132},
          {"raster", 8},        {"stages", 2},        {"evict_first", 0}, {"ping_pong", 1}};
}

std::string broken(const Config& c, const Problem& p) {
  const auto violation = require(p.kernel).illegal(c, p, kLimits);
  return violation ? std::string(violation->constraint) : "legal";
}

TEST(PingPong, is_for_kernels_without_promotion) {
  EXPECT_EQ(broken(tile(128, 128), square("dense_bf16")), "legal");
  EXPECT_EQ(broken(tile(128, 128), square("dense_tensor")), "legal");
  for (const char* kernel : {"dense_1d2d", "dense_1d1d"})
    EXPECT_EQ(broken(tile(128, 128), square(kernel)), "ping_pong_promotion");
}

TEST(PingPong, has_a_tile_to_itself) {
  const Problem p = square("dense_bf16");
  for (const char* shared : {"k_groups", "split_k"}) {
    Config c = tile(128, 64);
    c[shared] = 2, c["stages"] = 4;
    EXPECT_EQ(broken(c, p), "ping_pong_alone") << shared;
  }
  Config swapped = tile(64, 128);
  swapped["swap_ab"] = 1;
  EXPECT_EQ(broken(swapped, p), "ping_pong_alone");
  Config twice = tile(128, 128);
  twice["ping_pong"] = 2;
  EXPECT_EQ(broken(twice, p), "ping_pong_value");
}

TEST(PingPong, is_as_wide_as_registers_of_one_warpgroup_allow) {
  const Problem p = square("dense_bf16");
  Problem adds = p;
  adds.accumulate = true;
  const std::array<std::array<int, 3>, 3> widest = {{{128, 192, 128}, {192, 128, 96}, {256, 96, 64}}};
  for (const auto& [rows, overwritten, added] : widest) {
    EXPECT_EQ(broken(tile(rows, overwritten), p), "legal") << rows;
    EXPECT_EQ(broken(tile(rows, overwritten + 8), p), "registers") << rows;
    EXPECT_EQ(broken(tile(rows, added), adds), "legal") << rows;
    EXPECT_EQ(broken(tile(rows, added + 8), adds), "registers") << rows;
  }
}

TEST(PingPong, has_two_warpgroups_and_two_places_for_d) {
  const GemmConfig c = GemmConfig::from(tile(128, 128), square("dense_bf16"));
  EXPECT_EQ(c.math_warpgroups(), 2);
  EXPECT_EQ(c.smem_bytes() - c.stages * c.stage_bytes(), 2 * 128 * 128 * 2);
}

TEST(PingPong, is_a_waste_where_a_cta_has_one_tile) {
  Problem p = square("dense_bf16");
  EXPECT_FALSE(require(p.kernel).wasteful(tile(128, 128), p, kLimits));
  p.m = 128, p.n = 1024;
  Config c = tile(128, 128);
  c["num_sms"] = 8;
  const auto violation = require(p.kernel).wasteful(c, p, kLimits);
  ASSERT_TRUE(violation);
  EXPECT_EQ(std::string(violation->constraint), "ping_pong_tiles");
}

}  // namespace
}  // namespace gemmtune::family
