#include "report/report.h"

#include "fixtures/reports.h"
#include "report/columns.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/phrases.h"
#include "report/terminal.h"
#include "util/error.h"
#include "util/text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace gemmtune::report {
namespace {

using namespace fixtures;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The terminal's text without its line breaks.
std::string phrases_of(const Report& report) {
  std::string text = terminal(report), joined;
  for (const std::string& word : split(text, '\n'))
    joined += word.substr(std::min(word.size(), word.find_first_not_of(' '))) + " ";
  return joined;
}

bool has(const Grid& grid, const char* column) {
  return std::ranges::find(grid.columns, column, &Column::name) != grid.columns.end();
}

/// Of a peer, at two problems of the sample table.
struct PeerTimes {
  std::optional<double> m1_us;
  std::optional<double> m128_us;
};

/// On a machine where cuBLASLt per-tensor takes 10 us.
Peers peers_of(const std::map<std::string, PeerTimes>& times) {
  Journal journal;
  journal.headers = {header()};
  const auto add = [&](const std::string& provider, std::int64_t m, std::optional<double> us) {
    if (us) journal.rows.push_back(library_row(provider, m, 0, *us));
  };
  add("torch_scaled_mm_tensor", 1, 10), add("torch_scaled_mm_tensor", 128, 10);
  for (const auto& [provider, of_peer] : times)
    add(provider, 1, of_peer.m1_us), add(provider, 128, of_peer.m128_us);
  return {journal, "peers"};
}

TEST(Report, carries_what_ran_beside_torch_by_the_first_answer_where_that_is_nearer) {
  Table table = sample_table();
  table.entries = {entry(128, 10, 20, 8)};
  Journal journal;
  journal.headers = {header("run1")};
  journal.rows = {library_row(provider::kCublasLtTensor, 128, 0, 12),
                  library_row(provider::kCublasLtTensor, 128, 1, 8), row(128, config(64), 10)};
  for (Row& of_run : journal.rows) of_run.run_id = "run1";
  const Peers peers = peers_of({{peer::kDeepGemm, {{}, 15}}});
  EXPECT_EQ(make_report(table, journal, &peers).winners.at(0).carried_us.at(peer::kDeepGemm), 18)
      << "12 is nearer to 10 than 8";
  journal.rows[0].time_us = 16;
  EXPECT_EQ(make_report(table, journal, &peers).winners.at(0).carried_us.at(peer::kDeepGemm), 12);
  EXPECT_EQ(make_report(table, {}, &peers).winners.at(0).carried_us.at(peer::kDeepGemm), 12);
}

TEST(Report, has_geometric_means_by_regime_over_what_both_ran) {
  const Report report = make_report(sample_table(), {});
  ASSERT_EQ(report.ratios.size(), 4u);
  EXPECT_EQ(report.ratios[0].regime, "M <= 128");
  EXPECT_EQ(report.ratios[0].problems, 2);
  EXPECT_DOUBLE_EQ(*report.ratios[0].cublaslt_block, 2);  // M = 1 is refused, and left out
  EXPECT_DOUBLE_EQ(*report.ratios[0].cublaslt_tensor, std::sqrt(2.0));
  EXPECT_EQ(report.ratios[1].regime, "M 129-1024");
  EXPECT_DOUBLE_EQ(*report.ratios[1].cublaslt_block, 0.5);
  EXPECT_EQ(report.ratios[2].regime, "M >= 2048");
  EXPECT_EQ(report.ratios[3].regime, "all");
  EXPECT_NEAR(*report.ratios[3].cublaslt_block, std::cbrt(0.9), 1e-12);
  EXPECT_FALSE(report.ratios[3].best_peer);
}

TEST(Report, says_whose_launches_overlap) {
  Report report = make_report(sample_table(), {});
  EXPECT_FALSE(contains(phrases_of(report), "the libraries' do not"));
  report.policy = "cold_overlapped-event-burst-w1t3-n15";
  EXPECT_TRUE(contains(phrases_of(report), "the libraries' do not"));
}

TEST(Report, advises_to_go_on_only_where_that_could_help) {
  Table table = sample_table();
  table.entries.clear();
  Journal journal;
  journal.rows = {failed_row(65, {}, Invalidity::constraints, "K 7100 is not a multiple of 128")};
  EXPECT_FALSE(contains(hint(make_report(table, journal)), "--resume"));
  EXPECT_TRUE(contains(hint(make_report(table, sample_journal())), "--resume"));
}

TEST(Report, weighs_problems_where_weights_differ) {
  Table table = sample_table();
  table.entries = {entry(128, 10, 20, 10), entry(64, 10, 160, 10)};
  table.entries[0].problem.weight = 2;
  const Report report = make_report(table, {});
  EXPECT_EQ(report.ratios.back().regime, "all, by weight");
  EXPECT_NEAR(*report.ratios.back().cublaslt_block, 4, 1e-12);
}

TEST(Report, takes_the_faster_peer) {
  const ScratchFolder folder;
  write_text(folder / "peers.json",
             R"({"schema": "gemmtune.peers/1", "gpu": "H100", "driver": "1", "deepgemm": "2", "rows": [
    {"kernel": "dense_1d2d", "m": 1, "n": 2112, "k": 7168, "deepgemm_us": 15, "cublaslt_tensor_us": 10},
    {"kernel": "dense_1d2d", "m": 128, "n": 2112, "k": 7168, "deepgemm_us": 30, "cublaslt_tensor_us": 10}]})");
  const Peers peers(folder / "peers.json");
  const Report report = make_report(sample_table(), {}, &peers);
  EXPECT_DOUBLE_EQ(report.winners[0].carried_us.at(peer::kDeepGemm), 30);  // 15 x 20 / 10
  EXPECT_DOUBLE_EQ(*report.winners[0].best_peer_us, 30);                   // cuBLASLt refuses M = 1
  EXPECT_DOUBLE_EQ(*report.winners[1].best_peer_us, 20);                   // cuBLASLt is faster than 30
  EXPECT_FALSE(report.winners[2].best_peer_us);  // the file has no such problem: cuBLASLt is not the best
  EXPECT_NEAR(*report.ratios[0].best_peer, std::sqrt(3.0 * 2.0), 1e-12);
  EXPECT_TRUE(contains(markdown(report), "DeepGEMM (carried)"));
  EXPECT_TRUE(contains(terminal(report), "best peer"));
  EXPECT_FALSE(contains(terminal(make_report(sample_table(), {})), "best peer"));
  EXPECT_TRUE(report.ratios[0].carried.empty()) << "the best peer says enough of DeepGEMM alone";
  for (const Audience audience : {Audience::terminal, Audience::files}) {
    EXPECT_FALSE(has(winners_grid(report, audience), "vs_torch_carried"));
    EXPECT_FALSE(has(ratios_grid(report, audience), "vs_deepgemm_carried"));
  }
}

