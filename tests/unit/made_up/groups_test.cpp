// A folder with a grouped kernel beside a dense one: every output tells them apart, or refuses groups by
// name.
#include "core/json.h"
#include "unit/made_up/outputs.h"

#include <cmath>
#include <set>

namespace gemmtune::made_up {
namespace {

TEST_F(Outputs, tell_grouped_kernels_apart_or_refuse_them_by_name) {
  std::set<std::string> refused;
  for (const Output& output : outputs_of("groups")) {
    if (has(output.complaint, "gnuplot") || has(output.command, "--view fp8-bf16")) continue;
    if (has(output.command, "--view libraries")) continue;  // of groups there is none
    const std::string text = std::regex_replace(output.complaint + output.text, std::regex("\\\\"), "");
    EXPECT_TRUE(has(text, kGroupedKernel)) << output.command << "\n" << text;
    if (!output.complaint.empty()) refused.insert(output.command);
  }
  EXPECT_EQ(refused,
            (std::set<std::string>{"export FOLDER --format cpp-header", "export FOLDER --format python",
                                   "export FOLDER --format cutlass-csv"}));
}

TEST_F(Outputs, refuse_groups_in_one_sentence) {
  const std::string which =
      "grouped_made_up:groups=4,m_per_group=64,routing=zipf:1.2,alignment=64,n=4096,k=7168: ";
  const auto complaint = [&](const char* format) {
    const std::string text = run("groups", std::string("export FOLDER --format ") + format).complaint;
    const std::size_t at = text.find(which);
    return at == std::string::npos ? text : text.substr(at + which.size());
  };
  EXPECT_EQ(complaint("python"),
            "find() of --format python asks for no groups; --format json and csv hold them");
  EXPECT_EQ(complaint("cpp-header"),
            "find() of --format cpp-header asks for no groups; --format json and csv hold them");
  EXPECT_EQ(
      complaint("cutlass-csv"),
      "the columns of CUTLASS's profiler have no place for groups, m_per_group, routing, alignment, layout");
  EXPECT_TRUE(has(run("groups", "export FOLDER --configs CONFIGS --format vllm-check").text,
                  "these files are of products without groups"));
}

TEST_F(Outputs, have_columns_of_groups_where_a_problem_has_some) {
  const auto columns = [&](const std::string& folder, const std::string& command) {
    const std::string text = only_file(folder, command);
    const std::vector<std::string> names = split(text.substr(0, text.find('\n')), ',');
    return std::set<std::string>(names.begin(), names.end());
  };
  const std::set<std::string> groups = {"groups", "m_per_group", "routing", "alignment", "layout"};
  for (const char* command : {"report FOLDER --format csv", "export FOLDER --format csv"}) {
    const std::set<std::string> dense = columns("both", command), grouped = columns("groups", command);
    for (const std::string& name : groups) {
      EXPECT_FALSE(dense.contains(name)) << command << " " << name;
      EXPECT_TRUE(grouped.contains(name)) << command << " " << name;
    }
  }
  const Json report = parse_json(only_file("groups", "report FOLDER --format json"));
  std::size_t of_groups = 0;
  for (const Json& winner : report.at("winners")) {
    const bool grouped = winner.at("kernel") == kGroupedKernel;
    EXPECT_EQ(winner.at("groups"), grouped ? Json(4) : Json());
    if (!grouped) continue;
    const Problem p = problem(kGroupedKernel, winner.at("m"));
    const GroupFigures& figures = figures_of_groups(p);
    EXPECT_EQ(winner.at("rows_a_group"), p.m_per_group);
    EXPECT_NEAR(winner.at("padded_percent").get<double>(),
                100 * figures.padding / (figures.useful + figures.padding), 1e-9);
    EXPECT_EQ(winner.at("group_distribution"), "zipf:1.2");
    ++of_groups;
  }
  EXPECT_EQ(of_groups, 2u);
}

TEST_F(Outputs, set_grouped_kernels_beside_padded_and_loop) {
  const Json rows = parse_json(only_file("groups", "report FOLDER --view groups --format json"));
  ASSERT_EQ(rows.size(), 2u) << "those without groups are not there";
  for (const Json& row : rows) {
    EXPECT_EQ(row.at("kernel"), kGroupedKernel);
    EXPECT_NEAR(row.at("speedup_over_padded_batch").get<double>(), 1.2, 1e-9);
    EXPECT_NEAR(row.at("speedup_over_loop_of_dense").get<double>(), 1.5, 1e-9);
    const Problem p = problem(kGroupedKernel, std::llround(row.at("rows_a_group").get<double>()));
    std::int64_t largest = 0;
    for (const auto& sizes : figures_of_groups(p).draws) largest += std::ranges::max(sizes);
    const double batch = static_cast<double>(largest) * 4 / kDraws;
    EXPECT_NEAR(row.at("padded_batch_waste_percent").get<double>(), 100 * (1 - useful_rows(p) / batch), 1e-9);
    EXPECT_NEAR(row.at("waste_percent").get<double>(),
                100 * (1 - useful_rows(p) / (useful_rows(p) + figures_of_groups(p).padding)), 1e-9);
  }
  const std::string text = on_one_line(only_file("groups", "report FOLDER --view groups --format table"));
  EXPECT_TRUE(has(text,
                  "Geometric means of the speed-up: over padded 1.20 (2 problems), over loop 1.50 (2 "
                  "problems). Sizes on the host: padded, loop cannot be in a CUDA graph"))
      << text;
  EXPECT_TRUE(has(on_one_line(only_file("both", "report FOLDER --view groups --format table")),
                  "No winner here is of a grouped kernel"));
  // Other ways are never winners: the table has ours alone.
  const Json table = parse_json(only_file("groups", "export FOLDER --format json"));
  EXPECT_EQ(table.at("entries").size(), 4u);
}

}  // namespace
}  // namespace gemmtune::made_up
