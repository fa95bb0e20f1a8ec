// The tile in which M ends: rows that exist are loaded and no others, in every way that tiles are shared, by
// every dense kernel. Of grouped_contiguous_1d2d and grouped_masked_1d2d, where each group ends:
// grouped_test.cpp; of k_grouped_1d1d, where M ends in each D: k_grouped_test.cpp.
#include "gpu/rig.h"

namespace gemmtune::test {
namespace {

// Of kernels/common/defect.cuh.
constexpr int kTailRowsMissing = 14;

struct Tile {
  int block_m, block_n, cluster_m = 1, cluster_n = 1, k_groups = 1, split_k = 1, swap_ab = 0;
};

constexpr Tile kTiles[] = {{64, 64},
                           {128, 64},
                           {128, 112, 2, 1},
                           {128, 112, 1, 2},
                           {192, 96},
                           {192, 96, 2, 1},
                           {256, 80},
                           {256, 64, 1, 2},
                           {64, 48, 1, 1, 2},
                           {128, 64, 1, 1, 2},
                           {128, 64, 1, 1, 1, 3},
                           {256, 40, 1, 1, 1, 2},
                           {40, 64, 1, 1, 1, 1, 1},
                           {48, 128, 1, 2, 1, 1, 1},
                           {72, 128, 1, 1, 1, 2, 1}};

Config config_of(const Problem& p, const Tile& t, int num_sms = 0) {
  return config(p, t.block_m, t.block_n, t.cluster_m, t.cluster_n, num_sms, 8, 0, t.k_groups, t.split_k,
                t.swap_ab);
}

Problem of_kernel(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k, DataKind data) {
  Problem p = problem(m, n, k, data);
  p.kernel = kernel;
  return p;
}

constexpr const char* kKernels[] = {"dense_1d1d", "dense_1d2d", "dense_bf16", "dense_tensor"};

TEST(Tails, are_right_wherever_m_ends) {
  for (const char* kernel : kKernels)
    for (const int m : {1, 7, 33, 65, 72, 127, 129, 136, 190, 193, 200, 257, 300, 320, 385, 513}) {
      const Problem p = of_kernel(kernel, m, 328, 1152, DataKind::integer);
      const gemm::Operands operands = Rig::get().operands(p);
      for (const Tile& tile : kTiles)
        EXPECT_EQ(Rig::get().verdict(operands, config_of(p, tile)).defect, "")
            << describe(p) << " " << describe(config_of(p, tile));
    }
}

/// The ring goes on from a tile whose rows are skipped to one that is whole, and back.
TEST(Tails, are_right_between_tiles_of_one_cta) {
  for (const char* kernel : kKernels)
    for (const int m : {129, 300, 449}) {
      const Problem p = of_kernel(kernel, m, 1000, 2176, DataKind::normal);
      const gemm::Operands operands = Rig::get().operands(p);
      for (const Tile& tile : kTiles) {
        const int cluster = tile.cluster_m * tile.cluster_n * tile.split_k;
        for (const int clusters : {1, 2, 3})
          EXPECT_EQ(Rig::get().verdict(operands, config_of(p, tile, clusters * cluster)).defect, "")
              << describe(p) << " " << describe(config_of(p, tile, clusters * cluster));
      }
    }
}

TEST(Tails, in_every_output_mode) {
  for (const char* kernel : kKernels)
    for (const OutputType out : {OutputType::bf16, OutputType::fp32})
      for (const bool accumulate : {false, true}) {
        Problem p = of_kernel(kernel, 201, 328, 1152, DataKind::integer);
        p.out = out, p.accumulate = accumulate;
        const gemm::Operands operands = Rig::get().operands(p);
        for (const Tile& tile : kTiles) {
          if (tile.swap_ab && (out == OutputType::fp32 || accumulate)) continue;
          EXPECT_EQ(Rig::get().verdict(operands, config_of(p, tile)).defect, "")
              << describe(p) << " " << describe(config_of(p, tile));
        }
      }
}

TEST(TailDefects, eight_rows_that_are_not_loaded_are_seen) {
  gemm::LaunchTweaks tweaks;
  tweaks.missing_rows = 8;
  for (const char* kernel : kKernels) {
    const Problem p = of_kernel(kernel, 300, 328, 4096, DataKind::normal);
    const gemm::Operands operands = Rig::get().operands(p);
    for (const Tile& tile : {Tile{64, 64}, Tile{128, 112, 2, 1}, Tile{256, 80}, Tile{128, 64, 1, 1, 1, 3}}) {
      const Config c = config_of(p, tile);
      EXPECT_EQ(Rig::get().verdict(operands, c).defect, "") << describe(c);
      EXPECT_NE(Rig::get().verdict(operands, c, 0, tweaks).defect, "") << kernel << " " << describe(c);
    }
  }
}

[[noreturn]] void judge_and_exit(const Problem& p, const Config& c) {
  std::string found;
  try {
    const gemm::Operands operands = Rig::get().operands(p);
    found = Rig::get().verdict(operands, c, kTailRowsMissing).defect;
  } catch (const std::exception& error) {
    found = error.what();
  }
  std::fprintf(stderr, "%s\n", found.c_str());
  std::_Exit(found.empty() ? 1 : 0);
}

/// Bytes that arrive and were not expected complete a stage before it is full, or never.
TEST(TailDefectsDeathTest, bytes_that_are_not_expected_are_seen) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string caught = "error_|differ|not written|misaligned|launch failure";
  for (const char* kernel : kKernels) {
    const Problem p = of_kernel(kernel, 300, 704, 4096, DataKind::normal);
    for (const Tile& tile : {Tile{64, 64}, Tile{128, 64}})
      EXPECT_EXIT(judge_and_exit(p, config_of(p, tile)), testing::ExitedWithCode(0), caught) << kernel;
  }
}

}  // namespace
}  // namespace gemmtune::test