TEST(Report, shows_no_means_where_nothing_was_timed_beside_the_winners) {
  Table table = sample_table();
  for (TableEntry& entry : table.entries) entry.baselines = {};
  const Report report = make_report(table, {});
  for (const std::string& text : {terminal(report), markdown(report)}) {
    EXPECT_FALSE(contains(text, "geometric mean"));
    EXPECT_TRUE(contains(text, "configuration"));
  }
  EXPECT_FALSE(ratios_grid(report, Audience::files).rows.empty());
  EXPECT_TRUE(contains(terminal(make_report(sample_table(), {})), "geometric mean"));
}

TEST(Report, counts_every_peer_for_the_best_where_deepgemm_is_known) {
  const Peers peers = peers_of({{peer::kDeepGemm, {30, 30}}, {peer::kTriton, {8, 15}}});
  const Report report = make_report(sample_table(), {}, &peers);
  EXPECT_DOUBLE_EQ(*report.winners[0].best_peer_us, 16);  // 8 x 20 / 10; cuBLASLt refuses M = 1
  EXPECT_DOUBLE_EQ(*report.winners[1].best_peer_us, 15);
  EXPECT_DOUBLE_EQ(report.ratios[0].carried.at(peer::kDeepGemm), std::sqrt(6.0 * 3.0));
}

