// dense_bf16 and dense_tensor on real hardware: what dense_1d2d_test.cpp and defects_test.cpp ask of the
// kernel with block scales.
#include "gpu/rig.h"
#include "worker/gemm/cublaslt.h"

#include <unistd.h>

namespace gemmtune::test {
namespace {

// Of kernels/common/defect.cuh.
constexpr int kRowUnwritten = 4, kWrongParity = 5, kBarrierNeverCompletes = 6, kKBlockMissing = 15;

class Unscaled : public testing::TestWithParam<const char*> {
 protected:
  static Problem problem_of(std::int64_t m, std::int64_t n, std::int64_t k,
                            DataKind data = DataKind::normal) {
    Problem p = problem(m, n, k, data);
    p.kernel = GetParam();
    return p;
  }
  static bool is_bf16() { return std::string(GetParam()) == "dense_bf16"; }
};

INSTANTIATE_TEST_SUITE_P(Kernels, Unscaled, testing::Values("dense_bf16", "dense_tensor"),
                         [](const auto& info) { return std::string(info.param); });

/// One configuration of each kind: warpgroups, waves, the widest tiles, narrow store boxes, k-groups, shared
/// K, swapped tiles, both multicasts, tiles taken in turn. Those that are not legal for the problem's output
/// mode are left out.
std::vector<Config> spread(const Problem& p) {
  struct Tile {
    int block_m, block_n, cluster_m = 1, cluster_n = 1, k_groups = 1, split_k = 1, swap_ab = 0;
    int ping_pong = 0, store_buffers = 0;
  };
  constexpr Tile kTiles[] = {{64, 16},
                             {64, 256},
                             {64, 136, 1, 2},
                             {128, 72},
                             {128, 256},
                             {128, 256, 2, 1},
                             {128, 192, 1, 2},
                             {192, 104},
                             {192, 192, 2, 1},
                             {256, 40},
                             {256, 128, 2, 1},
                             {256, 192, 1, 2},
                             {64, 96, 1, 1, 2},
                             {64, 72, 1, 1, 4},
                             {128, 96, 2, 1, 2},
                             {256, 48, 1, 1, 2},
                             {64, 64, 1, 1, 1, 4},
                             {128, 128, 1, 1, 1, 3},
                             {64, 32, 1, 1, 2, 2},
                             {16, 64, 1, 1, 1, 1, 1},
                             {64, 128, 1, 2, 1, 1, 1},
                             {128, 128, 1, 1, 1, 1, 1},
                             {40, 256, 1, 1, 1, 2, 1},
                             {64, 104, 1, 1, 1, 1, 0, 1},
                             {128, 128, 1, 2, 1, 1, 0, 1},
                             {128, 192, 2, 1, 1, 1, 0, 1, 2},
                             {192, 96, 1, 1, 1, 1, 0, 1, 3},
                             {256, 64, 1, 1, 1, 1, 0, 1}};
  const auto& family = family::require(p.kernel);
  const DeviceLimits limits = hopper_limits();
  std::vector<Config> list;
  for (const Tile& t : kTiles) {
    Config c{{"block_m", t.block_m},     {"block_n", t.block_n}, {"cluster_m", t.cluster_m},
             {"cluster_n", t.cluster_n}, {"raster", 8},          {"k_groups", t.k_groups},
             {"split_k", t.split_k},     {"swap_ab", t.swap_ab}, {"evict_first", 0}};
    if (t.ping_pong != 0) c["ping_pong"] = t.ping_pong;
    if (t.store_buffers != 0) c["store_buffers"] = t.store_buffers;
    const auto stages = family.resolve("stages", "max", c, p, limits);
    if (!stages) continue;
    c["stages"] = *stages;
    c["num_sms"] = family.resolve("num_sms", "all", c, p, limits).value();
    if (!family.illegal(c, p, limits)) list.push_back(c);
  }
  EXPECT_GE(list.size(), 6u) << describe(p);
  return list;
}

void expect_all_correct(const Problem& p) {
  SCOPED_TRACE(describe(p));
  const gemm::Operands operands = Rig::get().operands(p);
  for (const Config& c : spread(p)) EXPECT_EQ(Rig::get().verdict(operands, c).defect, "") << describe(c);
}

TEST_P(Unscaled, is_right_on_every_kind_of_data) {
  expect_all_correct(problem_of(333, 2112, 1536));
  expect_all_correct(problem_of(512, 1024, 16384));
  expect_all_correct(problem_of(333, 2112, 1536, DataKind::integer));
  expect_all_correct(problem_of(200, 576, 16384, DataKind::integer));
  if (is_bf16()) expect_all_correct(problem_of(200, 576, 16384, DataKind::integer_unit));
  expect_all_correct(problem_of(300, 704, 4096, DataKind::adversarial));
  expect_all_correct(problem_of(128, 256, 512, DataKind::zeros));
}

TEST_P(Unscaled, is_right_at_the_edges) {
  for (const int m : {1, 3, 65, 129, 4097})
    for (const int n : {8, 576})
      for (const int k : {16, 64, 144, 528, 7184}) expect_all_correct(problem_of(m, n, k, DataKind::integer));
}

TEST_P(Unscaled, is_right_in_every_output_mode) {
  for (const OutputType out : {OutputType::bf16, OutputType::fp32})
    for (const bool accumulate : {false, true})
      for (const DataKind data : {DataKind::integer, DataKind::normal}) {
        Problem p = problem_of(300, 328, 1168, data);
        p.out = out, p.accumulate = accumulate;
        p.a_pitch = p.b_pitch = 1280, p.d_pitch = 512;
        expect_all_correct(p);
      }
}

TEST_P(Unscaled, is_right_for_any_number_of_sms) {
  const Problem p = problem_of(700, 1000, 640, DataKind::integer);
  const gemm::Operands operands = Rig::get().operands(p);
  for (const int num_sms : {1, 2, 3, 7, 31})
    EXPECT_EQ(Rig::get().verdict(operands, config(p, 128, 112, 1, 1, num_sms)).defect, "") << num_sms;
  for (const int stages : {2, 3, 5})
    EXPECT_EQ(Rig::get().verdict(operands, config(p, 128, 96, 1, 1, 0, 8, stages)).defect, "") << stages;
}

/// Where the limits come from: figures of right kernels, ours and cuBLASLt's, at every K, in both outputs.
TEST_P(Unscaled, right_kernels_stay_well_inside_the_limits) {
  for (const OutputType out : {OutputType::bf16, OutputType::fp32})
    for (const int k : {128, 512, 2048, 7168, 16384}) {
      Problem p = problem_of(1024, 1024, k);
      p.out = out;
      const operation::Gates& gates = operation::of(p).gates;
      const gemm::Operands operands = Rig::get().operands(p);
      gemm::CublasLtBaselines library(operands.sets(), Rig::get().support(), Rig::get().stream());
      const gemm::Answers& first = library.answers()[0];
      EXPECT_FALSE(first.algorithms.empty()) << first.refusal;
      std::vector<std::pair<std::string, Verdict>> verdicts = {
          {p.kernel, Rig::get().verdict(operands, config(p, 128, 128))}};
      if (!first.algorithms.empty())
        verdicts.emplace_back(first.provider, gemm::verify(library.launch(first.provider, 0), operands,
                                                           Rig::get().support(), Rig::get().stream()));
      for (const auto& [name, verdict] : verdicts)
        std::printf("%s %6d %-16s rms %10.3e of %10.2e, max %10.3e of %10.2e\n", to_string(out).data(), k,
                    name.c_str(), verdict.error_rms, operation::error_rms_limit(gates, out, k),
                    verdict.error_max, operation::error_max_limit(gates, p.data, k));
      EXPECT_EQ(verdicts[0].second.defect, "") << describe(p);
      EXPECT_LT(verdicts[0].second.error_rms, 0.9 * operation::error_rms_limit(gates, out, k)) << describe(p);
    }
}

/// The verdict must be clean without the defect and name `gate` with it.
void expect_caught(const Problem& p, int defect, const std::string& gate,
                   const gemm::LaunchTweaks& tweaks = {}) {
  const gemm::Operands operands = Rig::get().operands(p);
  for (const Config& c : {config(p, 64, 64), config(p, 128, 112, 2, 1), config(p, 128, 128, 1, 2),
                          config(p, 256, 128), config(p, 64, 64, 1, 1, 0, 8, 0, 2)}) {
    SCOPED_TRACE(describe(p) + " " + describe(c));
    EXPECT_EQ(Rig::get().verdict(operands, c).defect, "");
    const Verdict verdict = Rig::get().verdict(operands, c, defect, tweaks);
    EXPECT_NE(verdict.defect.find(gate), std::string::npos) << "got: \"" << verdict.defect << '"';
  }
}

TEST_P(Unscaled, a_missing_k_block_is_seen) {
  for (const int k : {512, 2048, 7168, 16384}) {
    expect_caught(problem_of(1024, 1024, k), kKBlockMissing, "error_");
    expect_caught(problem_of(320, 704, k, DataKind::integer), kKBlockMissing, "differ from the exact");
  }
}

TEST_P(Unscaled, an_unwritten_row_is_seen) {
  expect_caught(problem_of(257, 704, 512), kRowUnwritten, "were not written");
}

TEST_P(Unscaled, a_write_past_the_tail_is_seen) {
  expect_caught(problem_of(257, 704, 512), 0, "outside D were written", {1});
}

[[noreturn]] void judge_and_exit(const Problem& p, const Config& c, int defect) {
  std::string found;
  try {
    const gemm::Operands operands = Rig::get().operands(p);
    found = Rig::get().verdict(operands, c, defect).defect;
  } catch (const std::exception& error) {
    found = error.what();
  }
  std::fprintf(stderr, "%s\n", found.c_str());
  _exit(found.empty() ? 1 : 0);
}

using UnscaledDeathTest = Unscaled;
INSTANTIATE_TEST_SUITE_P(Kernels, UnscaledDeathTest, testing::Values("dense_bf16", "dense_tensor"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(UnscaledDeathTest, a_barrier_that_never_completes_is_ended_by_its_bound) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Problem p = problem_of(320, 704, 2048);
  EXPECT_EXIT(judge_and_exit(p, config(p, 128, 128), kBarrierNeverCompletes), testing::ExitedWithCode(0),
              "misaligned address");
}

TEST_P(UnscaledDeathTest, wrong_parity_with_a_late_producer_is_seen) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Problem p = problem_of(320, 704, 2048, DataKind::integer);
  const std::string caught = "differ|misaligned|launch failure|illegal instruction";
  EXPECT_EXIT(judge_and_exit(p, config(p, 64, 64), kWrongParity), testing::ExitedWithCode(0), caught);
  EXPECT_EXIT(judge_and_exit(p, config(p, 128, 128, 1, 2), kWrongParity), testing::ExitedWithCode(0), caught);
}

}  // namespace
}  // namespace gemmtune::test
