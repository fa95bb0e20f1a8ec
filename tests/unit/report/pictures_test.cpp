// The pictures and the page: what they say, and that names from files cannot say more than they are.
#include "fixtures/reports.h"
#include "report/gnuplot.h"
#include "report/html.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/page_data.h"
#include "report/page_rows.h"
#include "report/phrases.h"
#include "report/terminal.h"
#include "report/text_roofline.h"
#include "report/views.h"
#include "util/error.h"
#include "util/text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <tuple>

namespace gemmtune::report {
namespace {

using namespace fixtures;
using nlohmann::json;

constexpr const char* kHostile =
    "a</script><script>alert(1)</script><!--'\"`reboot`&amp;|\n# x=$(id)\x1b[31m";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// One problem with BF16 beside it, on a board whose roofs are known.
struct Sample {
  Table table;
  Journal journal;
  Report report;

  explicit Sample(const std::string& name = "layer", bool simulated = false) {
    RunHeader run = header();
    run.environment.device = simulated ? "simulated H100 SXM" : "NVIDIA H100 80GB HBM3";
    table.environment = run.environment;
    table.simulated = simulated;
    table.entries = {entry(64, 10, 15, {})};
    table.entries[0].problem.name = name;
    Row bf16 = library_row(provider::kCublasBf16, 64, 0, 20);
    journal.headers = {run};
    journal.rows = {row(64, config(64), 10), row(64, config(96), 12, Stage::screen), bf16,
                    failed_row(64, config(128), Invalidity::compile, name)};
    for (Row& row : journal.rows) {
      row.device = run.environment.device;
      row.problem.name = name;
      row.flops = 1937768448;
      row.bytes = 15892480;
      row.error_rms = row.provider == provider::kGemmtune ? 2.7e-5 : 1.5e-3;
    }
    report = make_report(table, journal);
  }

