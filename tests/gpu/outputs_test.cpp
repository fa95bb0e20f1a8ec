// The forms of D: FP32, D += for both types, rows that lie apart. Each is another epilogue behind the same
// main loop, so every kind of tile stores every form at every edge.
#include "gpu/stress.h"
#include "worker/gemm/cublaslt.h"

namespace gemmtune::test {
namespace {

// Of kernels/common/defect.cuh.
constexpr int kPromotionEvery256 = 2, kRowUnwritten = 4, kCMissing = 9, kAddedTwice = 10;

struct Form {
  OutputType out;
  bool accumulate;
};
constexpr Form kPlain{OutputType::bf16, false};
constexpr Form kFp32{OutputType::fp32, false};
constexpr Form kFp32Added{OutputType::fp32, true};
constexpr Form kBf16Added{OutputType::bf16, true};
constexpr Form kForms[] = {kFp32, kFp32Added, kBf16Added};

Problem in_form(Problem p, const Form& form) {
  p.out = form.out, p.accumulate = form.accumulate;
  return p;
}

/// With gaps of another length between the rows of each operand; `pitch` 1 is the smallest that TMA takes.
Problem apart(Problem p, std::int64_t pitch = 1) {
  p.a_pitch = p.k + 16 * pitch, p.b_pitch = p.k + 48 * pitch, p.d_pitch = p.n + 8 * pitch;
  return p;
}

struct Tile {
  int block_m, block_n;
  int cluster_m = 1, cluster_n = 1, k_groups = 1, split_k = 1;
};

/// Store boxes of each width (in FP32 32, 16 and 8 columns), one wave a warpgroup and two, one to four
/// warpgroups, both multicasts, k-groups; CTAs that gather the sums of no, one and two row warpgroups.
const std::vector<Tile> kTiles = {
    {64, 16},
    {64, 24},
    {64, 64, 1, 2},
    {64, 136},
    {64, 192},
    {128, 32, 2, 1},
    {128, 72},
    {128, 112, 2, 1},
    {128, 128},
    {128, 192, 1, 2},
    {192, 104},
    {256, 40},
    {256, 112, 2, 1},
    {256, 128, 1, 2},
    {64, 32, 1, 1, 2},
    {64, 72, 1, 1, 4},
    {128, 88, 1, 1, 2},
    {256, 56, 1, 1, 2},
    {64, 32, 1, 1, 1, 2},
    {64, 64, 1, 1, 1, 4},
    {64, 56, 1, 1, 2, 3},
    {128, 96, 1, 1, 1, 3},
    {192, 96, 1, 1, 1, 2},
    {256, 128, 1, 1, 1, 2},
    {256, 56, 1, 1, 2, 2},
};

/// Those that are legal for the problem, with as many stages and CTAs as fit.
std::vector<Config> fitting(const Problem& p, const std::vector<Tile>& tiles = kTiles) {
  const auto& family = family::require(p.kernel);
  std::vector<Config> list;
  for (const Tile& t : tiles) {
    Config c{{"block_m", t.block_m},
             {"block_n", t.block_n},
             {"cluster_m", t.cluster_m},
             {"cluster_n", t.cluster_n},
             {"k_groups", t.k_groups},
             {"split_k", t.split_k},
             {"raster", 8},
             {"evict_first", 0},
             {"swap_ab", 0}};
    for (const auto& [name, word] : {std::pair{"stages", "max"}, std::pair{"num_sms", "all"}})
      c[name] = family.resolve(name, word, c, p, hopper_limits()).value_or(0);
    if (!family.illegal(c, p, hopper_limits())) list.push_back(c);
  }
  return list;
}

void expect_all_correct(const Problem& p, const std::vector<Tile>& tiles = kTiles) {
  SCOPED_TRACE(describe(p));
  const gemm::Operands operands = Rig::get().operands(p);
  for (const Config& c : fitting(p, tiles))
    EXPECT_EQ(Rig::get().verdict(operands, c).defect, "") << describe(c);
}

/// Few enough tiles for all of kTiles, K split or not; N and M end inside a tile.
const Problem kMiddle = problem(300, 328, 9 * 128, DataKind::integer);

TEST(Outputs, the_tests_below_leave_out_no_tile) {
  for (const Form& form : kForms) EXPECT_EQ(fitting(in_form(kMiddle, form)).size(), kTiles.size());
}

TEST(Outputs, give_every_bit_of_integers) {
  for (const Form& form : kForms) {
    expect_all_correct(in_form(kMiddle, form));
    Problem unit = in_form(kMiddle, form);
    unit.data = DataKind::integer_unit, unit.k = 2048;
    expect_all_correct(unit);
  }
}

TEST(Outputs, are_right_on_other_data) {
  for (const Form& form : kForms) {
    expect_all_correct(in_form(problem(300, 328, 7168), form));
    expect_all_correct(in_form(problem(300, 328, 33 * 128, DataKind::adversarial), form));
    expect_all_correct(in_form(problem(300, 328, 512, DataKind::zeros), form));
  }
}

TEST(Outputs, are_right_at_the_edges_with_rows_apart_and_without) {
  for (const Form& form : kForms)
    for (const int m : {1, 3, 63, 65, 129, 4097})
      for (const int n : {8, 576, 2112}) {
        expect_all_correct(in_form(problem(m, n, 128, DataKind::integer), form));
        expect_all_correct(apart(in_form(problem(m, n, 512, DataKind::integer), form)));
      }
}

TEST(Outputs, bf16_that_is_overwritten_may_lie_apart_too) {
  for (const int m : {1, 65, 300})
    for (const std::int64_t pitch : {1, 7}) {
      expect_all_correct(apart(in_form(problem(m, 328, 1152, DataKind::integer), kPlain), pitch));
      expect_all_correct(apart(in_form(problem(m, 576, 1152), kPlain), pitch));
    }
}

TEST(Outputs, address_more_than_two_to_the_31_elements) {
  const std::vector<Tile> some = {{128, 128}, {64, 64, 1, 2}, {256, 112, 2, 1}};
  expect_all_correct(in_form(problem(70000, 32768, 128, DataKind::integer), kFp32), some);
  for (const Form& form : {kFp32Added, kBf16Added}) {
    Problem far = in_form(problem(2100, 576, 128, DataKind::integer), form);
    far.a_pitch = far.d_pitch = 1 << 20, far.b_pitch = 1 << 22;
    expect_all_correct(far, some);
  }
}

/// Tiles one after the other on few CTAs, and K split: C is there once a launch, whatever came before.
TEST(Outputs, give_every_bit_in_many_launches) {
  for (const Form& form : kForms) {
    std::vector<gemm::Operands> two;
    for (const std::uint64_t seed : {1, 2}) two.push_back(Rig::get().operands(in_form(kMiddle, form), seed));
    for (const Config& on_all : fitting(two[0].problem)) {
      Config on_one_cluster = on_all;
      on_one_cluster["num_sms"] = on_all.at("cluster_m") * on_all.at("cluster_n") * on_all.at("split_k");
      for (const Config& c : {on_one_cluster, on_all})
        EXPECT_EQ(first_wrong_launch(two, c), "") << describe(two[0].problem) << " " << describe(c);
    }
  }
}

/// The second witness, and where the FP32 gate's limit comes from. What cuBLASLt refuses is printed.
TEST(Outputs, right_kernels_stay_well_inside_the_limits) {
  for (const Form& form : kForms)
    for (const int k : {128, 512, 2048, 7168, 16384}) {
      const Problem p = apart(in_form(problem(1024, 1024, k), form));
      const gemm::Operands operands = Rig::get().operands(p);
      gemm::CublasLtBaselines library(operands.sets(), Rig::get().support(), Rig::get().stream());
      std::vector<std::pair<std::string, Verdict>> verdicts = {
          {"dense_1d2d", Rig::get().verdict(operands, config(p, 128, 128))}};
      for (const gemm::Answers& answers : library.answers())
        std::printf("%s: %s: %zu answers %s\n", describe(p).c_str(), answers.provider.c_str(),
                    answers.algorithms.size(), answers.refusal.c_str());
      if (!library.answers()[0].algorithms.empty())
        verdicts.emplace_back("cublaslt_block", gemm::verify(library.launch("cublaslt_block", 0), operands,
                                                             Rig::get().support(), Rig::get().stream()));
      for (const auto& [name, verdict] : verdicts) {
        std::printf("%6d %-16s %10.2e %10.2e\n", k, name.c_str(), verdict.error_rms, verdict.error_max);
        // cuBLASLt 13.1 with block scales misses the gate where C in BF16 is added, by about as much as a
        // product costs that is rounded to BF16 first: error_max 1.6e-3 at K 128, the limit is 7.9e-4.
        const bool library_adds = name == "cublaslt_block" && p.out == OutputType::bf16 && p.accumulate;
        EXPECT_TRUE(library_adds || verdict.defect.empty())
            << name << " " << describe(p) << ": " << verdict.defect;
      }
      EXPECT_LT(verdicts[0].second.error_rms,
                0.85 * operation::error_rms_limit(operation::of(p).gates, p.out, k))
          << describe(p);
      EXPECT_GT(verdicts[0].second.error_rms, 1e-6) << "a gate that reads nothing would give zero";
    }
}

void expect_caught(const Problem& p, int defect, const std::string& gate, const std::vector<Tile>& tiles,
                   const gemm::LaunchTweaks& tweaks = {}) {
  const gemm::Operands operands = Rig::get().operands(p);
  const std::vector<Config> hosts = fitting(p, tiles);
  EXPECT_EQ(hosts.size(), tiles.size());
  for (const Config& c : hosts) {
    SCOPED_TRACE(describe(p) + " " + describe(c));
    EXPECT_EQ(Rig::get().verdict(operands, c).defect, "");
    const Verdict verdict = Rig::get().verdict(operands, c, defect, tweaks);
    EXPECT_NE(verdict.defect.find(gate), std::string::npos) << "got: \"" << verdict.defect << '"';
  }
}

const std::vector<Tile> kHosts = {{128, 128}, {64, 64, 1, 2}, {64, 32, 1, 1, 1, 2}, {128, 96, 1, 1, 1, 3}};

TEST(OutputDefects, a_missing_c_is_seen) {
  for (const Form& form : {kFp32Added, kBf16Added}) {
    expect_caught(in_form(kMiddle, form), kCMissing, "differ from the exact", kHosts);
    expect_caught(in_form(problem(300, 328, 7168), form), kCMissing, "error_", kHosts);
  }
}

TEST(OutputDefects, what_is_added_twice_is_seen) {
  for (const Form& form : {kFp32Added, kBf16Added}) {
    expect_caught(in_form(kMiddle, form), kAddedTwice, "differ from the exact", kHosts);
    expect_caught(in_form(problem(300, 328, 7168), form), kAddedTwice, "error_", kHosts);
  }
}

TEST(OutputDefects, promotion_every_256_exceeds_the_rms_gate_of_fp32) {
  for (const int k : {512, 2048, 7168, 16384})
    expect_caught(in_form(problem(1024, 1024, k, DataKind::one_scale), kFp32), kPromotionEvery256, "error_",
                  {{64, 64}, {128, 112, 2, 1}, {128, 128, 1, 2}});
}

TEST(OutputDefects, an_unwritten_row_is_seen_in_fp32) {
  expect_caught(in_form(problem(257, 704, 512), kFp32), kRowUnwritten, "were not written",
                {{64, 64}, {128, 112, 2, 1}, {256, 128}});
}

/// N ends inside a tile, so that a map that claims too much lets its end be written.
TEST(OutputDefects, writes_outside_rows_that_lie_apart_are_seen) {
  for (const Form& form : {kPlain, kFp32}) {
    const Problem p = apart(in_form(problem(257, 712, 512), form));
    expect_caught(p, 0, "outside D were written", {{64, 64}, {128, 112, 2, 1}, {256, 128}}, {0, 8});
    expect_caught(p, 0, "outside D were written", {{64, 64}, {128, 112, 2, 1}, {256, 128}}, {1, 0});
  }
}

}  // namespace
}  // namespace gemmtune::test
