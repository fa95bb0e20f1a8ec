#include "profile/figures.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gemmtune::profile {
namespace {

std::string stall(const std::string& reason) {
  return "smsp__average_warps_issue_stalled_" + reason + "_per_issue_active.ratio";
}

const Figure& named(const std::vector<Figure>& figures, const std::string& name) {
  const auto found = std::ranges::find(figures, name, &Figure::name);
  EXPECT_NE(found, figures.end()) << name;
  return *found;
}

std::vector<std::string> names(const std::vector<Change>& list) {
  std::vector<std::string> names;
  for (const Change& change : list) names.push_back(change.before.name);
  return names;
}

TEST(Figures, are_in_units_that_people_read) {
  const auto figures = main_figures({{"gpu__time_duration.sum", {9312, "ns"}},
                                     {"dram__bytes_write.sum", {2.5e6, "byte"}},
                                     {"sm__cycles_elapsed.avg.per_second", {1.755e9, "hz"}}});
  EXPECT_DOUBLE_EQ(*named(figures, "time under ncu").value, 9.312);
  EXPECT_DOUBLE_EQ(*named(figures, "DRAM written").value, 2.5);
  EXPECT_DOUBLE_EQ(*named(figures, "SM clock").value, 1755);
}

TEST(Figures, that_a_report_lacks_have_no_value_and_still_a_name) {
  const Figure figure = named(main_figures({}), "L2 traffic");
  EXPECT_FALSE(figure.value);
  EXPECT_EQ(figure.metric, "lts__t_bytes.sum");
}

TEST(Figures, are_asked_for_by_name_whatever_the_set_holds) {
  const std::string asked = "," + metrics_of_figures() + ",";
  for (const Figure& figure : main_figures({}))
    EXPECT_EQ(asked.find("," + figure.metric + ",") == asked.npos, figure.metric.starts_with("launch__"))
        << figure.name;
}

TEST(Figures, take_the_first_metric_that_the_report_has) {
  Counters counters = {{"sm__inst_executed_pipe_tensor_op_gmma.avg.pct_of_peak_sustained_active", {30, "%"}}};
  EXPECT_EQ(*named(main_figures(counters), "tensor pipe active").value, 30);
  counters["sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active"] = {60, "%"};
  EXPECT_EQ(*named(main_figures(counters), "tensor pipe active").value, 60);
}

TEST(Figures, show_stalls_as_shares_of_all_waiting_the_largest_first) {
  const auto figures = main_figures({{stall("barrier"), {1, "inst"}},
                                     {stall("gmma"), {3, "inst"}},
                                     {stall("selected"), {5, "inst"}},
                                     {stall("gmma_not_issued"), {3, "inst"}}});
  std::vector<std::string> stalls;
  for (const Figure& figure : figures)
    if (figure.name.starts_with("stall")) stalls.push_back(figure.name + " " + std::to_string(*figure.value));
  EXPECT_EQ(stalls, (std::vector<std::string>{"stall gmma 75.000000", "stall barrier 25.000000"}));
}

TEST(Changes, are_sorted_by_how_much_changed) {
  const std::vector<Figure> before = {
      {"bytes", 100, "MB", ""}, {"clock", 1000, "MHz", ""}, {"share", 0.1, "%", ""}, {"busy", 20, "%", ""}};
  const std::vector<Figure> after = {
      {"busy", 80, "%", ""}, {"bytes", 50, "MB", ""}, {"clock", 1000, "MHz", ""}, {"share", 0.3, "%", ""}};
  const auto list = changes(before, after);
  EXPECT_EQ(names(list), (std::vector<std::string>{"busy", "bytes", "share", "clock"}));
  EXPECT_EQ(*list[0].change, 60);
  EXPECT_EQ(*list[1].change, -50);
  EXPECT_NEAR(*list[2].change, 0.2, 1e-12);
  EXPECT_EQ(*list[3].change, 0);
}

TEST(Changes, leave_out_what_only_one_has_and_put_the_unknown_last) {
  const std::vector<Figure> before = {
      {"gone", 1, "", ""}, {"unknown", std::nullopt, "MB", ""}, {"same", 0, "", ""}};
  const std::vector<Figure> after = {{"unknown", 3, "MB", ""}, {"same", 0, "", ""}, {"new", 1, "", ""}};
  const auto list = changes(before, after);
  EXPECT_EQ(names(list), (std::vector<std::string>{"same", "unknown"}));
  EXPECT_EQ(list[0].change, 0);
  EXPECT_FALSE(list[1].change);
}

TEST(Changes, from_nothing_have_no_percentage_and_come_first) {
  const auto list =
      changes({{"spills", 0, "", ""}, {"bytes", 1, "", ""}}, {{"spills", 8, "", ""}, {"bytes", 1.5, "", ""}});
  EXPECT_EQ(names(list).front(), "spills");
  EXPECT_FALSE(list.front().change);
}

}  // namespace
}  // namespace gemmtune::profile