TEST(Report, shows_the_peers_that_were_measured_and_no_others) {
  const Peers peers = peers_of({{peer::kTorch, {{}, 12}}, {peer::kTriton, {8, 16}}});
  const Report report = make_report(sample_table(), {}, &peers);
  EXPECT_FALSE(report.winners[0].best_peer_us) << "without DeepGEMM the best is unknown";
  const Grid winners = winners_grid(report, Audience::terminal),
             means = ratios_grid(report, Audience::terminal);
  for (const Grid& grid : {winners, means}) {
    EXPECT_TRUE(has(grid, "vs_torch_carried") && has(grid, "vs_triton_carried"));
    EXPECT_FALSE(has(grid, "vs_deepgemm_carried") || has(grid, "vs_best_peer"));
  }
  EXPECT_TRUE(has(winners_grid(report, Audience::page), "triton_carried_us"));
  EXPECT_FALSE(has(winners_grid(report, Audience::page), "deepgemm_carried_us"));
  const std::string text = phrases_of(report);
  EXPECT_TRUE(contains(text, " torch, Triton: figures of a file (Test GPU")) << text;
  EXPECT_TRUE(contains(text, "torch: torch._scaled_mm with the same block scales.")) << text;
  EXPECT_FALSE(contains(text, "DeepGEMM") || contains(text, "best peer")) << text;
  EXPECT_TRUE(contains(text, "of 4: block 3, torch 1, Triton 2.")) << text;
}

TEST(Report, has_means_of_each_peer_by_regime) {
  const Peers peers = peers_of({{peer::kTorch, {{}, 12}}, {peer::kTriton, {8, 16}}});
  const auto parsed = nlohmann::json::parse(json(make_report(sample_table(), {}, &peers)));
  EXPECT_DOUBLE_EQ(parsed["ratios"][0]["vs_torch_carried"], 1.2);
  EXPECT_DOUBLE_EQ(parsed["ratios"][0]["vs_triton_carried"], 1.6);
  EXPECT_EQ(parsed["ratios"][0]["problems_torch_carried"], 1);
  EXPECT_TRUE(parsed["ratios"][1]["vs_triton_carried"].is_null());
  EXPECT_TRUE(parsed["winners"][0]["torch_carried_us"].is_null());
  EXPECT_DOUBLE_EQ(parsed["winners"][0]["triton_carried_us"], 16);
  EXPECT_DOUBLE_EQ(parsed["winners"][1]["vs_torch_carried"], 1.2);
  EXPECT_TRUE(parsed["winners"][1]["deepgemm_carried_us"].is_null());
}

TEST(Report, says_when_no_figure_of_the_peers_can_be_carried) {
  const Peers peers = peers_of({{peer::kTriton, {8, 16}}});
  Table table = sample_table();
  table.entries = {entry(512, 10, 5, 10)};
  const std::string text = phrases_of(make_report(table, {}, &peers));
  EXPECT_TRUE(contains(text, " No figures of a file (Test GPU")) << text;
  EXPECT_FALSE(contains(text, "Triton:")) << text;
}

TEST(Report, groups_failures_and_lists_unsupported_problems) {
  const Report report = make_report(sample_table(), sample_journal());
  ASSERT_EQ(report.failures.size(), 2u);
  EXPECT_EQ(report.failures[0].invalidity, Invalidity::compile);
  EXPECT_EQ(report.failures[0].count, 2);
  EXPECT_TRUE(contains(report.failures[0].example, "block_n=96"));
  ASSERT_EQ(report.unsupported.size(), 1u);
  EXPECT_EQ(report.unsupported[0].problem.m, 65);
  EXPECT_EQ(report.wall_s.at("measure"), 180);
  EXPECT_EQ(report.gpu.working_s, 144);
  EXPECT_EQ(report.gpu.waiting_s, 36);
}

TEST(Report, counts_warnings_of_timed_rows_and_gives_advice) {
  Row noisy = row(64, config(64), 10), screened = row(64, config(64), 10, Stage::screen);
  noisy.warnings = screened.warnings = {"noisy"};
  Row failed = failed_row(64, config(96), Invalidity::runtime, "gone");
  failed.warnings = {"throttled"};
  Row newer = row(64, config(112), 10);
  newer.warnings = {"of_a_later_version"};
  Journal journal;
  journal.headers = {header()};
  journal.rows = {noisy, screened, failed, newer};
  const Report report = make_report(sample_table(), journal);
  EXPECT_EQ(report.warnings.size(), 2u);
  EXPECT_TRUE(contains(phrases_of(report), "noisy: 2 rows, 1 of a final race; the interval of the median"));
  EXPECT_TRUE(contains(markdown(report), "## Warnings\n\n- noisy: 2 rows"));
  const auto parsed = nlohmann::json::parse(json(report))["warnings"];
  EXPECT_EQ(parsed[0]["rows"], 2);
  EXPECT_TRUE(contains(parsed[0]["advice"], "--samples"));
  EXPECT_TRUE(parsed[1]["advice"].is_null());
}

