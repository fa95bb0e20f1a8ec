// Every output of a folder with two kernels of one size: it tells them apart, and says nothing of the second
// that only the first has.
#include "unit/made_up/outputs.h"

#include "core/counters.h"
#include "core/json.h"
#include "export/bundle.h"
#include "report/markdown.h"
#include "report/views.h"
#include "store/table.h"

#include <map>

namespace gemmtune::made_up {
namespace {

TEST_F(Outputs, tell_the_kernels_apart) {
  for (const Output& output : outputs_of("both")) {
    if (!output.complaint.empty() && !has(output.complaint, "gnuplot")) {
      EXPECT_TRUE(has(output.complaint, kKernel)) << output.command << ": " << output.complaint;
      continue;
    }
    if (has(output.command, "--view fp8-bf16")) continue;  // a line is of one kernel in FP8, beside BF16
    if (has(output.command, "--view groups")) continue;    // neither has any
    // Backslashes are Markdown's.
    const std::string text = std::regex_replace(output.text, std::regex("\\\\"), "");
    for (const char* kernel : {kKernel, has(output.command, "--configs") ? kKernel : "dense_1d2d"})
      EXPECT_TRUE(has(text, kernel)) << output.command << " without " << kernel << "\n" << text;
  }
}

/// Without what is the same whatever the results are: the words of views, and keys that are frozen.
std::string of_these_results(const std::string& output) {
  std::string text = on_one_line(output);
  const auto erase = [&](const std::string& constant) {
    for (std::size_t at = text.find(constant); at != std::string::npos; at = text.find(constant, at))
      text.erase(at, constant.size());
  };
  for (const report::View& view : report::views())
    for (const std::string words : {view.title, view.legend, view.hint}) {
      erase(words);
      erase(on_one_line(report::escape_markdown(words)));
    }
  erase("fp8-bf16");
  for (const CounterField& field : kCounterFields) erase(field.key);
  // The page is what it shows and how; the data are what it shows.
  if (const std::size_t data = text.find("id=\"data\">"); data != std::string::npos)
    text = text.substr(data, text.find("</script>", data) - data);
  return text;
}

TEST_F(Outputs, of_the_second_alone_have_no_word_of_the_first) {
  const std::regex foreign("fp8|e4m3|float8|1x128|block.scale|promot|dense_1d2d|per-tensor",
                           std::regex::icase);
  for (const Output& output : outputs_of("alone")) {
    std::smatch found;
    if (has(output.command, "--configs")) {  // files of FP8 alone, and none is asked for
      EXPECT_TRUE(has(output.text, "not theirs")) << output.command << "\n" << output.text;
      EXPECT_FALSE(has(output.text, "no file")) << output.command << "\n" << output.text;
      continue;
    }
    const std::string text = of_these_results(output.complaint + output.text);
    EXPECT_FALSE(std::regex_search(text, found, foreign))
        << output.command << ": \"" << found.str() << "\" in\n"
        << found.prefix().str().substr(std::max<std::ptrdiff_t>(0, found.prefix().length() - 300))
        << found.str();
  }
}

/// The large problem of each kernel, whose time the tensor cores bound.
TEST_F(Outputs, hold_each_kernel_to_its_own_roof) {
  const std::map<std::string, std::pair<std::string, double>> expected = {
      {"dense_1d2d", {"FP8 wgmma, promoted", 100 * kScaledTflops / kPromotedTflops}},
      {kKernel, {"BF16 wgmma", 100 * kMadeUpTflops / kBf16Tflops}}};
  std::string text = run("both", "report FOLDER --format json").text;
  text.erase(0, text.find('\n'));
  const Json report = parse_json(text);
  std::map<std::string, Problem> by_id;
  for (const auto& [kernel, unused] : expected)
    for (const std::int64_t m : {std::int64_t{64}, kLargeM})
      by_id[problem_id(problem(kernel, m))] = problem(kernel, m);
  std::size_t winners = 0, points = 0;
  for (const Json& winner : report.at("winners")) {
    if (winner.at("m") != kLargeM) continue;
    const auto& [roof, percent] = expected.at(winner.at("kernel"));
    EXPECT_EQ(winner.at("roof"), roof);
    EXPECT_NEAR(winner.at("percent_of_roof").get<double>(), percent, 0.1) << winner.at("kernel");
    const Problem p = problem(winner.at("kernel"), kLargeM);
    const double seconds = winner.at("time_us").get<double>() * 1e-6;
    EXPECT_NEAR(winner.at("tflops").get<double>() * 1e12 * seconds / static_cast<double>(operation::flops(p)),
                1, 1e-9);
    EXPECT_NEAR(winner.at("gbps").get<double>() * 1e9 * seconds / static_cast<double>(operation::bytes(p)), 1,
                1e-9);
    ++winners;
  }
  for (const Json& point : report.at("points")) {
    if (point.at("provider") != "gemmtune") continue;
    const Problem& p = by_id.at(point.at("problem_id"));
    EXPECT_DOUBLE_EQ(point.at("intensity"),
                     static_cast<double>(operation::flops(p)) / static_cast<double>(operation::bytes(p)))
        << describe(p);
    ++points;
  }
  EXPECT_EQ(winners, 2u);
  EXPECT_EQ(points, 4u);
  EXPECT_EQ(report.at("accounting_errors"), Json::array());
}

/// On the line of each kernel's large problem; a terminal of 80 characters has no room for it.
TEST_F(Outputs, show_people_the_same_percent_of_the_roof) {
  const Output output = run("both", "report FOLDER --format md");
  std::size_t lines = 0;
  for (const std::string& line : split(output.text, '\n')) {
    if (!has(line, "| " + std::to_string(kLargeM) + " | 4096 | 7168 |")) continue;
    const std::string percent = has(line, "dense") ? "83" : "87";
    EXPECT_TRUE(has(line, "| " + percent + " |")) << line;
    EXPECT_TRUE(has(line, has(line, "dense") ? "| 64x64 s8 132sm r8 |" : "| lanes64 depth=3 |")) << line;
    ++lines;
  }
  EXPECT_EQ(lines, 2u) << output.text;
}

TEST_F(Outputs, a_bundle_refuses_a_kernel_that_its_loader_cannot_launch) {
  for (const char* kernel : {kKernel, kGroupedKernel}) {
    Table table = store::build_table(journal_of({kernel}));
    exports::BundleParts parts;
    for (const TableEntry& entry : table.entries) parts.cubins.push_back({entry.kernel_hash, "cubin"});
    try {
      exports::export_bundle(table, parts);
      ADD_FAILURE() << "made a bundle";
    } catch (const UserError& error) {
      EXPECT_TRUE(has(error.what(), kernel)) << error.what();
    }
  }
}

}  // namespace
}  // namespace gemmtune::made_up
