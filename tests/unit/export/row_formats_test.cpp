#include "export/candidates.h"
#include "export/formats.h"
#include "fixtures/exported.h"
#include "util/error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gemmtune::exports {
namespace {

using namespace fixtures;
using Json = nlohmann::json;

report::Grid read_back(const char* name, const Files& files, const Source& source) {
  return find_format(name).read_back(files, source);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Candidates, are_ours_that_were_measured_alike_each_at_its_furthest_stage) {
  const Source source = rows_source();
  const std::vector<Candidates> all = candidates_of(source);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].entry->problem.m, 64);
  EXPECT_EQ(all[0].winner->config, config(64));
  EXPECT_EQ(all[0].winner->stage, Stage::final);
  std::map<std::int64_t, Stage> stages;
  for (const Row* row : all[0].rows) stages[row->config.at("block_n")] = row->stage;
  EXPECT_EQ(stages, (std::map<std::int64_t, Stage>{{112, Stage::screen},
                                                   {16, Stage::screen},
                                                   {24, Stage::screen},
                                                   {32, Stage::screen},
                                                   {40, Stage::screen},
                                                   {64, Stage::final},
                                                   {96, Stage::final}}));
  EXPECT_EQ(all[0].rows.size(), 7u);
  EXPECT_EQ(all[0].rivals.size(), 2u);
}

TEST(FileStem, is_a_name_whatever_the_problem_says) {
  EXPECT_EQ(file_stem(problem(64)), "dense_1d2d-m64-n2112-k7168");
  Problem odd = problem(64);
  odd.kernel = "../../etc/x";
  EXPECT_EQ(file_stem(odd), "etcx-m64-n2112-k7168");
}

TEST(RowFormats, show_the_fastest_and_how_far_the_winner_is_from_it) {
  const Source source = rows_source();
  for (const char* name : {"t4", "kernel-tuner", "cutlass-csv"}) {
    const report::Grid grid = read_back(name, find_format(name).write(source), source);
    ASSERT_EQ(grid.rows.size(), 2u) << name;
    EXPECT_EQ(grid.rows[0][1], report::Cell(std::int64_t{7})) << name;
    EXPECT_EQ(grid.rows[0][2], report::Cell(std::int64_t{3})) << name;
    EXPECT_EQ(grid.rows[0][3], report::Cell(config(112))) << name;  // screened only
    EXPECT_NEAR(std::get<double>(grid.rows[0][4]), 9, 1e-9) << name;
    EXPECT_NEAR(std::get<double>(grid.rows[0][5]), 100.0 / 9, 1e-9) << name;
  }
}

TEST(T4, has_our_words_for_what_failed_and_times_in_ms) {
  const Files files = write_t4(rows_source());
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[1].name, "dense_1d2d-m128-n2112-k7168-outfp32-accumulatetrue.json");
  std::map<std::string, Json> results;
  const Json file = Json::parse(files[0].bytes);
  for (const Json& result : file.at("results"))
    results[result.at("configuration").at("block_n").dump()] = result;
  EXPECT_EQ(results.at("32").at("invalidity"), "timeout");
  EXPECT_EQ(results.at("40").at("invalidity"), "correctness");
  EXPECT_EQ(results.at("40").at("correctness"), 0);
  EXPECT_EQ(results.at("64").at("correctness"), 1);
  EXPECT_NEAR(results.at("64").at("times").at("runtimes").at(0).get<double>(), 0.0098, 1e-12);
  EXPECT_NEAR(results.at("64").at("measurements").at(0).at("value").get<double>(), 0.010, 1e-12);
}

TEST(T4, notices_a_result_that_lacks_a_member) {
  const Source source = rows_source();
  Files files = write_t4(source);
  files[0].bytes = replaced(files[0].bytes, "\"invalidity\"", "\"validity\"");
  EXPECT_THROW(read_back("t4", files, source), InternalError);
}

TEST(KernelTuner, has_errors_for_what_has_no_time) {
  const Json cache = Json::parse(write_kernel_tuner(rows_source()).at(0).bytes).at("cache");
  std::map<std::string, Json> times;
  for (const auto& [key, entry] : cache.items()) times[entry.at("block_n").dump()] = entry.at("time");
  EXPECT_EQ(times.at("16"), "CompilationFailedConfig");
  EXPECT_EQ(times.at("24"), "RuntimeFailedConfig");
  EXPECT_EQ(times.at("32"), "RuntimeFailedConfig");
  EXPECT_EQ(times.at("40"), "RuntimeFailedConfig");
  EXPECT_NEAR(times.at("64").get<double>(), 0.010, 1e-12);
}