TEST(Report, says_over_how_many_problems_a_partial_mean_is) {
  const Report report = make_report(sample_table(), {});
  EXPECT_TRUE(contains(phrases_of(report), "both times, of 4: block 3."));
  const auto all = nlohmann::json::parse(json(report))["ratios"][3];
  EXPECT_EQ(all["problems"], 4);
  EXPECT_EQ(all["problems_cublaslt_block"], 3);
  EXPECT_EQ(all["problems_cublas_bf16"], 4);
}

TEST(Report, forgets_failures_of_kernels_that_have_been_changed) {
  Table table = sample_table();
  table.environment.kernels = "kernels2";
  EXPECT_TRUE(make_report(table, sample_journal()).failures.empty());
}

TEST(Terminal, fits_eighty_columns) {
  Table table = sample_table();
  table.entries[3].config = {{"block_m", 256}, {"block_n", 192}, {"stages", 4}, {"cluster_m", 1},
                             {"cluster_n", 2}, {"num_sms", 132}, {"raster", 16}};
  table.entries[3].problem.n = 32768;
  table.entries[3].problem.k = 16384;
  table.entries[3].time_us = 999.99;
  for (const std::string& line : split(terminal(make_report(table, sample_journal())), '\n'))
    EXPECT_LE(width(line), 80u) << line;
  // Every peer beside them: the best one stands for torch and Triton there, not among the means.
  table.entries[3].problem.k = 7168;
  const Peers all = peers_of({{peer::kDeepGemm, {9, 9}}, {peer::kTorch, {9, 9}}, {peer::kTriton, {9, 9}}});
  const std::string text = terminal(make_report(table, sample_journal(), &all));
  for (const std::string& line : split(text, '\n')) EXPECT_LE(width(line), 80u) << line;
  EXPECT_TRUE(contains(text, "µs  block  DeepGEMM  best peer\n")) << text;
  EXPECT_TRUE(contains(text, "BF16  DeepGEMM  torch  Triton  best peer\n")) << text;
}

std::string header_line(const std::string& text) {
  for (const std::string& line : split(text, '\n'))
    if (contains(line, "configuration")) return line;
  return "";
}

TEST(Terminal, shows_more_columns_where_they_fit) {
  Table table = sample_table();
  table.entries[0].problem.name = "q_b";
  const Report report = make_report(table, sample_journal());
  EXPECT_FALSE(contains(header_line(terminal(report)), "tied"));
  for (const std::size_t columns : {60, 81, 90, 100, 120, 200}) {
    const Screen screen{columns, false};
    for (const std::string& line : split(terminal(report, screen), '\n'))
      EXPECT_LE(width(line), columns) << line;
  }
  const std::string wide = header_line(terminal(report, {200, false}));
  for (const char* column : {"layer", "±%", "GB/s", "tensor", "BF16", "tried", "tied"})
    EXPECT_TRUE(contains(wide, column)) << column << ": " << wide;
}

TEST(Terminal, explains_no_column_that_it_does_not_show) {
  Table table = sample_table();
  table.environment.device = "NVIDIA H100 80GB HBM3";  // whose roofs are known
  const Report report = make_report(table, sample_journal());
  for (const std::size_t columns : {50, 80, 120, 200}) {
    const std::string text = terminal(report, {columns, false});
    const std::string header = header_line(text);
    for (const char* column : {"roof %", "±%", "tried"})
      EXPECT_EQ(contains(text, std::string(column) + ":"), contains(header, column)) << column << text;
  }
}

TEST(Terminal, paints_what_is_ahead_and_what_is_not_and_nothing_by_default) {
  const Report report = make_report(sample_table(), sample_journal());
  EXPECT_FALSE(contains(terminal(report), "\033"));
  const std::string text = terminal(report, {80, true});
  EXPECT_TRUE(contains(text, "\033[32m2.00\033[0m")) << text;
  EXPECT_TRUE(contains(text, "\033[31m0.50\033[0m")) << text;
  EXPECT_TRUE(contains(text, "  1.00  ")) << text;
  EXPECT_TRUE(contains(text, "\n\033[31mFailed\033[0m\n")) << text;
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\033')
      at = text.find('m', at);
    else
      plain += text[at];
  EXPECT_EQ(plain, terminal(report));
}

