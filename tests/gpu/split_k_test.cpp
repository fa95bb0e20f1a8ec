// split_k: sums that cross a cluster, under stress. A launch on other operands comes between, so that sums
// left in shared memory by an earlier launch never pass for those that should have come.
#include "gpu/stress.h"

#include <set>

namespace gemmtune::test {
namespace {

constexpr int kSumsNotAwaited = 8;  // of kernels/common/defect.cuh

struct Tile {
  int block_m, block_n, k_groups, split_k;
  int stages = 0;  ///< 0: all that fit
};

/// Each height and number of k-groups with each split_k: CTAs that gather the sums of no row warpgroup, of
/// one, of two (192 rows, split_k 2); widths that divide N and that do not, under one scale column of B and
/// under two. The widest leave room for rings of two and three stages.
const std::vector<Tile> kTiles = {
    {64, 32, 2, 2},  {64, 96, 1, 2},  {64, 144, 1, 3},   {64, 64, 1, 4},    {64, 32, 2, 4},  {64, 48, 1, 8},
    {64, 24, 2, 5},  {64, 72, 1, 7},  {64, 64, 1, 2, 3}, {64, 64, 2, 3, 2}, {64, 80, 4, 2},  {128, 144, 1, 2},
    {128, 88, 2, 2}, {128, 96, 1, 3}, {128, 112, 1, 4},  {128, 64, 2, 4},   {128, 48, 1, 8}, {192, 96, 1, 2},
    {192, 88, 1, 3}, {192, 72, 1, 4}, {192, 32, 1, 8},   {256, 128, 1, 2},  {256, 56, 2, 2}, {256, 96, 1, 3},
    {256, 48, 2, 4}, {256, 40, 1, 8},
};

int count_tiles(const Problem& p, const Tile& t) {
  return static_cast<int>((p.m + t.block_m - 1) / t.block_m * ((p.n + t.block_n - 1) / t.block_n));
}

/// The tiles that the problem has rows and k-blocks for, and SMs for all of their CTAs at once.
std::vector<Tile> fitting(const Problem& p) {
  std::vector<Tile> list;
  for (const Tile& t : kTiles)
    if ((t.block_m == 64 || t.block_m - 64 < p.m) && t.k_groups * t.split_k <= p.k / 128 &&
        count_tiles(p, t) * t.split_k <= hopper_limits().sms)
      list.push_back(t);
  return list;
}

/// 0 clusters: as many as fit.
Config on_clusters(const Problem& p, const Tile& t, int clusters) {
  return config(p, t.block_m, t.block_n, 1, 1, clusters * t.split_k, 8, t.stages, t.k_groups, t.split_k);
}

std::vector<gemm::Operands> two_operands(const Problem& p) {
  std::vector<gemm::Operands> two;
  for (const std::uint64_t seed : {1, 2}) two.push_back(Rig::get().operands(p, seed));
  return two;
}

TEST(SplitK, gives_every_bit_in_thousands_of_launches) {
  // Odd numbers of k-blocks: CTAs get unequal shares, and of the tiles that a cluster does one after the
  // other each begins at another stage.
  const std::vector<Problem> problems = {
      problem(1, 2112, 7 * 128, DataKind::integer),   problem(63, 576, 13 * 128, DataKind::integer),
      problem(65, 2112, 5 * 128, DataKind::integer),  problem(130, 576, 13 * 128, DataKind::integer),
      problem(200, 520, 13 * 128, DataKind::integer), problem(300, 728, 7 * 128, DataKind::integer),
      problem(130, 312, 13 * 128, DataKind::integer),
  };
  std::set<std::string> tried;
  for (const Problem& p : problems) {
    const auto operands = two_operands(p);
    for (const Tile& t : fitting(p))
      for (const int clusters : {0, 1, 2, 3}) {
        if (clusters > count_tiles(p, t)) continue;
        const Config c = on_clusters(p, t, clusters);
        EXPECT_EQ(first_wrong_launch(operands, c), "") << describe(p) << " " << describe(c);
        tried.insert(describe(family::require(p.kernel).compiled(c, p)));
      }
  }
  EXPECT_EQ(tried.size(), kTiles.size());
}

void expect_all_correct(const Problem& p) {
  SCOPED_TRACE(describe(p));
  const gemm::Operands operands = Rig::get().operands(p);
  for (const Tile& t : fitting(p)) {
    const Config c = on_clusters(p, t, 0);
    EXPECT_EQ(Rig::get().verdict(operands, c).defect, "") << describe(c);
  }
}

TEST(SplitK, is_right_at_large_k) {
  expect_all_correct(problem(200, 520, 16384));
  expect_all_correct(problem(200, 520, 16384, DataKind::integer_unit));
}

/// Its k-blocks cancel in pairs, which odd numbers of CTAs pull apart.
TEST(SplitK, withstands_adversarial_scales) {
  expect_all_correct(problem(200, 520, 33 * 128, DataKind::adversarial));
}

/// Launches that wait for nothing but each other, on the operands in turn, each with an output of its own.
/// Says what is wrong; "" when nothing is.
std::string wrong_in_burst(const std::vector<gemm::Operands>& in_turn, const Config& c,
                           const std::vector<gemm::GuardedOutput>& outputs) {
  Rig& rig = Rig::get();
  cudaStream_t stream = rig.stream().get();
  std::vector<gemm::GemmLaunch> launches;
  for (const gemm::Operands& operands : in_turn) {
    const std::string found = rig.verdict(operands, c).defect;
    if (!found.empty()) return found;
    gemm::OperandSets sets{operands.problem, {}};
    for (const gemm::GuardedOutput& output : outputs) {
      output.poison(stream);
      sets.sets.push_back(operands.sets().sets[0]);
      sets.sets.back().d = output.d();
    }
    launches.push_back(gemm::gemm_launch(rig.kernel(operands.problem, c), c, sets));
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) launches[i % launches.size()](stream, static_cast<int>(i));
  Differences differences;
  for (std::size_t i = 0; i < outputs.size(); ++i) differences.add(in_turn[i % in_turn.size()], outputs[i]);
  return differences.found();
}

/// A CTA must not leave while others still send to it or arrive at its barriers: the next launch would find
/// that in its shared memory. Clusters of both kinds.
TEST(SplitK, clusters_leave_nothing_behind_for_the_next_launch) {
  const Problem p = problem(130, 576, 8 * 128, DataKind::integer);
  const auto operands = two_operands(p);
  std::vector<gemm::GuardedOutput> outputs;
  for (int i = 0; i < 100; ++i) outputs.emplace_back(p.m * p.n * 2);
  std::vector<Config> clusters = {config(p, 64, 64, 2, 1), config(p, 128, 64, 1, 2)};
  for (const Tile& t : fitting(p)) clusters.push_back(on_clusters(p, t, 0));
  for (const Config& c : clusters) EXPECT_EQ(wrong_in_burst(operands, c, outputs), "") << describe(c);
}

/// Every cluster has one tile. Of 128 rows each of two CTAs gathers half, so whichever is done first is too
/// early for the sums of the other; of 64 rows the first CTA gathers what three others send.
const Tile kEarly2 = {128, 144, 1, 2};
const Tile kEarly4 = {64, 64, 1, 4};

std::string first_wrong_of_single_tiles(const Tile& t, int defect) {
  const Problem p = problem(t.block_m, 2112, 32 * 128, DataKind::integer);
  return first_wrong_launch(two_operands(p), on_clusters(p, t, 0), defect);
}

TEST(SplitKDeathTest, sums_that_are_not_awaited_are_seen) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string caught = "differ|not numbers|misaligned|launch failure";
  const auto judge = [](const Tile& t) {
    report_and_exit([&] { return first_wrong_of_single_tiles(t, kSumsNotAwaited); });
  };
  EXPECT_EXIT(judge(kEarly2), testing::ExitedWithCode(0), caught);
  EXPECT_EXIT(judge(kEarly4), testing::ExitedWithCode(0), caught);
}

TEST(SplitK, sums_that_are_awaited_are_right) {
  for (const Tile& t : {kEarly2, kEarly4}) EXPECT_EQ(first_wrong_of_single_tiles(t, 0), "");
}

}  // namespace
}  // namespace gemmtune::test