TEST(KernelTuner, shares_the_time_of_the_runs_out_among_what_was_judged_and_timed) {
  Source source = rows_source();
  RunEnd end;
  end.wall_s = {{"compile", 100}, {"prepare", 0.5}, {"verify", 0.75}, {"measure", 1}, {"other", 100}};
  source.journal.ends = {end};
  source.journal.rows[0].compile_ms = 700;
  // Of each problem 8 configurations were judged and 5 timed, two of these under other conditions.
  std::map<std::string, std::vector<double>> costs;
  const Json file = Json::parse(write_kernel_tuner(source).at(0).bytes);
  for (const auto& [key, entry] : file.at("cache").items())
    costs[entry.at("block_n").dump()] = {entry.at("verification_time"), entry.at("benchmark_time")};
  EXPECT_EQ(costs.at("112"), (std::vector<double>{78.125, 100}));
  EXPECT_EQ(costs.at("40"), (std::vector<double>{78.125, 0}));
  EXPECT_EQ(costs.at("16"), (std::vector<double>{0, 0}));
}

TEST(KernelTuner, names_the_form_of_a_problem_with_the_kernel) {
  const Files files = write_kernel_tuner(rows_source());
  EXPECT_EQ(Json::parse(files[0].bytes).at("kernel_name"), "dense_1d2d");
  EXPECT_EQ(Json::parse(files[1].bytes).at("kernel_name"), "dense_1d2d:out=fp32,accumulate=true");
  EXPECT_EQ(Json::parse(files[1].bytes).at("problem_size"), Json({128, 2112, 7168}));
}

TEST(KernelTuner, notices_keys_and_ends_that_it_would_not_find) {
  const Source source = rows_source();
  const Files files = write_kernel_tuner(source);
  for (const auto& [from, to] :
       {std::pair{"\"64,", "\"65,"}, std::pair{"}\n}", "}}"}, std::pair{"[16,", "[17,"},
        std::pair{"benchmark_time", "bench_time"}, std::pair{"verification_time", "verify_time"},
        std::pair{"compile_time", "compilation_time"}}) {
    Files damaged = files;
    damaged[0].bytes = replaced(damaged[0].bytes, from, to);
    EXPECT_THROW(read_back("kernel-tuner", damaged, source), InternalError) << from;
  }
}

TEST(KernelTuner, refuses_configurations_of_different_parameters) {
  Source source = rows_source();
  source.journal.rows[0].config["another"] = 1;
  EXPECT_THROW(write_kernel_tuner(source), UserError);
}

TEST(Nvbench, has_a_state_a_problem_of_ours_and_of_the_fastest_answer) {
  const Source source = rows_source();
  const Files files = write_nvbench(source);
  const report::Grid grid = read_back("nvbench", files, source);
  ASSERT_EQ(grid.rows.size(), 4u);
  EXPECT_EQ(grid.rows[0][0], report::Cell(std::string("cublaslt_block dense_1d2d")));
  EXPECT_NEAR(std::get<double>(grid.rows[0][2]), 19, 1e-9);
  EXPECT_EQ(grid.rows[3][1], report::Cell(std::string("M=128 N=2112 K=7168 Form=out=fp32,accumulate=true")));
  EXPECT_NEAR(std::get<double>(grid.rows[2][2]), 10.08, 1e-9);
  // Squares of the distances from 10.08: 0.0784, 0.0004, 0.0064, 0.0324, 0.2704; their sum over n - 1.
  EXPECT_NEAR(std::get<double>(grid.rows[2][3]), 100 * std::sqrt(0.388 / 4) / 10.08, 1e-9);
  const Json state = Json::parse(files[0].bytes).at("benchmarks").at(1).at("states").at(0);
  std::map<std::string, std::string> values;
  for (const Json& summary : state.at("summaries"))
    values[summary.at("tag")] = summary.at("data").at(0).at("value");
  EXPECT_NEAR(std::stod(values.at("nv/cold/time/gpu/q1")), 9.9e-6, 1e-15);
  EXPECT_NEAR(std::stod(values.at("nv/cold/time/gpu/q3")), 10.1e-6, 1e-15);
  EXPECT_EQ(values.at("nv/cold/sample_size"), "5");
  EXPECT_EQ(values.at("gemmtune/config"), describe(config(64)));
}

