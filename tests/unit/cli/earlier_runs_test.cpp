#include "cli/earlier_runs.h"

#include "util/error.h"

#include <gtest/gtest.h>

namespace gemmtune::cli {
namespace {

const Config kConfig = {{"block_m", 64}, {"block_n", 96}, {"num_sms", 132}};
const Config kCompiled = {{"block_m", 64}, {"block_n", 96}};
const Config kOther = {{"block_m", 64}, {"block_n", 112}};

struct EarlierRunsTest : testing::Test {
  Environment now;
  Journal journal;

  EarlierRunsTest() {
    now.nvrtc = "13.0";
    now.kernels = "these";
    journal.headers = {run("same", now), run("other nvrtc", now), run("other kernels", now),
                       run("no compiler", now)};
    journal.headers[1].environment.nvrtc = "12.9";
    journal.headers[2].environment.kernels = "those";
    journal.headers[3].environment.nvrtc = journal.headers[3].environment.kernels = "";
  }

  static RunHeader run(const std::string& id, const Environment& environment) {
    return {id, "", "", environment, {}, {}};
  }

  /// A row of a kernel that the compiler crashed on.
  Row& add(const std::string& run_id) {
    Row row;
    row.run_id = run_id;
    row.config = kConfig;
    row.invalidity = Invalidity::compile;
    row.reason = "SIGSEGV";
    journal.rows.push_back(row);
    return journal.rows.back();
  }

  /// Which of `kCompiled` and `kOther` are known to fail.
  std::map<std::size_t, Failure> failures() const {
    return EarlierRuns(journal, run("now", now))
        .failures_of({{"dense_1d2d", kCompiled}, {"dense_1d2d", kOther}});
  }