TEST(Terminal, shows_winners_means_and_failures) {
  const std::string text = terminal(make_report(sample_table(), sample_journal()));
  EXPECT_TRUE(
      contains(text, " 128  2112  7168  64x64 s8 132sm r8   10.00     200  1500   2.00    1.00  2.00\n"))
      << text;
  EXPECT_TRUE(contains(text, "M <= 128")) << text;
  EXPECT_TRUE(
      contains(text, "\n  gemmtune compile: 2, for example dense_1d2d:m=64,n=2112,k=7168\n    block_m=64"))
      << text;
  EXPECT_TRUE(contains(text, "unsupported by block-128: K 100")) << text;
  EXPECT_TRUE(contains(text, "Test GPU · 132 SMs · driver 580.1")) << text;
}

TEST(Terminal, shows_only_columns_that_vary) {
  Table table = sample_table();
  EXPECT_FALSE(contains(terminal(make_report(table, {})), "kernel"));
  table.entries[0].problem.kernel = "dense_1d1d";
  EXPECT_TRUE(contains(terminal(make_report(table, {})), "kernel"));
  EXPECT_FALSE(contains(terminal(make_report(table, {})), "row pitch"));
  table.entries[0].problem.a_pitch = 8192, table.entries[0].problem.d_pitch = 4096;
  EXPECT_TRUE(contains(terminal(make_report(table, {})), "row pitch"));
  EXPECT_TRUE(contains(terminal(make_report(table, {})), "A 8192 D 4096"));
}

TEST(Report, of_an_empty_journal_gives_a_hint) {
  const Report empty = make_report({}, {});
  EXPECT_TRUE(contains(terminal(empty), "There are no rows yet: `gemmtune sweep --shapes dsv3.json`"));
  EXPECT_TRUE(contains(markdown(empty), "There are no rows yet"));
  Table nothing_won = sample_table();
  nothing_won.entries.clear();
  EXPECT_TRUE(contains(terminal(make_report(nothing_won, sample_journal())), "No candidate has been timed"));
}

TEST(Report, says_at_the_top_that_it_is_simulated) {
  Table table = sample_table();
  table.simulated = true;
  EXPECT_TRUE(terminal(make_report(table, {})).starts_with("SIMULATED"));
  EXPECT_TRUE(markdown_block(make_report(table, {})).starts_with("**SIMULATED"));
  EXPECT_TRUE(contains(json(make_report(table, {})), "\"simulated\": true"));
}

TEST(Markdown, has_all_there_is_to_say) {
  const std::string text = markdown(make_report(sample_table(), sample_journal()));
  EXPECT_TRUE(contains(text, "# Tuning results: Test GPU\n"));
  EXPECT_TRUE(contains(text, "| 128 | 2112 | 7168 | 64x64 s8 132sm r8 | 10.00 | 1.0 | 200 | 1500 | 2.00 |"))
      << text;
  EXPECT_TRUE(contains(text, "- measuring 180.0 s (75 %)\n- waiting for the compiler 60.0 s (25 %)\n"))
      << text;
  EXPECT_TRUE(contains(text, "- GPU: working 60 %, resting as the policy asks 25 %, waiting 15 %\n")) << text;
  EXPECT_TRUE(contains(text, "no answer \\| within 60 s")) << text;
  EXPECT_TRUE(contains(text, "- shared\\_memory: 7\n")) << text;
  EXPECT_TRUE(contains(text, "- journal.jsonl:17: not JSON\n")) << text;
}

TEST(Markdown, says_nothing_of_a_gpu_that_nobody_asked) {
  Journal journal = sample_journal();
  for (RunEnd& end : journal.ends) end.gpu = {};
  EXPECT_FALSE(contains(markdown(make_report(sample_table(), journal)), "GPU: working"));
}

