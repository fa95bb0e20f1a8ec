#include "model/expected_time.h"

#include "core/row.h"
#include "family/family.h"
#include "model/footprint.h"
#include "operation/operation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace gemmtune::model {
namespace {

Problem problem(std::int64_t m, std::int64_t n, std::int64_t k) {
  Problem p;
  p.m = m, p.n = n, p.k = k;
  return p;
}

Config config(std::int64_t block_m, std::int64_t block_n, std::int64_t num_sms = 132) {
  return {{"block_m", block_m}, {"block_n", block_n}, {"cluster_m", 1}, {"cluster_n", 1},
          {"k_groups", 1},      {"split_k", 1},       {"stages", 5},    {"num_sms", num_sms},
          {"raster", 8},        {"evict_first", 1},   {"swap_ab", 0}};
}

ExpectedTime cold(const Problem& p, const Config& c) {
  return expected_time(h100_sxm(), p, c, L2Policy::cold_memset512);
}

const Config kConfigs[] = {config(64, 16), config(64, 128), config(128, 128), config(256, 128, 66)};
const std::int64_t kSizes[] = {1, 16, 63, 64, 65, 128, 129, 512, 1000, 4096, 20000};

TEST(ExpectedTime, more_work_is_never_faster) {
  for (const Config& c : kConfigs)
    for (const std::int64_t n : {512, 2112, 24576})
      for (const std::int64_t k : {128, 2048, 16384}) {
        double last_us = 0;
        for (const std::int64_t m : kSizes) {
          const double us = cold(problem(m, n, k), c).time_us;
          EXPECT_GE(us, last_us) << describe(problem(m, n, k)) << " " << describe(c);
          EXPECT_GE(cold(problem(m, n + 8, k), c).time_us, us);
          EXPECT_GE(cold(problem(m, n, k + 128), c).time_us, us);
          last_us = us;
        }
      }
}

TEST(ExpectedTime, is_never_below_the_cold_read_floor_nor_above_the_peak) {
  for (const Config& c : kConfigs)
    for (const std::int64_t m : kSizes)
      for (const std::int64_t k : {128, 2048, 16384}) {
        const Problem p = problem(m, 4096, k);
        const double us = cold(p, c).time_us;
        EXPECT_GT(us, h100_sxm().cold_read_us(static_cast<double>(operation::bytes(p))));
        EXPECT_LT(static_cast<double>(operation::flops(p)) / us * 1e-6, h100_sxm().fp8_promoted_tflops);
      }
}

TEST(ExpectedTime, counts_the_waves_of_tiles) {
  EXPECT_EQ(cold(problem(4096, 4096, 512), config(128, 128)).waves, 8);  // 1024 tiles on 132
  EXPECT_EQ(cold(problem(64, 2112, 512), config(64, 16)).waves, 1);      // 132 on 132
  EXPECT_EQ(cold(problem(64, 2120, 512), config(64, 16)).waves, 2);
}

TEST(ExpectedTime, fewer_waves_of_the_same_tile_are_not_slower) {
  for (const std::int64_t m : {64, 1024, 4096}) {
    double last_us = 0;
    for (const std::int64_t sms : {132, 100, 66, 33, 8, 1}) {
      const double us = cold(problem(m, 7168, 2048), config(64, 128, sms)).time_us;
      EXPECT_GE(us, last_us) << m << " " << sms;
      last_us = us;
    }
  }
}

TEST(ExpectedTime, a_row_more_than_a_tile_costs_compute_bound_problems_a_wave) {
  const Config c = config(128, 128);
  EXPECT_EQ(cold(problem(128, 16896, 7168), c).waves, 1);
  EXPECT_GT(cold(problem(129, 16896, 7168), c).waves_us, 1.9 * cold(problem(128, 16896, 7168), c).waves_us);
}

TEST(ExpectedTime, a_deeper_ring_is_not_slower) {
  Config shallow = config(64, 16);
  shallow["stages"] = 2;
  const Problem p = problem(16, 2112, 7168);
  EXPECT_GT(cold(p, shallow).time_us, cold(p, config(64, 16)).time_us);
}

TEST(ExpectedTime, wider_outputs_and_those_that_are_read_cost_memory) {
  Problem p = problem(4096, 32768, 512);
  const double bf16_us = cold(p, config(128, 128)).memory_us;
  p.out = OutputType::fp32;
  const double fp32_us = cold(p, config(128, 128)).memory_us;
  p.accumulate = true;
  const double added_us = cold(p, config(128, 128)).memory_us;
  EXPECT_GT(fp32_us, 1.5 * bf16_us);
  EXPECT_GT(added_us, 1.5 * fp32_us);
}

TEST(Footprint, counts_gaps_and_the_form_of_d) {
  Problem p = problem(100, 64, 256);
  const std::int64_t plain = device_bytes(p);
  p.a_pitch = 272, p.b_pitch = 288, p.d_pitch = 72;
  EXPECT_EQ(device_bytes(p), plain + 100 * 16 + 64 * 32 + 100 * 8 * 2);
  p.out = OutputType::fp32;
  EXPECT_EQ(device_bytes(p), plain + 100 * 16 + 64 * 32 + 100 * 64 * 2 + 100 * 8 * 4);
}

TEST(ExpectedTime, a_warm_cache_helps_what_it_can_hold) {
  const auto warm = [](const Problem& p) {
    return expected_time(h100_sxm(), p, config(64, 16), L2Policy::warm).time_us;
  };
  EXPECT_LT(warm(problem(1, 2112, 7168)), cold(problem(1, 2112, 7168), config(64, 16)).time_us);
  EXPECT_EQ(warm(problem(1, 32768, 7168)), cold(problem(1, 32768, 7168), config(64, 16)).time_us);
}

TEST(ExpectedTime, comes_near_what_deepgemm_takes_on_an_h100) {
  struct Measured {
    Problem problem;
    Config config;
    double us;  // results/peers/h100-deepgemm.json
  };
  const Measured measured[] = {{problem(16, 7168, 16384), config(64, 16), 53.73},
                               {problem(64, 2112, 7168), config(64, 16), 10.91},
                               {problem(128, 24576, 1536), config(64, 48), 22.21},
                               {problem(512, 4096, 7168), config(128, 144), 28.06},
                               {problem(4096, 4096, 7168), config(256, 128), 165.67},
                               {problem(4096, 7168, 2048), config(256, 128), 92.80}};
  double sum = 0;
  for (const Measured& each : measured) {
    Config c = each.config;
    c["cluster_n"] = each.problem.m < 64 ? 1 : 2;
    c["stages"] =
        family::require("dense_1d2d").resolve("stages", "max", c, each.problem, hopper_limits()).value();
    const double ratio = cold(each.problem, c).time_us / each.us;
    EXPECT_NEAR(ratio, 1, 0.15) << describe(each.problem);
    sum += std::log(ratio);
  }
  EXPECT_NEAR(std::exp(sum / std::size(measured)), 1, 0.1);
}

double library_us(const std::string& provider, const Problem& p, std::int64_t answer = 0) {
  return expected_library_time(h100_sxm(), p, provider, answer, L2Policy::cold_memset512).time_us;
}

TEST(ExpectedTime, of_libraries_follows_their_element_size) {
  for (const Problem& p : {problem(64, 7168, 16384), problem(4096, 7168, 16384)}) {
    EXPECT_LE(library_us(provider::kCublasLtTensor, p), library_us(provider::kCublasLtBlock, p));
    EXPECT_GT(library_us(provider::kCublasBf16, p), 1.5 * library_us(provider::kCublasLtTensor, p));
  }
}

TEST(ExpectedTime, the_block_scaled_library_refuses_rows_that_are_no_fours) {
  EXPECT_EQ(library_answers(provider::kCublasLtBlock, problem(63, 512, 512)), 0);
  EXPECT_GT(library_answers(provider::kCublasLtBlock, problem(64, 512, 512)), 0);
  EXPECT_GT(library_answers(provider::kCublasBf16, problem(63, 512, 512)), 0);
  EXPECT_ANY_THROW(library_us(provider::kCublasLtBlock, problem(64, 512, 512), 99));
  EXPECT_ANY_THROW(library_us("magma", problem(64, 512, 512)));
}

}  // namespace
}  // namespace gemmtune::model
