#include "report/libraries.h"

#include "fixtures/reports.h"
#include "report/report.h"

#include <gtest/gtest.h>

namespace gemmtune::report {
namespace {

using namespace fixtures;

constexpr const char* kLook = "cold_memset512-event-burst-w1-n3";
constexpr const char* kRace = "cold_memset512-event-burst-w1-n15";

Row answer(const char* provider, std::int64_t m, int index, double time_us, Stage stage,
           const std::string& run_id = "run1") {
  Row r = library_row(provider, m, index, time_us);
  r.stage = stage;
  r.policy = stage == Stage::final ? kRace : kLook;
  r.run_id = run_id;
  return r;
}

/// Of a journal in which a run of ours with another driver was before this one.
std::vector<LibraryChoice> choices_of(std::vector<Row> rows) {
  Journal journal;
  journal.headers = {header("before"), header("run1"), header("run2")};
  journal.headers.front().environment.driver = "570.1";
  journal.rows = std::move(rows);
  journal.rows.push_back(row(128, config(64), 10));
  Table table = sample_table();
  table.entries = {entry(128, 10, 20, 10)};
  return library_choices(table, journal);
}

TEST(Libraries, first_and_best_are_of_the_race_where_both_were_in_it) {
  const auto choices = choices_of({answer(provider::kCublasLtBlock, 128, 0, 24, Stage::screen),
                                   answer(provider::kCublasLtBlock, 128, 1, 15, Stage::screen),
                                   answer(provider::kCublasLtBlock, 128, 2, 18, Stage::screen),
                                   answer(provider::kCublasLtBlock, 128, 0, 22, Stage::final),
                                   answer(provider::kCublasLtBlock, 128, 2, 20, Stage::final)});
  ASSERT_EQ(choices.size(), 1u);
  EXPECT_EQ(choices[0].answers, 3);
  EXPECT_EQ(choices[0].best, 2) << "whom the race saw, not the lucky one of the screening";
  EXPECT_EQ(choices[0].first_us, 22);
  EXPECT_EQ(choices[0].best_us, 20);
  EXPECT_TRUE(choices[0].raced);
  EXPECT_EQ(choices[0].ours_us, 10);
}

TEST(Libraries, of_one_whose_first_answer_was_not_raced_both_are_of_the_screening) {
  const auto choices = choices_of({answer(provider::kCublasBf16, 128, 0, 24, Stage::screen),
                                   answer(provider::kCublasBf16, 128, 1, 21, Stage::screen),
                                   answer(provider::kCublasBf16, 128, 1, 20, Stage::final)});
  ASSERT_EQ(choices.size(), 1u);
  EXPECT_EQ(choices[0].first_us, 24);
  EXPECT_EQ(choices[0].best_us, 21) << "20 is of another round";
  EXPECT_FALSE(choices[0].raced);
}

TEST(Libraries, are_beside_ours_in_the_entrys_own_race_alone) {
  const auto own = choices_of({answer(provider::kCublasLtBlock, 128, 0, 22, Stage::final),
                               answer(provider::kCublasLtBlock, 128, 2, 20, Stage::final)});
  ASSERT_EQ(own.size(), 1u);
  EXPECT_EQ(own[0].ours_us, 10);
  const auto other = choices_of({answer(provider::kCublasLtBlock, 128, 0, 23, Stage::final, "run2"),
                                 answer(provider::kCublasLtBlock, 128, 2, 21, Stage::final, "run2")});
  ASSERT_EQ(other.size(), 1u);
  EXPECT_TRUE(other[0].raced);
  EXPECT_FALSE(other[0].ours_us) << "the entry's race has 20";
}

TEST(Libraries, are_of_the_tables_driver) {
  EXPECT_TRUE(choices_of({answer(provider::kCublasLtBlock, 128, 0, 22, Stage::final, "before"),
                          answer(provider::kCublasLtBlock, 128, 2, 20, Stage::final, "before")})
                  .empty());
}

TEST(Libraries, times_of_two_runs_are_not_compared) {
  EXPECT_TRUE(choices_of({answer(provider::kCublasBf16, 128, 0, 24, Stage::screen),
                          answer(provider::kCublasBf16, 128, 1, 21, Stage::screen, "run2")})
                  .empty());
}

TEST(Libraries, a_wrong_first_answer_and_one_of_another_device_or_problem_are_none) {
  Row wrong = answer(provider::kCublasLtBlock, 128, 0, 1, Stage::final);
  wrong.invalidity = Invalidity::correctness;
  Row other = answer(provider::kCublasLtTensor, 128, 0, 1, Stage::final);
  other.device = "Other GPU";
  EXPECT_TRUE(choices_of({wrong, answer(provider::kCublasLtBlock, 128, 1, 20, Stage::final), other,
                          answer(provider::kCublasBf16, 256, 0, 20, Stage::final)})
                  .empty());
}

TEST(Libraries, of_a_kernel_that_this_build_lacks_are_none) {
  Table table = sample_table();
  table.entries.front().problem.kernel = "x;touch pwned;";
  EXPECT_TRUE(library_choices(table, Journal{}).empty());
}

TEST(Libraries, are_summed_up_by_provider) {
  Report report;
  const Problem problem = row(128, config(64), 1).problem;
  report.libraries = {{problem, provider::kCublasLtBlock, 4, 2, 22, 20, true, 10},
                      {problem, provider::kCublasLtBlock, 4, 0, 20, 20, true, 10},
                      {problem, provider::kCublasBf16, 9, 3, 30, 20, false, {}}};
  const Grid grid = libraries(report, /*for_files=*/true);
  ASSERT_EQ(grid.rows.size(), 3u);
  EXPECT_EQ(grid.rows[0].back(), Cell(2.2));
  EXPECT_EQ(grid.rows[2].back(), Cell()) << "not of one round with ours";
  const std::string text = libraries_summary(report);
  EXPECT_NE(text.find("the fastest on 1 of 2 problems, 4.9 % slower than that on geometric mean, 10.0 % at "
                      "worst."),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("0 of 1 problems, 50.0 %"), std::string::npos) << text;
}

}  // namespace
}  // namespace gemmtune::report