TEST(Json, has_every_column_and_null_for_what_was_refused) {
  const auto parsed = nlohmann::json::parse(json(make_report(sample_table(), sample_journal())));
  EXPECT_EQ(parsed["schema"], "gemmtune.report/1");
  ASSERT_EQ(parsed["winners"].size(), 4u);
  EXPECT_TRUE(parsed["winners"][0]["cublaslt_block_us"].is_null());
  EXPECT_EQ(parsed["winners"][1]["cublaslt_block_us"], 20);
  EXPECT_EQ(parsed["winners"][1]["config"]["block_n"], 64);
  EXPECT_EQ(parsed["ratios"][0]["vs_cublaslt_block"], 2);
  EXPECT_EQ(parsed["failures"][0]["count"], 2);
}

TEST(Rows, are_csv_with_the_problem_spread_out) {
  Row r = failed_row(64, config(96), Invalidity::compile, "spills, \"16\" bytes\nand more");
  r.samples_us = {1.5, 2};
  r.seed = ~std::uint64_t{0};
  const auto lines = split(csv(std::vector<Row>{r}), '\n');
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[0].starts_with("id,run_id,problem_id,config_id,kernel,m,n,k,out,accumulate,"))
      << lines[0];
  EXPECT_TRUE(contains(lines[1], ",dense_1d2d,64,2112,7168,bf16,0,")) << lines[1];
  EXPECT_TRUE(contains(lines[1], ",\"spills, \"\"16\"\" bytes and more\",")) << lines[1];
  EXPECT_TRUE(contains(lines[1], ",1.5 2,")) << lines[1];
  EXPECT_TRUE(contains(lines[1], ",18446744073709551615,")) << lines[1];
  EXPECT_EQ(split(csv(std::vector<Row>{}), '\n')[0], lines[0]);
}

TEST(Rows, are_json_lines_as_in_the_journal) {
  const auto parsed = nlohmann::json::parse(json_lines(std::vector<Row>{row(64, config(96), 10)}));
  EXPECT_EQ(parsed["record"], "row");
  EXPECT_EQ(parsed["time_us"], 10);
}

TEST(Readme, gets_the_block_between_its_markers) {
  const std::string text =
      "a\n<!-- results:x -->\nold\n<!-- /results -->\n<!-- results:y -->\n<!-- /results -->\nz";
  EXPECT_EQ(replace_results(text, "x", "new\n", "README.md"),
            "a\n<!-- results:x -->\nnew\n<!-- /results -->\n<!-- results:y -->\n<!-- /results -->\nz");
  EXPECT_EQ(replace_results(replace_results(text, "y", "1\n", "f"), "y", "2\n", "f"),
            replace_results(text, "y", "2\n", "f"));
}

TEST(Readme, without_markers_is_a_complaint_that_names_them) {
  for (const char* text : {"nothing", "<!-- results:x -->", "<!-- /results --><!-- results:x -->"}) try {
      replace_results(text, "x", "new", "README.md");
      FAIL() << text;
    } catch (const UserError& error) {
      EXPECT_TRUE(contains(error.what(), "README.md: no place for the results"));
      EXPECT_TRUE(contains(error.what(), "<!-- results:x -->\n<!-- /results -->"));
    }
}

TEST(Energy, names_the_winners_that_a_board_cannot_sustain) {
  Table table = sample_table();
  EXPECT_FALSE(contains(terminal(make_report(table, {})), "Power-limited"));
  EXPECT_FALSE(contains(markdown(make_report(table, {})), "TFLOP/J"));
  table.environment.power_limit_w = 700;
  // 10 us each and 2 us between launches: 800 W, and 650 W, which are 780 W without. The sample's 200 TFLOPS
  // are 2 GFLOP in 10 us.
  table.entries[0].energy_j = 0.0096;
  table.entries[1].energy_j = 0.0078;
  const Report report = make_report(table, {});
  const std::string said = energy(report);
  EXPECT_TRUE(contains(said, "Power-limited: 1 of 2 winners")) << said;
  EXPECT_TRUE(contains(said, "700 W") && contains(said, "up to 800 W")) << said;
  EXPECT_TRUE(contains(terminal(report), "Power-limited"));
  EXPECT_TRUE(contains(markdown(report), "TFLOP/J") && contains(markdown(report), " 0.21 |"))
      << markdown(report);
  table.environment.power_limit_w = 0;
  EXPECT_EQ(energy(make_report(table, {})), "");
}

}  // namespace
}  // namespace gemmtune::report
