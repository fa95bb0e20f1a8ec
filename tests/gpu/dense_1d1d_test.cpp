// dense_1d1d on real hardware: what dense_1d2d_test.cpp, outputs_test.cpp and defects_test.cpp ask of the
// kernel whose B is scaled in blocks. Where M ends: tails_test.cpp.
#include "gpu/rig.h"
#include "gpu/stress.h"
#include "worker/gemm/cublaslt.h"

#include <unistd.h>

namespace gemmtune::test {
namespace {

// Of kernels/common/defect.cuh.
constexpr int kPromotionSkipped = 1, kPromotionEvery256 = 2, kScaleOffByOne = 3, kRowUnwritten = 4,
              kWrongParity = 5, kBarrierNeverCompletes = 6, kCMissing = 9, kAddedTwice = 10,
              kScaleOfNeighbourRow = 19, kScaleOfNeighbourColumn = 23;

struct Form {
  OutputType out;
  bool accumulate;
};
constexpr Form kPlain{OutputType::bf16, false}, kFp32{OutputType::fp32, false},
    kFp32Added{OutputType::fp32, true}, kBf16Added{OutputType::bf16, true};
constexpr Form kForms[] = {kPlain, kFp32, kFp32Added, kBf16Added};

Problem problem_of(std::int64_t m, std::int64_t n, std::int64_t k, DataKind data = DataKind::normal,
                   const Form& form = kFp32Added) {
  Problem p = problem(m, n, k, data);
  p.kernel = "dense_1d1d";
  p.out = form.out, p.accumulate = form.accumulate;
  return p;
}

struct Tile {
  int block_m, block_n;
  int cluster_m = 1, cluster_n = 1, k_groups = 1, split_k = 1, swap_ab = 0, store_buffers = 0;
};

/// One or two of each way to hold scales (kernels/gemm/promote_1d1d.cuh: of all elements, of columns, of rows
/// alone), for one to four warpgroups, one wave and two; both multicasts, k-groups, shared K, swapped tiles,
/// D in parts.
const std::vector<Tile> kTiles = {
    {64, 16},
    {64, 24},
    {64, 136, 1, 2},
    {64, 192},
    {128, 32, 2, 1},
    {128, 72},
    {128, 112, 2, 1},
    {128, 128},
    {128, 160, 1, 2},
    {128, 192},
    {192, 88},
    {192, 112, 1, 2},
    {192, 128, 2, 1},
    {192, 128, 1, 1, 1, 1, 0, 2},
    {192, 144},
    {256, 40},
    {256, 80, 1, 2},
    {256, 112, 2, 1},
    {256, 128, 1, 2, 1, 1, 0, 2},
    {256, 128, 1, 1, 1, 1, 0, 3},
    {64, 32, 1, 1, 2},
    {64, 96, 1, 2, 3},
    {64, 72, 1, 1, 4},
    {128, 80, 2, 1, 2},
    {256, 56, 1, 1, 2},
    {64, 64, 1, 1, 1, 4},
    {64, 56, 1, 1, 2, 3},
    {128, 96, 1, 1, 1, 3},
    {192, 96, 1, 1, 1, 2},
    {256, 112, 1, 1, 1, 2},
    {8, 64, 1, 1, 1, 1, 1},
    {48, 128, 1, 2, 1, 1, 1},
    {80, 128, 1, 1, 2, 1, 1},
    {72, 256, 1, 1, 1, 2, 1},
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
             {"swap_ab", t.swap_ab},
             {"store_buffers", t.store_buffers},
             {"raster", 8},
             {"evict_first", 0}};
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

/// N and M end inside a tile.
Problem middle(const Form& form) {
  return problem_of(300, 328, 9 * 128, DataKind::integer, form);
}

/// Swapped tiles are of BF16 that is overwritten alone, and C in BF16 comes to where D would be in parts.
TEST(Dense1d1d, the_tests_below_leave_out_no_tile) {
  EXPECT_EQ(fitting(middle(kPlain)).size(), kTiles.size());
  EXPECT_EQ(fitting(middle(kFp32)).size(), kTiles.size() - 4);
  EXPECT_EQ(fitting(middle(kFp32Added)).size(), kTiles.size() - 4);
  EXPECT_EQ(fitting(middle(kBf16Added)).size(), kTiles.size() - 7);
}

TEST(Dense1d1d, gives_every_bit_of_integers) {
  for (const Form& form : kForms) {
    expect_all_correct(middle(form));
    for (const int k : {128, 2048, 16384})
      expect_all_correct(problem_of(200, 576, k, DataKind::integer_unit, form));
  }
}

TEST(Dense1d1d, is_right_on_other_data) {
  for (const Form& form : kForms) {
    expect_all_correct(problem_of(333, 2112, 1536, DataKind::normal, form));
    expect_all_correct(problem_of(512, 1024, 16384, DataKind::normal, form));
    expect_all_correct(problem_of(300, 704, 4096, DataKind::adversarial, form));
    expect_all_correct(problem_of(128, 256, 512, DataKind::zeros, form));
    Problem powers = problem_of(200, 576, 2048, DataKind::normal, form);
    powers.recipe = Recipe::ue8m0;
    expect_all_correct(powers);
  }
}

TEST(Dense1d1d, is_right_at_the_edges_with_rows_apart_and_without) {
  for (const Form& form : {kPlain, kFp32Added})
    for (const int m : {1, 3, 63, 65, 129, 4097})
      for (const int n : {8, 576, 2112}) {
        expect_all_correct(problem_of(m, n, 128, DataKind::integer, form));
        Problem apart = problem_of(m, n, 512, DataKind::integer, form);
        apart.a_pitch = 512 + 16, apart.b_pitch = 512 + 48, apart.d_pitch = n + 8;
        expect_all_correct(apart);
      }
}

TEST(Dense1d1d, is_right_for_any_number_of_sms_depth_and_raster) {
  const Problem p = problem_of(700, 1000, 640, DataKind::integer);
  const gemm::Operands operands = Rig::get().operands(p);
  for (const int num_sms : {1, 2, 3, 7, 31})
    EXPECT_EQ(Rig::get().verdict(operands, config(p, 192, 128, 1, 1, num_sms)).defect, "") << num_sms;
  for (const int num_sms : {2, 4, 22})
    EXPECT_EQ(Rig::get().verdict(operands, config(p, 128, 112, 2, 1, num_sms)).defect, "") << num_sms;
  for (const int stages : {2, 3, 4})
    for (const int raster : {1, 4, 16})
      EXPECT_EQ(Rig::get().verdict(operands, config(p, 128, 96, 1, 1, 0, raster, stages)).defect, "")
          << stages << " stages, raster " << raster;
}

TEST(Dense1d1d, addresses_more_than_two_to_the_31_elements) {
  expect_all_correct(problem_of(70000, 32768, 128, DataKind::integer, kFp32), {{128, 128}, {192, 128, 1, 2}});
}

/// Tiles one after the other on few CTAs, and K split: C is there once a launch, whatever came before.
TEST(Dense1d1d, gives_every_bit_in_many_launches) {
  for (const Form& form : kForms) {
    std::vector<gemm::Operands> two;
    for (const std::uint64_t seed : {1, 2}) two.push_back(Rig::get().operands(middle(form), seed));
    for (const Config& on_all : fitting(two[0].problem)) {
      Config on_one_cluster = on_all;
      on_one_cluster["num_sms"] = on_all.at("cluster_m") * on_all.at("cluster_n") * on_all.at("split_k");
      for (const Config& c : {on_one_cluster, on_all})
        EXPECT_EQ(first_wrong_launch(two, c), "") << describe(two[0].problem) << " " << describe(c);
    }
  }
}

/// From what is printed here limits of its own could be taken; those it has are of dense_1d2d.
TEST(Dense1d1d, right_kernels_stay_well_inside_the_limits) {
  for (const Form& form : kForms)
    for (const int k : {128, 512, 2048, 7168, 16384}) {
      const Problem p = problem_of(1024, 1024, k, DataKind::normal, form);
      const operation::Gates& gates = operation::of(p).gates;
      const gemm::Operands operands = Rig::get().operands(p);
      gemm::CublasLtBaselines library(operands.sets(), Rig::get().support(), Rig::get().stream());
      std::vector<std::pair<std::string, Verdict>> verdicts;
      for (const Tile& tile : {Tile{128, 128}, Tile{192, 128}})  // scales of all elements, and in line
        verdicts.emplace_back("dense_1d1d", Rig::get().verdict(operands, fitting(p, {tile}).at(0)));
      const gemm::Answers& first = library.answers()[0];
      std::printf("%s: %s: %zu answers %s\n", describe(p).c_str(), first.provider.c_str(),
                  first.algorithms.size(), first.refusal.c_str());
      if (!first.algorithms.empty())
        verdicts.emplace_back(first.provider, gemm::verify(library.launch(first.provider, 0), operands,
                                                           Rig::get().support(), Rig::get().stream()));
      for (const auto& [name, verdict] : verdicts) {
        std::printf("%6d %-16s rms %10.3e of %10.2e, max %10.3e of %10.2e\n", k, name.c_str(),
                    verdict.error_rms, operation::error_rms_limit(gates, p.out, k), verdict.error_max,
                    operation::error_max_limit(gates, p.data, k));
        // cuBLASLt rounds the product to BF16 before it adds C in BF16: outputs_test.cpp.
        const bool library_adds = name != "dense_1d1d" && form.out == OutputType::bf16 && form.accumulate;
        EXPECT_TRUE(library_adds || verdict.defect.empty())
            << name << " " << describe(p) << ": " << verdict.defect;
      }
      EXPECT_LT(verdicts[0].second.error_rms, 0.85 * operation::error_rms_limit(gates, p.out, k));
      EXPECT_GT(verdicts[0].second.error_rms, 1e-6) << "a gate that reads nothing would give zero";
    }
}

/// The verdict must be clean without the defect and name `gate` with it. Of one wave a warpgroup: two share
/// the accumulator that a missing promotion would leave full.
const std::vector<Tile> kHosts = {
    {64, 64}, {128, 112, 2, 1}, {128, 160, 1, 2}, {192, 128}, {64, 32, 1, 1, 2}};
const std::vector<Tile> kPromotionHosts = {{64, 64}, {128, 112, 2, 1}, {128, 160, 1, 2}, {192, 128}};

void expect_caught(const Problem& p, int defect, const std::string& gate,
                   const std::vector<Tile>& tiles = kHosts, const gemm::LaunchTweaks& tweaks = {}) {
  const gemm::Operands operands = Rig::get().operands(p);
  const std::vector<Config> hosts = fitting(p, tiles);
  EXPECT_EQ(hosts.size(), tiles.size());
  for (const Config& c : hosts) {
    SCOPED_TRACE(describe(p) + " " + describe(c));
    EXPECT_EQ(Rig::get().verdict(operands, c).defect, "");
    const Verdict verdict = Rig::get().verdict(operands, c, defect, tweaks);
    EXPECT_NE(verdict.defect.find(gate), std::string::npos) << "got: \"" << verdict.defect << '"';
    std::printf("defect %d, K %5lld: error_rms %.2e error_max %.2e: %s\n", defect,
                static_cast<long long>(p.k), verdict.error_rms, verdict.error_max, verdict.defect.c_str());
  }
}

TEST(Dense1d1dDefects, skipped_promotion_is_seen) {
  for (const int k : {512, 16384})
    expect_caught(problem_of(320, 704, k, DataKind::integer_unit), kPromotionSkipped, "differ from the exact",
                  kPromotionHosts);
  for (const Form& form : {kPlain, kFp32})
    for (const int k : {512, 2048, 7168, 16384})
      expect_caught(problem_of(1024, 1024, k, DataKind::one_scale, form), kPromotionSkipped, "error_",
                    kPromotionHosts);
}

TEST(Dense1d1dDefects, promotion_every_256_exceeds_the_rms_gate) {
  for (const Form& form : {kPlain, kFp32})
    for (const int k : {512, 2048, 7168, 16384})
      expect_caught(problem_of(1024, 1024, k, DataKind::one_scale, form), kPromotionEvery256, "error_",
                    kPromotionHosts);
}

TEST(Dense1d1dDefects, scales_of_a_neighbour_are_seen) {
  std::vector<Tile> hosts = kHosts;
  hosts.push_back({256, 112, 2, 1});
  hosts.push_back({256, 64});
  for (const int defect : {kScaleOffByOne, kScaleOfNeighbourRow, kScaleOfNeighbourColumn}) {
    expect_caught(problem_of(320, 704, 7168), defect, "error_", hosts);
    expect_caught(problem_of(320, 704, 2048, DataKind::integer), defect, "differ from the exact", hosts);
    expect_caught(problem_of(100, 704, 2048, DataKind::integer, kPlain), defect, "differ from the exact",
                  {{40, 128, 1, 1, 1, 1, 1}, {128, 64, 1, 1, 1, 1, 1}});
  }
}

TEST(Dense1d1dDefects, c_that_is_missing_or_added_twice_is_seen) {
  for (const int defect : {kCMissing, kAddedTwice})
    for (const Form& form : {kFp32Added, kBf16Added}) {
      expect_caught(middle(form), defect, "differ from the exact");
      expect_caught(problem_of(300, 328, 7168, DataKind::normal, form), defect, "error_");
    }
}

TEST(Dense1d1dDefects, rows_unwritten_and_writes_outside_are_seen) {
  const std::vector<Tile> hosts = {{64, 64}, {128, 112, 2, 1}, {192, 128}, {256, 112}};
  for (const Form& form : {kPlain, kFp32}) {
    expect_caught(problem_of(257, 704, 512, DataKind::normal, form), kRowUnwritten, "were not written",
                  hosts);
    expect_caught(problem_of(257, 704, 512, DataKind::normal, form), 0, "outside D were written", hosts, {1});
  }
}

/// Judges in a process that may lose its CUDA context; prints the verdict or the error, exits 0 if something
/// was wrong.
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

/// The thread that loads has the only bound: within a tile, and at its end (fewer k-blocks than stages).
TEST(Dense1d1dDefectsDeathTest, a_barrier_that_never_completes_is_ended_by_its_bound) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const int k : {2048, 256}) {
    const Problem p = problem_of(320, 704, k);
    for (const Config& c : {config(p, 128, 128), config(p, 128, 128, 2, 1), config(p, 192, 96)})
      EXPECT_EXIT(judge_and_exit(p, c, kBarrierNeverCompletes), testing::ExitedWithCode(0),
                  "misaligned address");
  }
}

TEST(Dense1d1dDefectsDeathTest, wrong_parity_with_a_late_producer_is_seen) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Problem p = problem_of(320, 704, 2048, DataKind::integer);
  const std::string caught = "differ|misaligned|launch failure|illegal instruction";
  EXPECT_EXIT(judge_and_exit(p, config(p, 64, 64), kWrongParity), testing::ExitedWithCode(0), caught);
  EXPECT_EXIT(judge_and_exit(p, config(p, 128, 128, 1, 2), kWrongParity), testing::ExitedWithCode(0), caught);
}

}  // namespace
}  // namespace gemmtune::test
