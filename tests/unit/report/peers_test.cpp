#include "report/peers.h"

#include "fixtures/rows.h"
#include "util/error.h"

#include <gtest/gtest.h>

namespace gemmtune::report {
namespace {

using namespace fixtures;

constexpr const char* kHead =
    R"({"schema": "gemmtune.peers/1", "gpu": "H100", "driver": "1", "deepgemm": "2", "rows": [)";

Peers read(const ScratchFolder& folder, const std::string& text) {
  write_text(folder / "peers.json", text);
  return Peers(folder / "peers.json");
}

std::string complaint(const std::string& text) {
  const ScratchFolder folder;
  try {
    read(folder, text);
  } catch (const UserError& error) {
    const std::string message = error.what();
    return message.substr(message.find("peers.json"));
  }
  return "";
}

TEST(Peers, are_carried_by_the_yardstick_that_runs_on_both_machines) {
  const ScratchFolder folder;
  const Peers peers = read(folder, std::string(kHead) + R"(
    {"kernel": "dense_1d2d", "m": 64, "n": 2112, "k": 7168, "deepgemm_us": 11, "cublaslt_tensor_us": 10},
    {"kernel": "dense_1d2d", "m": 16, "n": 2112, "k": 7168, "deepgemm_us": null, "cublaslt_tensor_us": 10}]})");
  EXPECT_EQ(peers.here_us(row(64, config(64), 1).problem, 20), (TimesOfPeers{{peer::kDeepGemm, 22}}));
  EXPECT_EQ(peers.here_us(row(64, config(64), 1).problem, 20, 10), (TimesOfPeers{{peer::kDeepGemm, 22}}))
      << "such a file has the fastest of all answers";
  EXPECT_TRUE(peers.here_us(row(64, config(64), 1).problem, std::nullopt).empty());
  EXPECT_TRUE(peers.here_us(row(16, config(64), 1).problem, 20).empty());
  EXPECT_TRUE(peers.here_us(row(1, config(64), 1).problem, 20).empty());
  Problem other = row(64, config(64), 1).problem;
  other.out = OutputType::fp32;
  EXPECT_TRUE(peers.here_us(other, 20).empty());
  Problem apart = row(64, config(64), 1).problem;
  apart.d_pitch = 8192;
  EXPECT_TRUE(peers.here_us(apart, 20).empty());
  EXPECT_EQ(peers.source(), "H100, driver 1, DeepGEMM 2");
}

TEST(Peers, of_rows_are_the_right_ones_by_provider_and_the_fastest_counts) {
  Journal journal;
  journal.headers = {header()};
  const auto add = [&](const std::string& provider, std::int64_t m, double us) {
    journal.rows.push_back(library_row(provider, m, 0, us));
  };
  add("deepgemm", 64, 11), add("torch_scaled_mm_tensor", 64, 10), add("triton_block", 64, 9);
  add("triton_block", 64, 8), add("torch_scaled_mm_block", 64, 12), add("cublaslt_block", 64, 1);
  add("deepgemm", 16, 11), add("torch_scaled_mm_tensor", 16, 10), add("triton_block", 16, 5);
  journal.rows.back().invalidity = Invalidity::correctness;
  add("torch_scaled_mm_tensor", 128, 10), add("triton_block", 128, 5);
  add("torch_scaled_mm_block", 512, 12);
  const Peers peers(journal, "peers");
  const auto problem = [](std::int64_t m) { return row(m, config(64), 1).problem; };
  EXPECT_EQ(peers.here_us(problem(64), 20),
            (TimesOfPeers{{peer::kDeepGemm, 22}, {peer::kTorch, 24}, {peer::kTriton, 16}}));
  EXPECT_EQ(peers.here_us(problem(16), 20), (TimesOfPeers{{peer::kDeepGemm, 22}}))
      << "a wrong kernel is no peer";
  EXPECT_EQ(peers.here_us(problem(128), 20), (TimesOfPeers{{peer::kTriton, 10}}));
  EXPECT_TRUE(peers.here_us(problem(512), 20).empty()) << "without the yardstick nothing is carried";
  EXPECT_TRUE(peers.here_us(problem(1), 20).empty());
  EXPECT_EQ(peers.here_us(problem(16), 8, 9.5), (TimesOfPeers{{peer::kDeepGemm, 10.45}}))
      << "torch takes the first answer";
  EXPECT_EQ(peers.here_us(problem(16), 10, 16), (TimesOfPeers{{peer::kDeepGemm, 11}}))
      << "which is another here";
  EXPECT_TRUE(peers.source().starts_with("Test GPU, driver 580.1")) << peers.source();
  journal.rows.clear();
  EXPECT_THROW(Peers(journal, "peers"), UserError);
}

