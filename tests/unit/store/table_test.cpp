#include "store/table.h"

#include "core/groups.h"
#include "core/serialise.h"
#include "fixtures/rows.h"
#include "util/error.h"
#include "util/text.h"

#include <gtest/gtest.h>

#include <set>

namespace gemmtune::store {
namespace {

using namespace fixtures;

Journal journal_of(std::vector<Row> rows) {
  Journal journal;
  journal.headers = {header()};
  journal.rows = std::move(rows);
  return journal;
}

TEST(Table, names_the_fastest_finalist_with_its_rivals) {
  std::vector<Row> rows = {
      row(64, config(64), 9, Stage::screen),  // screening saw it faster: the race decides
      row(64, config(96), 12, Stage::screen),
      row(64, config(64), 11),
      row(64, config(96), 10),
      row(64, config(112), 30, Stage::screen),
      failed_row(64, config(128), Invalidity::correctness, "wrong"),
      library_row(provider::kCublasLtBlock, 64, 0, 20),
      library_row(provider::kCublasLtBlock, 64, 1, 15),
      library_row(provider::kCublasLtTensor, 64, 0, 12)};
  rows[3].error_rms = 2e-5;
  const Table table = build_table(journal_of(rows));
  ASSERT_EQ(table.entries.size(), 1u);
  const TableEntry& entry = table.entries[0];
  EXPECT_EQ(entry.config, config(96));
  EXPECT_EQ(entry.stage, Stage::final);
  EXPECT_EQ(entry.time_us, 10);
  EXPECT_EQ(entry.time_us_high, 10.1);
  EXPECT_EQ(entry.error_rms, 2e-5);
  EXPECT_EQ(entry.candidates, 4);
  EXPECT_EQ(entry.tie_set, std::vector<std::string>{config_id(config(96))});
  EXPECT_EQ(entry.baselines.cublaslt_block_us, 15);
  EXPECT_EQ(entry.baselines.cublaslt_block_first_us, 20);
  EXPECT_EQ(entry.baselines.cublaslt_tensor_us, 12);
  EXPECT_FALSE(entry.baselines.cublas_bf16_us);
  EXPECT_EQ(table.policy, "cold_memset512-event-burst-w1-n15");
  EXPECT_EQ(table.environment.driver, "580.1");
}

TEST(Table, picks_from_a_tie_the_configuration_with_fewer_sms) {
  const Table table = build_table(journal_of({row(64, config(64, 132), 10), row(64, config(64, 66), 10.02)}));
  EXPECT_EQ(table.entries.at(0).config, config(64, 66));
  EXPECT_EQ(table.entries[0].tie_set,
            (std::vector<std::string>{config_id(config(64, 132)), config_id(config(64, 66))}));
}

TEST(Table, keeps_who_came_close) {
  std::vector<Row> rows = {row(64, config(64), 10), row(64, config(200), 8, Stage::screen)};
  for (int i = 0; i < 7; ++i) rows.push_back(row(64, config(72 + 8 * i), 10.5 + i));
  Row tied = row(64, config(128), 14);  // slower than three that are no ties: its interval is wide
  tied.time_us_low = 9.9, tied.time_us_high = 19;
  rows.push_back(tied);
  rows.push_back(failed_row(64, config(136), Invalidity::correctness, "wrong"));
  const ScratchFolder folder;
  write_text(folder / "table.json", to_text(build_table(journal_of(rows))));
  const TableEntry entry = read_table(folder / "table.json").entries.at(0);
  EXPECT_EQ(entry.config, config(64));
  std::vector<double> times;
  for (const RunnerUp& one : entry.runners_up) times.push_back(one.time_us);
  EXPECT_EQ(times, (std::vector<double>{10.5, 11.5, 12.5, 13.5, 14})) << "four and the tie";
  EXPECT_EQ(entry.runners_up.back().config, config(128));
  EXPECT_EQ(entry.runners_up.front().config, config(72));
}

TEST(Table, with_every_tie_keeps_them_all) {
  std::vector<Row> rows;
  for (int i = 0; i < 12; ++i) rows.push_back(row(64, config(64 + 8 * i), 10 + 0.001 * i));
  const TableEntry entry = build_table(journal_of(rows)).entries.at(0);
  EXPECT_EQ(entry.tie_set.size(), 12u);
  EXPECT_EQ(entry.runners_up.size(), 11u);
  for (const RunnerUp& one : entry.runners_up) EXPECT_NE(one.config, entry.config);
}

TEST(Table, whose_winner_raced_alone_says_nothing_of_runners_up) {
  EXPECT_EQ(to_text(build_table(journal_of({row(64, config(64), 10)}))).find("runners_up"),
            std::string::npos);
}

TEST(Table, falls_back_to_screened_rows) {
  const Table table =
      build_table(journal_of({row(64, config(64), 9, Stage::screen), row(128, config(64), 9)}));
  ASSERT_EQ(table.entries.size(), 2u);
  EXPECT_EQ(table.entries[0].stage, Stage::screen);
  EXPECT_EQ(table.entries[1].stage, Stage::final);
}

TEST(Table, of_deeply_nested_lists_is_refused) {
  const ScratchFolder folder;
  write_text(folder / "table.json", std::string(200'000, '[') + std::string(200'000, ']'));
  try {
    read_table(folder / "table.json");
    FAIL() << "was read";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("JSON nested deeper than 64 levels"), std::string::npos)
        << error.what();
  }
}

TEST(Table, never_names_a_wrong_or_failed_candidate) {
  Row wrong = row(64, config(64), 1);
  wrong.invalidity = Invalidity::correctness;
  Row wrong_library = library_row(provider::kCublasLtTensor, 64, 0, 1);
  wrong_library.invalidity = Invalidity::correctness;
  const Table table = build_table(journal_of({wrong, wrong_library, row(64, config(96), 10)}));
  EXPECT_EQ(table.entries.at(0).config, config(96));
  EXPECT_FALSE(table.entries[0].baselines.cublaslt_tensor_us);
  EXPECT_TRUE(build_table(journal_of({wrong})).entries.empty());
}

TEST(Table, compares_only_rows_made_like_the_last) {
  Row warm = row(64, config(64), 5);
  warm.l2 = L2Policy::warm;
  Row other_device = row(64, config(80), 5);
  other_device.device = "Other GPU";
  Row other_timer = row(64, config(96), 5);
  other_timer.timer = Timer::cupti;
  Row more_samples = row(64, config(112), 5);
  more_samples.policy = "cold_memset512-event-burst-w1-n50";
  Row simulated = row(64, config(128), 5);
  simulated.simulated = true;
  const Table table = build_table(
      journal_of({warm, other_device, other_timer, more_samples, simulated, row(64, config(48), 10)}));
  ASSERT_EQ(table.entries.size(), 1u);
  EXPECT_EQ(table.entries[0].config, config(48));
  EXPECT_EQ(table.entries[0].candidates, 2);  // more_samples was tried under like conditions
}

TEST(Table, forgets_kernels_that_have_been_changed) {
  Journal journal = journal_of({row(64, config(64), 5), row(64, config(96), 10, Stage::final, 5)});
  journal.headers.push_back(header("run2", 4));
  journal.headers[1].environment.kernels = "kernels2";
  journal.rows[1].run_id = "run2";
  const Table table = build_table(journal);
  ASSERT_EQ(table.entries.size(), 1u);
  EXPECT_EQ(table.entries[0].config, config(96));
  EXPECT_EQ(table.environment.kernels, "kernels2");
}

TEST(Table, keeps_a_kernel_when_only_others_have_been_changed_or_added) {
  Journal journal = journal_of({row(64, config(64), 5), row(96, config(64), 5), row(128, config(96), 10)});
  journal.rows[1].problem.kernel = "dense_bf16";
  journal.headers.push_back(header("run2", 4));
  journal.rows[2].run_id = "run2";
  journal.headers[1].environment.kernels = "kernels2";
  journal.headers[0].environment.source_hashes = {{"dense_1d2d", "a"}, {"dense_bf16", "b"}};
  journal.headers[1].environment.source_hashes = {{"dense_1d2d", "a"}, {"dense_bf16", "c"}, {"grouped", "d"}};
  const Table table = build_table(journal);
  ASSERT_EQ(table.entries.size(), 2u);
  EXPECT_EQ(table.entries[0].problem.m, 64);
  EXPECT_EQ(table.entries[1].problem.m, 128);
  EXPECT_EQ(table.environment.source_hashes, journal.headers[1].environment.source_hashes);
}

TEST(Table, has_nothing_of_another_board_power_limit_or_driver) {
  for (const auto& change : std::vector<void (*)(Environment&)>{[](Environment& e) { e.uuid = "GPU-2"; },
                                                                [](Environment& e) { e.power_limit_w = 500; },
                                                                [](Environment& e) { e.driver = "570.1"; }}) {
    Journal journal = journal_of({row(64, config(64), 5), row(96, config(64), 5), row(64, config(96), 10)});
    journal.headers[0].environment.uuid = "GPU-1";
    journal.headers[0].environment.power_limit_w = 700;
    journal.headers.push_back(journal.headers[0]);
    journal.headers[1].run_id = journal.rows[2].run_id = "run2";
    change(journal.headers[0].environment);
    const Table table = build_table(journal);
    ASSERT_EQ(table.entries.size(), 1u) << "the other problem was measured elsewhere alone";
    EXPECT_EQ(table.entries[0].config, config(96));
    EXPECT_EQ(table.entries[0].candidates, 1);
    EXPECT_EQ(table.environment.uuid, "GPU-1");
  }
}

TEST(Table, has_several_boards_of_one_kind_that_shared_a_plan) {
  Journal journal = journal_of({row(64, config(64), 5), row(96, config(64), 5), row(64, config(96), 10)});
  journal.headers[0].environment.uuid = "GPU-1";
  journal.headers[0].part = Part{"plan", 1, 2};
  journal.headers.push_back(journal.headers[0]);
  journal.headers[1].run_id = journal.rows[2].run_id = "run2";
  journal.headers[1].environment.uuid = "GPU-2";
  for (int i = 0; i < 3; ++i) journal.rows[i].board_uuid = i < 2 ? "GPU-1" : "GPU-2";
  const Table table = build_table(journal);
  ASSERT_EQ(table.entries.size(), 2u);
  EXPECT_EQ(table.entries[0].config, config(96))
      << "what another board screened of this problem is not compared";
  EXPECT_EQ(table.entries[0].board_uuid, "GPU-2");
  EXPECT_EQ(table.entries[1].board_uuid, "GPU-1");
  EXPECT_EQ(table.environment.uuid, "");
  for (const auto& change : std::vector<void (*)(RunHeader&)>{
           [](RunHeader& h) { h.part->plan = "another"; }, [](RunHeader& h) { h.part.reset(); },
           [](RunHeader& h) { h.environment.sms = 78; },
           [](RunHeader& h) { h.environment.max_sm_clock_mhz = 1; }}) {
    Journal unlike = journal;
    for (RunHeader& header : unlike.headers) header.environment.max_sm_clock_mhz = 1980;
    change(unlike.headers[0]);
    EXPECT_EQ(build_table(unlike).entries.size(), 1u);
  }
}

TEST(Table, names_the_board_that_the_times_come_from) {
  Row here = row(64, config(64), 10), elsewhere = row(64, config(96), 5);
  here.board_uuid = "GPU-1";
  elsewhere.board_uuid = "GPU-2";
  const Table table = build_table(journal_of({elsewhere, row(64, config(80), 9), here}));
  EXPECT_EQ(table.environment.uuid, "GPU-1");
  ASSERT_EQ(table.entries.size(), 1u);
  EXPECT_EQ(table.entries[0].config, config(80)) << "whose board is not known";
  const ScratchFolder folder;
  write_text(folder / "table.json", to_text(build_table(journal_of({here}))));
  EXPECT_EQ(read_table(folder / "table.json").entries.at(0).board_uuid, "GPU-1");
}

TEST(Table, names_the_machine_code_of_the_winner) {
  Row winner = row(64, config(64), 5), other = row(64, config(96), 10);
  winner.code_hash = std::string("of the winner");
  other.code_hash = std::string("of another");
  const Table table = build_table(journal_of({winner, other, row(96, config(64), 5)}));
  const ScratchFolder folder;
  write_text(folder / "table.json", to_text(table));
  const Table back = read_table(folder / "table.json");
  ASSERT_EQ(back.entries.size(), 2u);
  EXPECT_EQ(back.entries[0].code_hash, "of the winner");
  EXPECT_EQ(back.entries[1].code_hash, "") << "whose row does not know it";
  EXPECT_EQ(to_text(back), to_text(table));
}

TEST(Table, compares_finalists_of_one_race_only) {
  Journal journal = journal_of({row(64, config(64), 5), row(64, config(96), 10, Stage::final, 5)});
  journal.headers.push_back(header("run2", 4));
  journal.rows[1].run_id = "run2";
  EXPECT_EQ(build_table(journal).entries.at(0).config, config(96));
}

TEST(Table, takes_the_libraries_times_from_the_winners_own_race) {
  Row screened = library_row(provider::kCublasBf16, 64, 0, 20);
  screened.stage = Stage::screen;
  Row earlier = library_row(provider::kCublasLtTensor, 64, 0, 5);
  earlier.run_id = "run0";
  const Table table = build_table(journal_of(
      {screened, earlier, row(64, config(64), 10), library_row(provider::kCublasLtBlock, 64, 0, 15)}));
  EXPECT_EQ(table.entries.at(0).baselines.cublaslt_block_us, 15);
  EXPECT_FALSE(table.entries[0].baselines.cublaslt_tensor_us);
  EXPECT_FALSE(table.entries[0].baselines.cublas_bf16_us);
}

TEST(Table, of_an_empty_journal_is_empty) {
  EXPECT_TRUE(build_table({}).entries.empty());
  EXPECT_EQ(build_table(journal_of({})).environment.device, "Test GPU");
}

TEST(Table, carries_the_mark_of_simulation) {
  Row simulated = row(64, config(64), 10);
  simulated.simulated = true;
  EXPECT_TRUE(build_table(journal_of({simulated})).simulated);
}

TEST(Table, comes_back_from_its_file_as_it_was) {
  const ScratchFolder folder;
  Row r = row(64, config(64), 10);
  r.tflops = 202.5;
  r.error_rms = 2.2e-5;
  r.problem.weight = 61;
  r.problem.name = "q_a";
  const Table table = build_table(journal_of({r, library_row(provider::kCublasBf16, 64, 0, 20)}));
  write_text(folder / "table.json", to_text(table));
  const Table again = read_table(folder / "table.json");
  EXPECT_EQ(to_text(again), to_text(table));
  EXPECT_EQ(again.entries.at(0).baselines.cublas_bf16_us, 20);
  EXPECT_EQ(again.policy, table.policy);
  EXPECT_EQ(again.environment.sms, 132);
}

TEST(Table, knows_the_winners_energy) {
  const ScratchFolder folder;
  Journal journal;
  journal.headers = {header()};
  journal.rows = {row(64, config(64), 10), row(64, config(96), 20)};
  EXPECT_FALSE(build_table(journal).entries.at(0).energy_j);
  journal.rows[0].energy_j = 0.007, journal.rows[1].energy_j = 0.02;
  write_text(folder / "table.json", to_text(build_table(journal)));
  EXPECT_EQ(read_table(folder / "table.json").entries.at(0).energy_j, 0.007);
}

TEST(Table, knows_the_energy_of_each_librarys_fastest) {
  const ScratchFolder folder;
  Journal journal = journal_of({row(64, config(64), 10), library_row(provider::kCublasLtBlock, 64, 0, 20),
                                library_row(provider::kCublasLtBlock, 64, 1, 15),
                                library_row(provider::kCublasBf16, 64, 0, 30)});
  const std::string without = to_text(build_table(journal));
  EXPECT_EQ(without.find("block_energy"), std::string::npos);
  journal.rows[1].energy_j = 0.9;
  EXPECT_EQ(to_text(build_table(journal)), without) << "not the one whose time is shown";
  journal.rows[2].energy_j = 0.015, journal.rows[3].energy_j = 0.03;
  write_text(folder / "table.json", to_text(build_table(journal)));
  const Baselines found = read_table(folder / "table.json").entries.at(0).baselines;
  EXPECT_EQ(found.cublaslt_block_energy_j, 0.015);
  EXPECT_EQ(found.cublas_bf16_energy_j, 0.03);
  EXPECT_FALSE(found.cublaslt_tensor_energy_j);
}

TEST(Table, complains_about_a_file_that_is_no_table) {
  const ScratchFolder folder;
  const auto complaint = [&](const std::string& text) -> std::string {
    write_text(folder / "t.json", text);
    try {
      read_table(folder / "t.json");
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(complaint("[1").find("not a tuning table"), std::string::npos);
  EXPECT_NE(
      complaint("{\"schema\": \"gemmtune.table/2\"}").find("this version of gemmtune reads gemmtune.table/1"),
      std::string::npos);
  std::string text = to_text(build_table(journal_of({row(64, config(64), 10)})));
  text.replace(text.find("\"time_us\""), 9, "\"time_xx\"");
  EXPECT_NE(complaint(text).find("/entries/0"), std::string::npos);
}

class LookupTest : public ::testing::Test {
 protected:
  static Problem problem(std::int64_t m, std::int64_t n = 2112) {
    Problem p;
    p.m = m;
    p.n = n;
    p.k = 7168;
    return p;
  }
  static Problem grouped(double mean) {
    Problem p = problem(0);
    p.groups = 8, p.m_per_group = mean, p.alignment = 128, p.layout = "indices";
    set_size_from_groups(p);
    return p;
  }
  Table table_ =
      build_table(journal_of({row(512, config(64), 10), row(16, config(64), 10), row(64, config(64), 10)}));
};

TEST_F(LookupTest, finds_the_problem_itself) {
  const Lookup found = lookup(table_, problem(64));
  EXPECT_EQ(found.match, Match::exact);
  EXPECT_EQ(found.entry->problem.m, 64);
}

TEST_F(LookupTest, finds_the_smallest_m_that_is_not_smaller) {
  const Lookup found = lookup(table_, problem(17));
  EXPECT_EQ(found.match, Match::bucket);
  EXPECT_EQ(found.entry->problem.m, 64);
}

TEST_F(LookupTest, finds_the_largest_m_when_all_are_smaller) {
  const Lookup found = lookup(table_, problem(4096));
  EXPECT_EQ(found.match, Match::bucket);
  EXPECT_EQ(found.entry->problem.m, 512);
}

TEST_F(LookupTest, finds_nothing_for_another_weight_or_output) {
  EXPECT_EQ(lookup(table_, problem(64, 4096)).match, Match::none);
  Problem other = problem(64);
  other.out = OutputType::fp32;
  EXPECT_EQ(lookup(table_, other).entry, nullptr);
  for (std::int64_t Problem::*pitch : {&Problem::a_pitch, &Problem::b_pitch, &Problem::d_pitch}) {
    Problem apart = problem(64);
    apart.*pitch = 8192;
    EXPECT_EQ(lookup(table_, apart).entry, nullptr);
  }
}

TEST_F(LookupTest, of_groups_goes_by_their_layout_and_then_to_the_nearest_mean) {
  table_.entries[0].problem = grouped(63.5);
  table_.entries[1].problem = grouped(128);
  Problem asked = grouped(100);
  EXPECT_EQ(lookup(table_, asked).entry, &table_.entries[1]);
  asked.routing = "zipf:1.2", asked.group_seed = 3, asked.empty = 0.25;
  EXPECT_EQ(lookup(table_, asked).entry, &table_.entries[1]) << "however rows are shared out";
  EXPECT_EQ(lookup(table_, grouped(63.8)).match, Match::exact);
  EXPECT_EQ(lookup(table_, grouped(1000)).entry, &table_.entries[1]);
  const auto answers = [&](auto change) {
    Problem other = asked;
    change(other);
    return lookup(table_, other).entry != nullptr;
  };
  EXPECT_FALSE(answers([](Problem& p) { p.groups = 16; }));
  EXPECT_FALSE(answers([](Problem& p) { p.alignment = 64; }));
  EXPECT_FALSE(answers([](Problem& p) { p.layout = "offsets"; }));
  EXPECT_FALSE(answers([](Problem& p) { p.alignment = 0, p.layout = "", p.max_m = 1024; }));
}

std::string rule_of(const Table& table) {
  return Json::parse(to_text(table)).at("lookup").get<std::string>();
}

/// What the rule in the file says must be the same.
std::set<std::string> members_in_the_rule(const Table& table) {
  const std::string rule = rule_of(table);
  const std::string start = "same ";
  EXPECT_TRUE(rule.starts_with(start));
  const std::vector<std::string> words = split(rule.substr(start.size(), rule.find(':') - start.size()), ',');
  std::set<std::string> members;
  for (const std::string& word : words) members.insert(word.substr(word.find_first_not_of(' ')));
  return members;
}

TEST_F(LookupTest, of_groups_along_k_goes_to_the_nearest_k_of_the_same_sides) {
  const auto along_k = [](std::int64_t m, double k) {
    Problem p = problem(m);
    p.kernel = "k_grouped_1d1d", p.groups = 4, p.k_per_group = k;
    set_size_from_groups(p);
    return p;
  };
  table_.entries[0].problem = along_k(4096, 1000);
  table_.entries[1].problem = along_k(4096, 4096);
  EXPECT_TRUE(
      rule_of(table_).ends_with("largest; m of groups is their mean, rounded up; "
                                "of k_grouped_1d1d k, its groups' mean, takes the place of m"));
  EXPECT_EQ(lookup(table_, along_k(4096, 1024)).match, Match::exact) << "a multiple of 128";
  EXPECT_EQ(lookup(table_, along_k(4096, 2048)).entry, &table_.entries[1]);
  EXPECT_EQ(lookup(table_, along_k(4096, 2048)).match, Match::bucket);
  EXPECT_EQ(lookup(table_, along_k(4096, 512)).entry, &table_.entries[0]);
  EXPECT_EQ(lookup(table_, along_k(4096, 9000)).entry, &table_.entries[1]);
  EXPECT_EQ(lookup(table_, along_k(2048, 1024)).entry, nullptr);
  Problem other = along_k(4096, 1024);
  other.groups = 8;
  EXPECT_EQ(lookup(table_, other).entry, nullptr);
}

TEST_F(LookupTest, keeps_apart_what_the_rule_in_the_file_names_and_nothing_else) {
  const Json changed = {{"kernel", "other"},  {"n", 4096},         {"k", 512},        {"out", "fp32"},
                        {"accumulate", true}, {"a_pitch", 8192},   {"b_pitch", 8192}, {"d_pitch", 8192},
                        {"recipe", "ue8m0"},  {"data", "integer"}, {"weight", 2.0},   {"name", "other"}};
  const Json tuned = to_json(problem(64));
  std::set<std::string> kept_apart;
  for (const auto& [name, unused] : tuned.items()) {
    if (name == "m") continue;
    Json other = tuned;
    other[name] = changed.at(name);
    if (lookup(table_, from_json<Problem>(other)).entry == nullptr) kept_apart.insert(name);
  }
  EXPECT_EQ(kept_apart, members_in_the_rule(table_));
  table_.entries[0].problem = grouped(64);
  kept_apart.insert({"groups", "alignment", "layout", "max_m"});
  EXPECT_EQ(kept_apart, members_in_the_rule(table_));
}

}  // namespace
}  // namespace gemmtune::store
