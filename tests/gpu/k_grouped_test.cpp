// k_grouped_1d1d on real hardware: groups that share out K, whatever the size of each, a D each; those
// without K leave C as it is. What its pipeline shares with dense_1d1d: dense_1d1d_test.cpp.
#include "core/groups.h"
#include "gpu/rig.h"
#include "gpu/stress.h"
#include "worker/gpu/check.h"

#include <algorithm>
#include <regex>
#include <vector>

namespace gemmtune::test {
namespace {

// Of kernels/common/defect.cuh.
constexpr int kPromotionSkipped = 1, kScaleOffByOne = 3, kRowUnwritten = 4, kWrongParity = 5,
              kBarrierNeverCompletes = 6, kCMissing = 9, kAddedTwice = 10, kGroupEndsLate = 16,
              kScaleOfNeighbourRow = 19, kScaleOfNeighbourColumn = 23, kTailToNeighbour = 25,
              kRowsOfFirstLaunch = 28;

using Sizes = std::vector<std::int64_t>;

struct Form {
  OutputType out;
  bool accumulate;
};
constexpr Form kPlain{OutputType::bf16, false}, kFp32{OutputType::fp32, false},
    kFp32Added{OutputType::fp32, true}, kBf16Added{OutputType::bf16, true};
constexpr Form kForms[] = {kPlain, kFp32, kFp32Added, kBf16Added};

/// `blocks`: of 128 of K, of each group.
Problem problem_of(const Sizes& blocks, std::int64_t m, std::int64_t n, const Form& form = kFp32Added,
                   DataKind data = DataKind::integer) {
  Problem p = problem(m, n, 0, data);
  p.kernel = "k_grouped_1d1d";
  p.out = form.out, p.accumulate = form.accumulate;
  for (const std::int64_t count : blocks) p.group_sizes.push_back(count * kInnerStep);
  p.groups = std::ssize(blocks);
  set_size_from_groups(p);
  return p;
}

struct Tile {
  int block_m, block_n, cluster_m = 1, cluster_n = 1, swap_ab = 0, store_buffers = 0;
};

/// Each way to hold scales, both multicasts, D whole and in parts, swapped.
const std::vector<Tile> kTiles = {{64, 16},
                                  {64, 192},
                                  {128, 72},
                                  {128, 112, 2, 1},
                                  {128, 128},
                                  {128, 160, 1, 2},
                                  {128, 192},
                                  {192, 112, 1, 2},
                                  {192, 128, 2, 1},
                                  {192, 144},
                                  {256, 80, 1, 2},
                                  {256, 112, 2, 1},
                                  {192, 128, 1, 1, 0, 2},
                                  {256, 128, 1, 2, 0, 2},
                                  {128, 96, 1, 1, 0, 3},
                                  {8, 64, 1, 1, 1},
                                  {48, 128, 1, 2, 1}};

/// Those that are legal for the problem, with as many stages as fit, on so many clusters; 0: all.
std::vector<Config> fitting(const Problem& p, const std::vector<Tile>& tiles = kTiles, int clusters = 0) {
  const auto& family = family::require(p.kernel);
  std::vector<Config> list;
  for (const Tile& t : tiles) {
    Config c{{"block_m", t.block_m},
             {"block_n", t.block_n},
             {"cluster_m", t.cluster_m},
             {"cluster_n", t.cluster_n},
             {"k_groups", 1},
             {"split_k", 1},
             {"swap_ab", t.swap_ab},
             {"store_buffers", t.store_buffers},
             {"raster", 8},
             {"evict_first", 0}};
    for (const auto& [name, word] : {std::pair{"stages", "max"}, std::pair{"num_sms", "all"}})
      c[name] = family.resolve(name, word, c, p, hopper_limits()).value_or(0);
    if (clusters > 0) c["num_sms"] = clusters * t.cluster_m * t.cluster_n;
    if (!family.illegal(c, p, hopper_limits())) list.push_back(c);
  }
  return list;
}

void expect_right(const Problem& p, const std::vector<Tile>& tiles = kTiles, int clusters = 0) {
  SCOPED_TRACE(describe(p));
  const gemm::Operands operands = Rig::get().operands(p);
  for (const Config& c : fitting(p, tiles, clusters))
    EXPECT_EQ(Rig::get().verdict(operands, c).defect, "") << describe(c);
}

/// Groups without K first, last and between; of one k-block; of more than a ring has stages.
const Sizes kSizes = {0, 1, 9, 0, 0, 2, 31, 1, 0};

TEST(KGrouped, the_tests_below_leave_out_no_tile) {
  EXPECT_EQ(fitting(problem_of(kSizes, 300, 328, kPlain)).size(), kTiles.size());
  EXPECT_EQ(fitting(problem_of(kSizes, 300, 328, kFp32Added)).size(), kTiles.size() - 2);
  // In parts and swapped D is not added to in BF16, and 256x112 spills.
  EXPECT_EQ(fitting(problem_of(kSizes, 300, 328, kBf16Added)).size(), kTiles.size() - 6);
}

TEST(KGrouped, gives_every_bit_of_integers) {
  for (const Form& form : kForms) {
    expect_right(problem_of(kSizes, 300, 328, form));
    expect_right(problem_of(kSizes, 300, 328, form, DataKind::integer_unit));
    expect_right(problem_of({4}, 200, 576, form));
  }
}

TEST(KGrouped, is_right_on_other_data) {
  for (const Form& form : kForms)
    for (const DataKind data : {DataKind::normal, DataKind::adversarial, DataKind::zeros})
      expect_right(problem_of({7, 0, 30, 12}, 333, 704, form, data));
}

/// Where a box hangs over one D the next one begins.
TEST(KGrouped, is_right_wherever_m_and_n_end) {
  for (const Form& form : kForms)
    for (const int m : {1, 7, 65, 129, 190, 257})
      for (const int n : {8, 200}) expect_right(problem_of({2, 0, 3, 1}, m, n, form));
  Problem apart = problem_of({2, 0, 3, 1}, 130, 200, kFp32Added);
  apart.d_pitch = 200 + 12;
  expect_right(apart);
}

/// The sizes at which another library's kernel ends with an illegal instruction.
TEST(KGrouped, is_right_where_one_side_is_768) {
  for (const Form& form : {kFp32, kFp32Added}) {
    expect_right(problem_of({6, 1, 0, 9}, 768, 1536, form));
    expect_right(problem_of({6, 1, 0, 9}, 2048, 768, form));
  }
}

/// The ring goes on from group to group, over those without K, and every place is used again.
TEST(KGrouped, several_tiles_of_one_cta) {
  for (const Form& form : kForms)
    for (const int clusters : {1, 2, 3}) expect_right(problem_of(kSizes, 300, 328, form), kTiles, clusters);
}

TEST(KGrouped, many_groups) {
  Sizes sizes(300);
  for (std::size_t g = 0; g < sizes.size(); ++g) sizes[g] = static_cast<std::int64_t>(g * 7 % 5);
  expect_right(problem_of(sizes, 72, 136, kFp32Added));
  expect_right(problem_of(sizes, 72, 136, kPlain));
}

/// In turn D of all groups, and A.
TEST(KGrouped, addresses_more_than_two_to_the_31_elements) {
  const std::vector<Tile> tiles = {{128, 128}, {192, 128, 1, 2}};
  expect_right(problem_of({1, 1, 0, 1, 1}, 14000, 32768, kFp32), tiles);
  expect_right(problem_of({2000, 0, 2700}, 4096, 64, kFp32Added), {{128, 64}});
}

TEST(KGrouped, gives_every_bit_in_many_launches) {
  for (const Form& form : kForms) {
    std::vector<gemm::Operands> two;
    for (const std::uint64_t seed : {1, 2})
      two.push_back(Rig::get().operands(problem_of(kSizes, 300, 328, form), seed));
    for (const int clusters : {0, 1})
      for (const Config& c : fitting(two[0].problem, kTiles, clusters))
        EXPECT_EQ(first_wrong_launch(two, c), "") << describe(two[0].problem) << " " << describe(c);
  }
}

/// 16-byte units of an output that are not as in `other`, poison where that is null.
std::uint32_t units_unlike(const gemm::Operands& operands, const void* other) {
  const gpu::Stream& stream = Rig::get().stream();
  std::uint32_t unequal = 0;
  const gpu::DeviceBuffer count(sizeof unequal);
  gpu::check(cudaMemsetAsync(count.data(), 0, count.bytes(), stream.get()), "cudaMemsetAsync(count)");
  Rig::get().support().count_unequal(count.as<std::uint32_t>(), operands.output[0].d(), other,
                                     operands.d_bytes(), stream.get());
  gpu::check(cudaMemcpyAsync(&unequal, count.data(), sizeof unequal, cudaMemcpyDeviceToHost, stream.get()),
             "cudaMemcpyAsync(count)");
  stream.synchronise();
  return unequal;
}

/// Whatever lies in D, NaN included.
TEST(KGrouped, without_any_k_d_is_left_alone_or_made_zeros) {
  for (const Form& form : kForms) {
    const Problem p = problem_of({2, 3, 1}, 300, 328, form);
    const gemm::Operands operands = Rig::get().operands(p);
    const gpu::Stream& stream = Rig::get().stream();
    const gpu::DeviceBuffer zeros(static_cast<std::size_t>(operands.d_bytes()));
    gpu::check(cudaMemsetAsync(zeros.data(), 0, zeros.bytes(), stream.get()), "cudaMemsetAsync(zeros)");
    gemm::OperandSets sets = operands.sets();
    for (gemm::OperandSet& set : sets.sets) set.layout = zeros.as<std::int32_t>();
    for (const Config& c : fitting(p, {{128, 128}, {128, 112, 2, 1}, {64, 16}})) {
      operands.output[0].poison(stream.get());
      gemm::gemm_launch(Rig::get().kernel(p, c), c, sets)(stream.get(), 0);
      EXPECT_EQ(units_unlike(operands, form.accumulate ? nullptr : zeros.data()), 0u)
          << describe(p) << " " << describe(c);
    }
  }
}

/// How many elements of output 0 are not those of the reference, and the sum of its squares.
struct Judged {
  std::uint32_t unequal = 0;
  double reference_squared = 0;
};

Judged judged(const gemm::Operands& truth, const gemm::GuardedOutput& output) {
  const gpu::Stream& stream = Rig::get().stream();
  std::vector<gemm::Judgement> judgements(static_cast<std::size_t>(truth.judgements()));
  const gpu::DeviceBuffer counted(judgements.size() * sizeof judgements[0]);
  gpu::check(cudaMemsetAsync(counted.data(), 0, counted.bytes(), stream.get()),
             "cudaMemsetAsync(judgements)");
  truth.judge(counted.as<gemm::Judgement>(), output, Rig::get().support(), stream.get());
  gpu::check(cudaMemcpyAsync(judgements.data(), counted.data(), counted.bytes(), cudaMemcpyDeviceToHost,
                             stream.get()),
             "cudaMemcpyAsync(judgements)");
  stream.synchronise();
  Judged all;
  for (const gemm::Judgement& one : judgements) {
    all.unequal += one.unequal + one.not_numbers;
    all.reference_squared += one.reference_squared;
  }
  return all;
}

/// Captured with the first sizes, replayed with each: A and B are the same, since K of all is. A kernel that
/// goes on with the sizes of its first launch is wrong with all others.
TEST(KGrouped, a_graph_follows_the_sizes) {
  const std::vector<Sizes> all = {{4, 0, 9, 3}, {0, 16, 0, 0}, {1, 1, 1, 13}, {16, 0, 0, 0}, {0, 5, 11, 0}};
  std::vector<gemm::Operands> truths;
  for (const Sizes& sizes : all) truths.push_back(Rig::get().operands(problem_of(sizes, 300, 328, kFp32)));
  const gpu::Stream& stream = Rig::get().stream();
  const gemm::Operands& operands = truths[0];
  const std::vector<Config> configs =
      fitting(operands.problem, {{128, 128}, {128, 112, 2, 1}, {192, 128, 1, 1, 0, 2}});
  const auto replay = [&](const Config& c, int defect) {
    const gpu::DeviceBuffer layout(all[0].size() * 4);
    gemm::OperandSets sets = operands.sets();
    for (gemm::OperandSet& set : sets.sets) set.layout = layout.as<std::int32_t>();
    const gemm::GemmLaunch launch =
        gemm::gemm_launch(Rig::get().kernel(operands.problem, c, defect), c, sets);
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    gpu::check(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal),
               "cudaStreamBeginCapture");
    launch(stream.get(), 0);
    gpu::check(cudaStreamEndCapture(stream.get(), &graph), "cudaStreamEndCapture");
    gpu::check(cudaGraphInstantiate(&executable, graph, 0), "cudaGraphInstantiate");
    for (std::size_t i = 0; i < all.size(); ++i) {
      gpu::check(cudaMemcpyAsync(layout.data(), truths[i].layouts.of_draw(0), layout.bytes(),
                                 cudaMemcpyDeviceToDevice, stream.get()),
                 "cudaMemcpyAsync(layout)");
      operands.reset(operands.output[0], stream.get());
      gpu::check(cudaGraphLaunch(executable, stream.get()), "cudaGraphLaunch");
      const Judged found = judged(truths[i], operands.output[0]);
      EXPECT_EQ(found.unequal > 0, defect != 0 && i > 0)
          << found.unequal << ", sizes " << i << " " << describe(c) << " defect " << defect;
      if (defect != 0) continue;
      EXPECT_GT(found.reference_squared, 0);
      EXPECT_GT(judged(truths[(i + 1) % all.size()], operands.output[0]).unequal, 0u)
          << "other sizes give other D";
    }
    gpu::check(cudaGraphExecDestroy(executable), "cudaGraphExecDestroy");
    gpu::check(cudaGraphDestroy(graph), "cudaGraphDestroy");
  };
  for (const Config& c : configs)
    for (const int defect : {0, kRowsOfFirstLaunch}) replay(c, defect);
}

const std::vector<Tile> kHosts = {
    {64, 64}, {128, 112, 2, 1}, {128, 160, 1, 2}, {192, 128}, {192, 128, 1, 1, 0, 2}};

/// The verdict must be clean without the defect and match `gate`, a regular expression, with it.
void expect_caught(const Problem& p, int defect, const std::string& gate,
                   const std::vector<Tile>& tiles = kHosts, const gemm::LaunchTweaks& tweaks = {}) {
  const gemm::Operands operands = Rig::get().operands(p);
  const std::vector<Config> hosts = fitting(p, tiles);
  EXPECT_FALSE(hosts.empty());
  for (const Config& c : hosts) {
    SCOPED_TRACE(describe(p) + " " + describe(c));
    EXPECT_EQ(Rig::get().verdict(operands, c).defect, "");
    const Verdict verdict = Rig::get().verdict(operands, c, defect, tweaks);
    EXPECT_TRUE(std::regex_search(verdict.defect, std::regex(gate))) << "got: \"" << verdict.defect << '"';
    std::printf("defect %d: error_rms %.2e error_max %.2e: %s\n", defect, verdict.error_rms,
                verdict.error_max, verdict.defect.c_str());
  }
}

TEST(KGroupedDefects, a_k_block_of_the_wrong_group_is_seen) {
  for (const int defect : {kTailToNeighbour, kGroupEndsLate})
    for (const Form& form : kForms) {
      expect_caught(problem_of({4, 0, 7, 2}, 300, 328, form), defect, "differ from the exact");
      expect_caught(problem_of({40, 0, 70, 50}, 300, 328, form, DataKind::normal), defect, "error_");
    }
}

/// Of groups with one k-block each the scale of the next one is the next group's.
TEST(KGroupedDefects, scales_of_another_group_row_or_column_are_seen) {
  for (const int defect : {kScaleOffByOne, kScaleOfNeighbourRow, kScaleOfNeighbourColumn}) {
    expect_caught(problem_of({1, 1, 1, 1}, 320, 704, kFp32Added), defect, "differ from the exact");
    expect_caught(problem_of({20, 3, 16}, 320, 704, kFp32Added), defect, "differ from the exact");
    expect_caught(problem_of({1, 1, 1, 1}, 320, 704, kFp32Added, DataKind::normal), defect, "error_");
    expect_caught(problem_of({50, 3, 16}, 320, 704, kFp32, DataKind::normal), defect, "error_");
  }
}

TEST(KGroupedDefects, c_that_is_missing_or_added_twice_is_seen) {
  for (const int defect : {kCMissing, kAddedTwice})
    for (const Form& form : {kFp32Added, kBf16Added}) {
      expect_caught(problem_of({4, 0, 7, 2}, 300, 328, form), defect, "differ from the exact");
      expect_caught(problem_of({40, 0, 7, 20}, 300, 328, form, DataKind::normal), defect, "error_");
    }
}

TEST(KGroupedDefects, skipped_promotion_is_seen) {
  expect_caught(problem_of({4, 16, 128}, 320, 704, kFp32, DataKind::integer_unit), kPromotionSkipped,
                "differ from the exact");
}

/// A box that reaches over the last D ends in the guard; one over another D writes into the next.
TEST(KGroupedDefects, rows_unwritten_and_writes_outside_are_seen) {
  for (const Form& form : {kPlain, kFp32}) {
    const Problem p = problem_of({2, 3, 1}, 257, 704, form, DataKind::normal);
    expect_caught(p, kRowUnwritten, "were not written");
    expect_caught(p, 0, "outside D were written", kHosts, {.extra_rows = 1});
  }
}

/// What is in their place was there before, of another launch: values that are wrong, or bytes that are no
/// number in E4M3.
TEST(KGroupedDefects, eight_rows_that_are_not_loaded_are_seen) {
  for (const Form& form : {kPlain, kFp32Added})
    expect_caught(problem_of({20, 0, 30}, 300, 328, form, DataKind::normal), 0, "error_|are not numbers",
                  {{64, 64}, {128, 112, 2, 1}}, {.missing_rows = 8});
}

TEST(KGroupedDefectsDeathTest, barriers_that_are_wrong_are_seen) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Problem p = problem_of({4, 0, 16, 2}, 320, 704, kFp32);
  const auto judge = [&](const Config& c, int defect) {
    report_and_exit([&] { return Rig::get().verdict(Rig::get().operands(p), c, defect).defect; });
  };
  for (const Config& c : fitting(p, {{128, 128}, {128, 128, 2, 1}})) {
    EXPECT_EXIT(judge(c, kBarrierNeverCompletes), testing::ExitedWithCode(0), "misaligned address");
    EXPECT_EXIT(judge(c, kWrongParity), testing::ExitedWithCode(0),
                "differ|misaligned|launch failure|illegal instruction");
  }
}

}  // namespace
}  // namespace gemmtune::test