TEST(Peers, complain_with_file_and_pointer) {
  EXPECT_EQ(complaint("{"), "peers.json: not JSON");
  EXPECT_EQ(complaint("[]"), "peers.json: : expected an object");
  EXPECT_EQ(complaint(R"({"schema": "gemmtune.table/1"})"),
            "peers.json: /schema: expected \"gemmtune.peers/1\", got \"gemmtune.table/1\"");
  EXPECT_EQ(complaint(std::string(kHead) + R"({"kernel": "x", "m": -1, "n": 1, "k": 1}]})"),
            "peers.json: /rows/0/m: expected a positive integer");
  EXPECT_EQ(complaint(std::string(kHead) + R"({"kernel": "x", "m": 1, "n": 1, "k": 1, "deepgemm_us": 0}]})"),
            "peers.json: /rows/0/deepgemm_us: expected a positive number or null");
}

/// No library computes them: our own kernel, which ran beside them there, is the yardstick.
TEST(Peers, of_groups_are_carried_by_our_kernel) {
  Journal journal;
  journal.headers = {header()};
  const auto add = [&](const std::string& provider, std::int64_t groups, double us, int streams = 0) {
    Row row = library_row(provider, 64, 0, us);
    row.problem.kernel = "grouped_contiguous_1d2d";
    row.problem.groups = groups, row.problem.m_per_group = 64, row.problem.alignment = 128;
    row.config = {{"streams", streams}};
    journal.rows.push_back(row);
    return row.problem;
  };
  const Problem four = add("gemmtune", 4, 10);
  add("deepgemm", 4, 12), add("loop_of_dense", 4, 30, 1), add("loop_of_dense", 4, 25, 4);
  const Problem eight = add("deepgemm", 8, 50);  // the same M, N and K; ours failed there
  const Peers peers(journal, "peers");
  EXPECT_EQ(peers.beside_ours_here_us(four, 20), (TimesOfPeers{{"deepgemm", 24}, {"loop_of_dense", 50}}));
  EXPECT_TRUE(peers.beside_ours_here_us(eight, 20).empty());
  EXPECT_TRUE(peers.beside_ours_here_us(row(64, config(64), 1).problem, 20).empty());
  EXPECT_TRUE(peers.here_us(four, 20).empty());
}

/// What scripts/peers/train writes: the usual yardstick is not in it.
TEST(Peers, of_gradients_are_carried_by_our_kernel) {
  Journal journal;
  journal.headers = {header()};
  const auto add = [&](const std::string& provider, double us, OutputType out = OutputType::fp32) {
    Row row = library_row(provider, 64, 0, us);
    row.problem.kernel = "dense_1d1d";
    row.problem.out = out, row.problem.accumulate = out == OutputType::fp32;
    journal.rows.push_back(row);
    return row.problem;
  };
  const Problem gradient = add("gemmtune", 10);
  add("deepgemm", 12);
  const Problem plain = add("deepgemm", 11, OutputType::bf16);
  const Peers peers(journal, "peers");
  EXPECT_TRUE(is_carried_by_ours(gradient));
  EXPECT_FALSE(is_carried_by_ours(plain));
  EXPECT_EQ(peers.beside_ours_here_us(gradient, 20), (TimesOfPeers{{"deepgemm", 24}}));
  EXPECT_TRUE(peers.beside_ours_here_us(plain, 20).empty());
  EXPECT_TRUE(peers.here_us(gradient, 20).empty());
}

TEST(Peers, of_the_repository_hold_every_dense_shape_of_dsv3) {
  const Peers peers(std::string(GEMMTUNE_SOURCE_DIR) + "/results/peers/h100-deepgemm.json");
  const std::pair<std::int64_t, std::int64_t> weights[] = {{2112, 7168},  {24576, 1536}, {32768, 512},
                                                           {7168, 16384}, {4096, 7168},  {7168, 2048}};
  for (const std::int64_t m : {1, 16, 64, 128, 512, 4096})
    for (const auto& [n, k] : weights) {
      Problem problem;
      problem.m = m, problem.n = n, problem.k = k;
      EXPECT_TRUE(peers.here_us(problem, 10).contains(peer::kDeepGemm)) << describe(problem);
    }
}

}  // namespace
}  // namespace gemmtune::report
