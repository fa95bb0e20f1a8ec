// swap_ab: tiles that wgmma computes transposed. Tokens are its columns, so every number of them is a width;
// scales of A go with columns, those of B with rows, and D is turned when it is staged.
#include "gpu/rig.h"

#include <set>

namespace gemmtune::test {
namespace {

// Of kernels/common/defect.cuh.
constexpr int kPromotionSkipped = 1, kScaleOffByOne = 3, kRowUnwritten = 4;

struct Tile {
  int block_m, block_n;
  int cluster_m = 1, cluster_n = 1, k_groups = 1, split_k = 1;
};

/// Each height and each number of warpgroups; widths that are an even and an odd number of 8x8 matrices; both
/// multicasts; tiles under one scale of B and under two; sums of k-groups and of CTAs.
const std::vector<Tile> kTiles = {{8, 64},
                                  {8, 128},
                                  {16, 64, 1, 1, 2},
                                  {24, 128},
                                  {40, 192},
                                  {32, 64, 1, 2},
                                  {64, 64, 2, 1},
                                  {64, 128, 2, 1},
                                  {64, 64, 1, 1, 4},
                                  {96, 256},
                                  {120, 192},
                                  {176, 64},
                                  {176, 128, 1, 2},
                                  {80, 128, 1, 1, 2},
                                  {16, 64, 1, 1, 2, 2},
                                  {8, 128, 1, 1, 1, 4},
                                  {96, 256, 1, 1, 1, 2},
                                  {120, 192, 1, 1, 1, 2},
                                  {64, 64, 1, 1, 1, 4}};

bool fits(const Tile& t, const Problem& p) {
  const auto tiles = [](std::int64_t size, int block) { return (size + block - 1) / block; };
  const std::int64_t rows = tiles(p.m, t.block_m), columns = tiles(p.n, t.block_n);
  return rows <= 2 && (t.block_m == 8 || t.block_m - 8 < p.m) && (t.cluster_m == 1 || rows > 1) &&
         (t.cluster_n == 1 || columns > 1) && t.k_groups * t.split_k <= p.k / 128 &&
         rows * columns * t.split_k <= hopper_limits().sms;
}

Config swapped(const Problem& p, const Tile& t) {
  return config(p, t.block_m, t.block_n, t.cluster_m, t.cluster_n, 0, 8, 0, t.k_groups, t.split_k, 1);
}

/// What was tried is added to `tried`, as indices of kTiles.
void expect_all_correct(const Problem& p, std::set<std::size_t>& tried) {
  SCOPED_TRACE(describe(p));
  const gemm::Operands operands = Rig::get().operands(p);
  for (std::size_t i = 0; i < kTiles.size(); ++i) {
    if (!fits(kTiles[i], p)) continue;
    tried.insert(i);
    const Config c = swapped(p, kTiles[i]);
    EXPECT_EQ(Rig::get().verdict(operands, c).defect, "") << describe(c);
  }
}

TEST(SwapAb, is_right_on_every_kind_of_data) {
  std::set<std::size_t> tried;
  for (const DataKind data : {DataKind::normal, DataKind::integer, DataKind::integer_unit,
                              DataKind::adversarial, DataKind::zeros, DataKind::uniform, DataKind::sparse})
    for (const int m : {1, 16, 40, 60, 65, 100, 130, 190, 300})
      expect_all_correct(problem(m, 2112, 1536, data), tried);
  EXPECT_EQ(tried.size(), kTiles.size()) << "a tile fits none of the problems";
}

TEST(SwapAb, is_right_at_the_edges) {
  std::set<std::size_t> tried;
  for (const int m : {1, 3, 63, 65, 129, 191, 350})
    for (const int n : {8, 72, 576, 2112})
      for (const int k : {128, 512, 16384})
        expect_all_correct(problem(m, n, k, k == 16384 ? DataKind::integer_unit : DataKind::integer), tried);
}

TEST(SwapAb, planted_defects_are_seen) {
  const Problem p = problem(65, 2112, 7168);
  const gemm::Operands operands = Rig::get().operands(p);
  const Config c = swapped(p, {64, 128, 2, 1});
  for (const int defect : {kPromotionSkipped, kScaleOffByOne, kRowUnwritten})
    EXPECT_NE(Rig::get().verdict(operands, c, defect).defect, "") << defect;
}

}  // namespace
}  // namespace gemmtune::test