  bool knows(const Row& row) const {
    return EarlierRuns(journal, run("now", now)).row(row_id(row)) != nullptr;
  }
};

TEST_F(EarlierRunsTest, know_their_rows_by_id) {
  const Row row = add("same");
  const EarlierRuns earlier(journal, run("now", now));
  ASSERT_NE(earlier.row(row_id(row)), nullptr);
  EXPECT_EQ(earlier.row(row_id(row))->reason, "SIGSEGV");
  EXPECT_EQ(earlier.row("another"), nullptr);
}

TEST_F(EarlierRunsTest, hold_nothing_against_a_kernel_whose_compiler_was_lost_once) {
  for (const char* reason :
       {"worker died of signal 9 (SIGKILL) during compile", "no answer to compile within 60 s"}) {
    journal.rows.clear();
    add("same").reason = reason;
    EXPECT_TRUE(failures().empty()) << reason;
    EXPECT_FALSE(knows(journal.rows.front())) << "it is tried again";
    add("same").reason = "twice: " + std::string(reason);
    EXPECT_EQ(failures().size(), 1u) << reason;
  }
}

TEST_F(EarlierRunsTest, on_another_board_power_limit_or_driver_are_refused_and_not_known) {
  now.uuid = "GPU-1";
  now.driver = "580.1";
  now.power_limit_w = 700;
  journal.headers = {run("here", now), run("nothing measured", now), run("unknown", Environment{})};
  journal.headers[1].environment.uuid = "GPU-9";
  const Row known = add("here");
  add("unknown");
  EXPECT_NO_THROW(refuse_other_machine(journal, run("now", now), "out"));
  EXPECT_TRUE(knows(known));
  journal.rows.pop_back();
  const auto complaint = [&] {
    try {
      refuse_other_machine(journal, run("now", now), "out");
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  Environment& then = journal.headers[0].environment;
  then.uuid = "GPU-2";
  EXPECT_NE(complaint().find("board GPU-2, now GPU-1"), std::string::npos) << complaint();
  EXPECT_FALSE(knows(known));
  then = now;
  then.power_limit_w = 500;
  EXPECT_NE(complaint().find("power limit 500 W, now 700 W"), std::string::npos) << complaint();
  then = now;
  then.driver = "570.1";
  EXPECT_NE(complaint().find("driver 570.1, now 580.1"), std::string::npos) << complaint();
  EXPECT_FALSE(knows(known));
}

TEST_F(EarlierRunsTest, of_a_row_that_was_measured_again_know_the_later_one_as_the_table_does) {
  const Row row = add("same");
  add("same").reason = "later";
  EXPECT_EQ(EarlierRuns(journal, run("now", now)).row(row_id(row))->reason, "later");
}

TEST_F(EarlierRunsTest,
       a_kernel_that_did_not_compile_fails_for_every_configuration_and_problem_that_shares_it) {
  add("same").config["num_sms"] = 66;
  const auto failed = failures();
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed.at(0).invalidity, Invalidity::compile);
  EXPECT_EQ(failed.at(0).reason, "SIGSEGV");
}

TEST_F(EarlierRunsTest, a_compiler_that_hung_counts_too) {
  add("same").invalidity = Invalidity::timeout;
  ASSERT_EQ(failures().size(), 1u);
  EXPECT_EQ(failures().at(0).invalidity, Invalidity::timeout);
}

TEST_F(EarlierRunsTest, another_kernel_of_the_same_configuration_is_another) {
  add("same").problem.kernel = "of another build";
  journal.rows.back().config = kCompiled;
  EXPECT_TRUE(failures().empty());
}

TEST_F(EarlierRunsTest, what_another_compiler_or_other_kernels_failed_at_is_not_known) {
  for (const std::string run_id : {"other nvrtc", "other kernels", "no header"}) {
    journal.rows.clear();
    const Row row = add(run_id);
    EXPECT_TRUE(failures().empty()) << run_id;
    EXPECT_FALSE(knows(row)) << run_id << ": else the new attempt would leave no row";
  }
}

TEST_F(EarlierRunsTest, what_failed_is_known_while_only_other_kernels_have_changed) {
  now.source_hashes = {{"dense_1d2d", "a"}, {"grouped", "b"}};
  Environment& then = journal.headers[2].environment;  // of other kernels
  then.source_hashes = {{"dense_1d2d", "a"}};
  const Row row = add("other kernels");
  EXPECT_EQ(failures().size(), 1u);
  EXPECT_TRUE(knows(row));
  then.source_hashes = {{"dense_1d2d", "changed"}};
  EXPECT_TRUE(failures().empty());
  EXPECT_FALSE(knows(row));
}

TEST_F(EarlierRunsTest, a_kernel_that_was_launched_did_compile) {
  Row& hung = add("same");
  hung.invalidity = Invalidity::timeout;
  hung.kernel_hash = "some";
  EXPECT_TRUE(failures().empty());
  journal.rows.back().run_id = "other nvrtc";
  EXPECT_TRUE(knows(journal.rows.back())) << "rows of kernels that run are known whoever compiled them";
}

TEST_F(EarlierRunsTest, a_problem_that_could_not_be_prepared_says_nothing_of_its_kernels) {
  add("same").invalidity = Invalidity::timeout;
  journal.rows.back().config = {};
  EXPECT_TRUE(EarlierRuns(journal, run("now", now)).failures_of({{"dense_1d2d", {}}}).empty());
  EXPECT_TRUE(knows(journal.rows.back()));
}

TEST_F(EarlierRunsTest, an_answer_of_a_library_is_no_kernel) {
  add("other nvrtc").invalidity = Invalidity::timeout;
  journal.rows.back().provider = provider::kCublasLtBlock;
  EXPECT_TRUE(knows(journal.rows.back()));
  journal.rows.back().run_id = "same";
  EXPECT_TRUE(failures().empty());
}

TEST_F(EarlierRunsTest, a_simulated_launch_that_hung_without_a_compiler_is_known_and_no_failure_of_one) {
  add("no compiler").invalidity = Invalidity::timeout;
  now.nvrtc = now.kernels = "";
  EXPECT_TRUE(failures().empty());
  EXPECT_TRUE(knows(journal.rows.back()));
}

TEST_F(EarlierRunsTest, the_later_of_two_contrary_outcomes_stands) {
  add("same");
  Row& compiled = add("same");
  compiled.invalidity = Invalidity::correct;
  compiled.kernel_hash = "some";
  compiled.problem.m = 8;
  EXPECT_TRUE(failures().empty());
  std::swap(journal.rows[0], journal.rows[1]);
  EXPECT_EQ(failures().size(), 1u);
  std::swap(journal.rows[0], journal.rows[1]);
  journal.rows[1].run_id = "other kernels";
  EXPECT_EQ(failures().size(), 1u) << "that other kernels compile says nothing of these";
}

}  // namespace
}  // namespace gemmtune::cli