  std::vector<Source> sources(const std::string& label = "dsv3") const {
    return {{label, &report, &journal}};
  }
};

const Cell& cell(const Grid& grid, std::size_t row, std::string_view column) {
  const auto at = std::ranges::find(grid.columns, column, &Column::name);
  return grid.rows.at(row).at(static_cast<std::size_t>(at - grid.columns.begin()));
}

TEST(Views, set_speed_beside_bf16_and_errors_against_the_original_product) {
  Sample sample;
  const View& view = find_view("fp8-bf16");
  const Grid grid = view.grid(sample.report, true);
  ASSERT_EQ(grid.rows.size(), 1u);
  EXPECT_EQ(cell(grid, 0, "speedup"), Cell(2.0));
  EXPECT_EQ(cell(grid, 0, "tuned_us"), Cell());
  EXPECT_NEAR(std::get<double>(cell(grid, 0, "first_error_percent")), 3.7, 0.2);
  EXPECT_NEAR(std::get<double>(cell(grid, 0, "second_error_percent")), 0.287, 0.02);
  for (const Column& column : grid.columns) EXPECT_NE(column.name, "error_rms") << "a gate's figure";
  EXPECT_TRUE(contains(view_text(view, sample.report, false), "over 1 problem: 2.00"));
  EXPECT_TRUE(contains(view_text(view, sample.report, false), "dequantised"));
  EXPECT_THROW(find_view("fp8-bf61"), UserError);
}

TEST(Views, say_nothing_of_errors_that_take_too_long_or_are_of_other_data) {
  for (const auto& change :
       std::vector<std::function<void(Problem&)>>{[](Problem& problem) { problem.k = std::int64_t{1} << 30; },
                                                  [](Problem& problem) { problem.data = DataKind::zeros; }}) {
    Sample sample;
    for (Point& point : sample.report.points) change(point.problem);
    const Grid grid = find_view("fp8-bf16").grid(sample.report, true);
    ASSERT_EQ(grid.rows.size(), 1u);
    EXPECT_EQ(cell(grid, 0, "first_error_percent"), Cell());
  }
}

TEST(Views, set_fp8_beside_the_faster_bf16_and_our_bf16_beside_nothing) {
  Sample sample;
  Row own = sample.journal.rows[0];
  own.problem.kernel = "dense_bf16";
  own.time_us = 16;
  sample.journal.rows.push_back(own);
  sample.table.entries.push_back(entry(64, 16, {}, {}));
  sample.table.entries.back().problem.kernel = "dense_bf16";
  const Report report = make_report(sample.table, sample.journal);
  const Grid grid = find_view("fp8-bf16").grid(report, false);
  ASSERT_EQ(grid.rows.size(), 1u) << "BF16 is not FP8";
  EXPECT_EQ(cell(grid, 0, "tuned_us"), Cell(16.0));
  EXPECT_EQ(cell(grid, 0, "speedup"), Cell(16.0 / std::get<double>(cell(grid, 0, "first_us"))));
}

TEST(Views, say_what_winners_occupy) {
  Sample sample;
  Row& winner = sample.journal.rows[0];
  winner.registers = 168, winner.smem_bytes = 200704, winner.ctas_per_sm = 1;
  const Report report = make_report(sample.table, sample.journal);
  const View& view = find_view("occupancy");
  const std::string csv = render(view.grid(report, true), Format::csv);
  EXPECT_TRUE(contains(csv, ",registers,smem_bytes,ctas_per_sm,ctas\n")) << csv;
  EXPECT_TRUE(contains(csv, ",168,200704,1,132\n")) << csv;
  EXPECT_EQ(split(csv, '\n').size(), 3u) << "BF16 does not say what it occupies";
  EXPECT_TRUE(contains(view_text(view, report, false), "168       196.0        1   132\n"))
      << view_text(view, report, false);
}

TEST(Views, set_what_was_counted_beside_what_was_necessary) {
  Sample sample;
  Row& winner = sample.journal.rows[0];
  winner.counters = Counters{16e6, 1e6, 47677440, {}, {}, 2906652672, 12.5};
  const Report report = make_report(sample.table, sample.journal);
  const View& view = find_view("counters");
  const Grid grid = view.grid(report, true);
  ASSERT_EQ(grid.rows.size(), 1u);
  std::map<std::string, Cell> cells;
  for (std::size_t c = 0; c < grid.columns.size(); ++c) cells[grid.columns[c].name] = grid.rows[0][c];
  EXPECT_EQ(std::get<double>(cells["dram_read_bytes"]), 16e6);
  EXPECT_DOUBLE_EQ(std::get<double>(cells["dram_read_per_compulsory"]), 16e6 / (15892480 - 64 * 2112 * 2));
  EXPECT_DOUBLE_EQ(std::get<double>(cells["l2_per_compulsory"]), 3);
  EXPECT_DOUBLE_EQ(std::get<double>(cells["ops_per_flop"]), 1.5);
  EXPECT_EQ(cells["sm_read_bytes"], Cell()) << "not counted is not zero";
  const std::string text = view_text(view, report, false);
  EXPECT_TRUE(contains(text, "15.9  16.0    1.02      1.0  47.7  3.00")) << text;
}

TEST(Views, say_so_when_there_is_nothing_to_show) {
  EXPECT_TRUE(contains(view_text(find_view("counters"), Sample().report, true), "sweep --counters"));
  EXPECT_TRUE(contains(view_text(find_view("fp8-bf16"), make_report({}, {}), false), "nothing to compare"));
  EXPECT_TRUE(contains(view_text(find_view("occupancy"), Sample().report, true), "gemmtune sweep"));
}

TEST(TextRoofline, shows_winners_under_their_roofs_in_80_columns) {
  const std::string text = text_roofline(Sample().report);
  for (const std::string& line : split(text, '\n')) EXPECT_LE(width(line), 80u) << line;
  EXPECT_TRUE(contains(text, "o\n") || contains(text, "o "));
  EXPECT_TRUE(contains(text, "/") && contains(text, "---"));
  EXPECT_TRUE(contains(text_roofline(make_report({}, {})), "No roofline"));
}

TEST(Terminal, keeps_to_80_columns_by_leaving_out_what_matters_least) {
  Sample sample;
  for (TableEntry& entry : sample.table.entries) entry.baselines.cublaslt_tensor_us = 15;
  const Report report = make_report(sample.table, sample.journal);
  const std::string text = terminal(report);
  for (const std::string& line : split(text, '\n')) EXPECT_LE(width(line), 80u) << line;
  EXPECT_FALSE(contains(text, "  tried"));
  EXPECT_TRUE(contains(text, "block"));
  EXPECT_TRUE(contains(text, "64x64"));
}

TEST(RooflinePlot, has_a_block_of_data_for_each_series_and_marks_what_is_simulated) {
  const Sample measured, simulated("layer", true);
  const Plot plot = roofline_plot(measured.sources(), Picture::svg, "r.svg", "r.dat");
  EXPECT_TRUE(contains(plot.script, "index 1 using 1:2"));
  EXPECT_FALSE(contains(plot.script, "index 2 using"));
  EXPECT_TRUE(contains(plot.data, "\n\n\n# gemmtune"));
  EXPECT_FALSE(contains(plot.script, "SIMULATED"));
  const std::vector<Source> both = {measured.sources("one")[0], simulated.sources("two")[0]};
  const Plot overlay = roofline_plot(both, Picture::png, "r.png", "r.dat");
  EXPECT_TRUE(contains(overlay.script, "index 1 using ($1*0.9713):2")) << "beside those of the other folder";
  EXPECT_TRUE(contains(overlay.script, "index 3 using ($1*1.0296):2"));
  EXPECT_TRUE(contains(overlay.script, "'PARTLY SIMULATED'"));
  EXPECT_TRUE(contains(roofline_plot(simulated.sources(), Picture::svg, "r", "d").script, "'SIMULATED'"));
  EXPECT_TRUE(contains(overlay.script, "two: gemmtune (simulated)"));
  EXPECT_FALSE(contains(overlay.script, "one: gemmtune (simulated)"));
  EXPECT_THROW(roofline_plot({}, Picture::svg, "r.svg", "r.dat"), UserError);
}

TEST(RooflinePlot, shows_the_peers_as_they_are_carried_here) {
  Sample sample;
  sample.report.winners[0].carried_us = {{peer::kDeepGemm, 20}};
  const Plot plot = roofline_plot(sample.sources(), Picture::svg, "r.svg", "r.dat");
  EXPECT_TRUE(contains(plot.script, "title 'DeepGEMM (carried)'"));
  const json data = json::parse(page_data(sample.sources()));
  for (const json& point : data["points"])
    if (data["providers"][point["provider"].get<std::size_t>()]["name"] == "DeepGEMM (carried)") {
      const Placement& ours = *sample.report.points[0].placement;
      EXPECT_NEAR(point["intensity"], ours.intensity, 1e-6 * ours.intensity);
      EXPECT_NEAR(point["tflops"], ours.tflops / 2, 1e-6 * ours.tflops);
    }
}

TEST(Pictures, give_a_provider_the_same_colour_and_mark) {
  Sample sample;
  sample.report.winners[0].carried_us = {{peer::kDeepGemm, 20}};
  const std::string script = roofline_plot(sample.sources(), Picture::svg, "r.svg", "r.dat").script;
  const std::map<std::string, int> marks = {{"circle", 7}, {"rectRot", 12}, {"star", 3}};
  const json data = json::parse(page_data(sample.sources()));
  for (const json& provider : data["providers"]) {
    const std::string title = " title '" + provider["name"].get<std::string>() + "'";
    if (!contains(script, title)) continue;
    const std::string looks = "pt " + std::to_string(marks.at(provider["mark"])) + " lw 1.5 lc rgb '" +
                              provider["colour"].get<std::string>() + "'";
    EXPECT_TRUE(contains(script, looks + title)) << script;
  }
}

TEST(RooflinePlot, draws_a_bandwidth_alone_where_no_rate_is_known) {
  Sample sample;
  sample.table.environment.device = "another board";
  Ceilings ceilings;
  ceilings.environment.device = "another board";
  ceilings.ceilings.emplace_back();
  ceilings.ceilings[0].name = "hbm_read", ceilings.ceilings[0].value = 2000;
  sample.report = make_report(sample.table, sample.journal, nullptr, ceilings);
  const std::string script = roofline_plot(sample.sources(), Picture::svg, "r.svg", "r.dat").script;
  EXPECT_TRUE(contains(script, "title 'HBM read: 2000 GB/s'"));
  EXPECT_FALSE(contains(script, "set label")) << "in the key it lies over nothing";
  EXPECT_FALSE(contains(script, "at 0.0000"));
  EXPECT_FALSE(contains(script, "<= 0.0 ?"));
}

TEST(RooflinePlot, names_files_so_that_gnuplot_takes_none_for_a_command) {
  const Sample sample;
  const std::string script =
      roofline_plot(sample.sources(), Picture::svg, "|touch x.svg", "< touch x.dat").script;
  EXPECT_TRUE(contains(script, "picture = './|touch x.svg'"));
  EXPECT_TRUE(contains(script, "data = './< touch x.dat'"));
}

TEST(RooflinePlot, quotes_names_so_that_gnuplot_runs_none_of_them) {
  const Sample sample(kHostile);
  const std::vector<Source> sources = {sample.sources(kHostile)[0], sample.sources("plain")[0]};
  const Plot plot = roofline_plot(sources, Picture::svg, "r.svg", "r.dat");
  for (const std::string& line : split(plot.script, '\n')) {
    // Outside single quotes there is nothing of the name, and every quote is closed.
    std::string outside;
    bool inside = false;
    for (const char c : line) {
      if (c == '\'')
        inside = !inside;
      else if (!inside)
        outside += c;
    }
    EXPECT_FALSE(inside) << line;
    EXPECT_FALSE(contains(outside, "reboot")) << line;
  }
  EXPECT_FALSE(contains(plot.data, "\n# x="));
  EXPECT_FALSE(contains(plot.data + plot.script, "\x1b"));
}

TEST(PageData, keeps_names_out_of_the_markup) {
  const Sample sample(kHostile);
  const std::string text = page_data(sample.sources(kHostile));
  EXPECT_EQ(text.find_first_of("<>&"), text.npos);
  EXPECT_EQ(json::parse(text)["problems"][0]["name"], kHostile);
  const std::string page = html(sample.sources(kHostile));
  EXPECT_FALSE(contains(page, "<script>alert"));
  EXPECT_TRUE(contains(page, "<title>a&lt;/script&gt;"));
}

TEST(PageData, has_a_column_a_field_and_every_text_once) {
  const Sample sample;
  const json data = json::parse(page_data(sample.sources()));
  for (const auto& [name, column] : data["rows"].items()) EXPECT_EQ(column.size(), 4u) << name;
  EXPECT_EQ(data["problems"].size(), 1u);
  EXPECT_EQ(data["parameters"]["block_n"], json({64, nullptr, 96, 128}));  // in between answer 0 of a library
  EXPECT_EQ(data["rows"]["status"][3], "compile");
  EXPECT_EQ(data["rows"]["time_us"][3], nullptr);
  EXPECT_EQ(data["points"].size(), 2u);
  EXPECT_EQ(data["points"][0]["short"], "64x64 s8 132sm r8");
  EXPECT_EQ(data["sources"][0]["views"][0]["rows"].size(), 1u);
}

TEST(PageData, has_a_carried_point_of_each_peer) {
  Sample sample;
  sample.report.winners[0].carried_us = {{peer::kDeepGemm, 12}, {peer::kTorch, 13}, {peer::kTriton, 14}};
  const json data = json::parse(page_data(sample.sources()));
  std::map<std::string, double> times_us;
  for (const json& point : data["points"])
    times_us[data["providers"][point["provider"].get<std::size_t>()]["name"]] = point["time_us"];
  EXPECT_EQ(times_us.at("DeepGEMM (carried)"), 12);
  EXPECT_EQ(times_us.at("torch._scaled_mm, same block scales (carried)"), 13);
  EXPECT_EQ(times_us.at("Triton, same block scales (carried)"), 14);
}

TEST(PageData, rounds_times_to_four_digits) {
  Sample sample;
  sample.journal.rows[0].time_us = 212.5829;
  sample.journal.rows[1].time_us = 1.00449;
  const std::string text = page_data(sample.sources());
  EXPECT_TRUE(contains(text, "\"time_us\":[212.6,1.004,20.0,null]")) << text;
}

TEST(PageData, leaves_out_slow_rows_of_too_many_but_no_problem_and_no_finalist) {
  Sample sample;
  sample.journal.rows.resize(1);
  sample.journal.rows.push_back(row(1, config(64), 1e6));  // a finalist that screening does not explain
  for (int i = 0; i < 30000; ++i) {
    Row screened = row(1 + i % 7, config(8 * (1 + i % 500)), 100 + i, Stage::screen);
    sample.journal.rows.push_back(screened);
  }
  const json data = json::parse(page_data(sample.sources()));
  EXPECT_EQ(data["rows"]["time_us"].size(), kMostPageRows);
  EXPECT_EQ(data["sources"][0]["rows"], 30002);
  EXPECT_EQ(data["rows"]["stage"][0], 2);
  EXPECT_EQ(data["rows"]["stage"][1], 2);
  std::map<int, int> shown;
  for (const json& problem : data["rows"]["problem"]) ++shown[problem];
  EXPECT_EQ(shown.size(), 8u);
  for (const auto& [problem, count] : shown) EXPECT_TRUE(count == 1 || count > 2800) << problem;
}

/// Of a problem the best time of each two values of two parameters.
using Cells = std::map<std::tuple<std::string, std::int64_t, std::string, std::int64_t>, double>;

void take(Cells& cells, const Config& config, double time_us) {
  for (const auto& [x, x_value] : config)
    for (const auto& [y, y_value] : config) {
      const auto [cell, is_new] = cells.insert({{x, x_value, y, y_value}, time_us});
      cell->second = std::min(cell->second, time_us);
    }
}

TEST(PageData, leaves_no_cell_of_a_heat_map_blank_or_slower_than_it_was_measured) {
  Sample sample;
  Cells measured, shown;
  for (int i = 0; i < 30000; ++i) {
    // Slow where block_n is small, so that its cells hold none of the fastest rows.
    Config tried = config(8 * (1 + i % 20), 132 - i / 1500);
    tried["stages"] = 2 + i / 20 % 15;
    tried["split_k"] = 1 + i / 300 % 5;
    sample.journal.rows.push_back(row(64, tried, 1e5 / (1 + i % 20) + i, Stage::screen));
  }
  for (const Row& row : sample.journal.rows)
    if (row.stage == Stage::screen && row.time_us) take(measured, row.config, *row.time_us);
  for (const Row* row : page_rows(sample.journal, {1000, 20000}))
    if (row->stage == Stage::screen && row->time_us) take(shown, row->config, *row->time_us);
  EXPECT_EQ(shown, measured);
}

TEST(PageData, holds_so_many_rows_at_most_whatever_its_pictures_need) {
  Sample sample;
  sample.journal.rows.clear();
  for (int i = 0; i < 3000; ++i) {  // each is alone in its cell
    const Config tried = config(8 + i / 3 % 50, 66 + i / 150);
    sample.journal.rows.push_back(
        row(1 + i % 3, tried, 3000 - i, i % 100 == 7 ? Stage::final : Stage::screen));
  }
  const auto shown = page_rows(sample.journal, {100, 1000});
  ASSERT_EQ(shown.size(), 1000u);
  std::map<std::int64_t, double> slowest_us;  // of the screened ones, by M
  std::size_t finalists = 0;
  for (const Row* row : shown) {
    finalists += row->stage == Stage::final;
    if (row->stage == Stage::screen)
      slowest_us[row->problem.m] = std::max(slowest_us[row->problem.m], *row->time_us);
  }
  EXPECT_EQ(finalists, 30u);
  EXPECT_EQ(slowest_us.size(), 3u);
  for (const auto& [m, time_us] : slowest_us) EXPECT_LT(time_us, 1010) << "the fastest of M " << m;
  EXPECT_EQ(page_rows(sample.journal, {100, 5000}).size(), 3000u);
}

TEST(PageData, needs_no_row_for_a_heat_map_of_more_values_than_anybody_can_see) {
  Sample sample;
  sample.journal.rows.clear();
  for (int i = 0; i < 3000; ++i)  // no two have a value of a parameter in common
    sample.journal.rows.push_back(row(64, config(8 + i, 10000 + i), 3000 - i, Stage::screen));
  EXPECT_EQ(page_rows(sample.journal, {100, 5000}).size(), 100u);
}

TEST(Html, is_one_file_that_fetches_nothing) {
  const Sample sample;
  const std::string page = html(sample.sources());
  EXPECT_FALSE(contains(page, "{{"));
  EXPECT_FALSE(contains(page, "src=\""));
  EXPECT_FALSE(contains(page, "<link"));
  EXPECT_TRUE(contains(page, "default-src 'none'"));
  EXPECT_TRUE(contains(page, "Chart.js v3"));
}

TEST(Markdown, takes_no_orders_from_names) {
  EXPECT_EQ(escape_markdown("# *a* `b` <i> [c](d) |e| ~f~ $g$ &lt; @h"),
            "\\# \\*a\\* \\`b\\` &lt;i> \\[c](d) \\|e\\| \\~f\\~ \\$g\\$ &amp;lt; @&#8203;h");
}

TEST(Csv, holds_no_formulas) {
  Grid grid;
  grid.columns = {{"name", "name"}, {"x", "x"}};
  grid.rows = {{std::string("=HYPERLINK(\"u\",1)"), -1.5}, {std::string("@a"), std::int64_t{-2}}};
  EXPECT_EQ(csv(grid), "name,x\n\"'=HYPERLINK(\"\"u\"\",1)\",-1.5\n'@a,-2\n");
  grid.rows = {{Config{{"=cmd|' /C calc'!A0", 1}}, std::int64_t{1}}};
  EXPECT_EQ(csv(grid), "name,x\n'=cmd|' /C calc'!A0=1,1\n");
}

TEST(Report, names_counters_below_what_is_necessary) {
  Sample sample;
  sample.table.policy = "cold_memset512-event-burst-w1-n15";
  Row& winner = sample.journal.rows[0];
  const auto errors = [&](double read_bytes, double fp8_ops) {
    winner.counters = Counters{read_bytes, 0, {}, {}, {}, fp8_ops, {}};
    return accounting_errors(make_report(sample.table, sample.journal));
  };
  EXPECT_EQ(errors(15.6e6, 1937768448).size(), 0u);
  EXPECT_TRUE(contains(errors(15.6e6, 1937768448 / 2).at(0), "counted 0.969 GFLOP in FP8 of the 1.938"));
  EXPECT_TRUE(contains(errors(3e6, 1937768448).at(0), "counted 3.00 MB read from memory of the 15.62"));
  sample.table.policy = "warm-event-burst-w1-n15";
  EXPECT_EQ(errors(3e6, 1937768448).size(), 0u);
}

TEST(Report, names_points_above_a_roof) {
  Sample sample;
  sample.table.entries[0].time_us = *(sample.journal.rows[0].time_us = 0.5);
  const Report report = make_report(sample.table, sample.journal);
  EXPECT_TRUE(contains(terminal(report), "Accounting errors"));
  EXPECT_TRUE(contains(markdown(report), "## Accounting errors"));
  EXPECT_TRUE(
      contains(json::parse(report::json(report))["accounting_errors"][0], "gemmtune: 0.50 µs lie above"));
  EXPECT_FALSE(contains(terminal(Sample().report), "Accounting errors"));
}

}  // namespace
}  // namespace gemmtune::report