TEST(Nvbench, leaves_the_samples_beside_the_file_where_it_is_one) {
  Source source = rows_source();
  EXPECT_EQ(write_nvbench(source).size(), 1u) << "nothing lies beside stdout";
  source.file_name = "dsv3.json";
  const Files files = write_nvbench(source);
  ASSERT_EQ(files.size(), 5u);
  EXPECT_EQ(files[4].name, "dsv3.json-bin/3.bin");
  EXPECT_EQ(files[4].bytes.size(), 5 * sizeof(float));
  EXPECT_EQ(read_back("nvbench", files, source).rows.size(), 4u);
  for (const std::string& bytes : {files[4].bytes.substr(4), files[4].bytes + "0123", files[1].bytes}) {
    Files damaged = files;
    damaged[4].bytes = bytes;
    EXPECT_THROW(read_back("nvbench", damaged, source), InternalError);
  }
  EXPECT_THROW(read_back("nvbench", {files[0], files[1], files[2], files[3]}, source), InternalError);
}

TEST(Nvbench, refuses_winners_without_samples) {
  Source source = rows_source();
  for (Row& row : source.journal.rows) row.samples_us.clear();
  EXPECT_THROW(write_nvbench(source), UserError);
}

TEST(Nvbench, notices_what_its_reader_would_stumble_over) {
  const Source source = rows_source();
  const Files files = write_nvbench(source);
  for (const auto& [from, to] :
       {std::pair{"nv/cold/time/gpu/mean", "nv/cold/time/gpu/avg"}, std::pair{"\"float64\"", "\"double\""},
        std::pair{"\"name\": \"Device=0 M=64", "\"name\": \"Device=0 M=65"},
        std::pair{"\"type\": \"int64\"", "\"type\": \"type\""}}) {
    Files damaged = files;
    // In the benchmark of ours, which is the last.
    const std::size_t ours = damaged[0].bytes.find("\"gemmtune dense_1d2d\"");
    damaged[0].bytes = damaged[0].bytes.substr(0, ours) + replaced(damaged[0].bytes.substr(ours), from, to);
    EXPECT_THROW(read_back("nvbench", damaged, source), InternalError) << from;
  }
}

TEST(CutlassCsv, has_times_in_ms_and_gigabytes_of_two_to_the_thirty) {
  Source source = rows_source();
  const std::string text = write_cutlass_csv(source).at(0).bytes;
  const std::string line = text.substr(text.find(config_id(config(64))));
  // 64 * 7168 + 2112 * 7168 + 2 * 64 * 2112 bytes, 2 * 64 * 2112 * (7168 + 1) operations, in 10 us.
  EXPECT_NE(line.find(",15867904,1938038784,122,0.01,1477."), std::string::npos) << line;
  EXPECT_NE(text.find(",incorrect,success,universal,64,"), std::string::npos);
  EXPECT_NE(text.find(",failed,internal,universal,64,"), std::string::npos);
  EXPECT_NE(text.find("f32:row,f32:row,1,1,"), std::string::npos);
}

TEST(CutlassCsv, refuses_what_has_no_column) {
  for (const auto change :
       {+[](Problem& p) { p.a_pitch = 8192; }, +[](Problem& p) { p.recipe = Recipe::ue8m0; },
        +[](Problem& p) { p.data = DataKind::integer; }}) {
    Source source = rows_source();
    for (Row& row : source.journal.rows) change(row.problem);
    source.table = store::build_table(source.journal);
    EXPECT_THROW(write_cutlass_csv(source), UserError);
  }
}

TEST(CutlassCsv, notices_lines_that_contradict_themselves) {
  const Source source = rows_source();
  const Files files = write_cutlass_csv(source);
  for (const auto& [from, to] : {std::pair{",15867904,1938038784,", ",15867904,1938038785000,"},
                                 std::pair{"passed,success,universal,64,", "passed,success,universal,65,"},
                                 std::pair{",Runtime,", ",Time,"}}) {
    Files damaged = files;
    damaged[0].bytes = replaced(damaged[0].bytes, from, to);
    EXPECT_THROW(read_back("cutlass-csv", damaged, source), InternalError) << from;
  }
}

}  // namespace
}  // namespace gemmtune::exports
