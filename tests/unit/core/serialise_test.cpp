#include "core/serialise.h"

#include <gtest/gtest.h>

#include <set>

namespace gemmtune {
namespace {

TEST(Serialise, a_row_comes_back_as_it_was) {
  Row row;
  row.run_id = "r";
  row.problem.m = 3;
  row.config = {{"block_m", 64}};
  row.time_us = 1.5;
  row.samples_us = {1, 2};
  row.throttle = 4;
  row.seed = ~std::uint64_t{0};
  row.warnings = {"noisy"};
  row.library_kernels = std::string("nvjet_x + reduce");
  row.code_hash = std::string("0123456789abcdef");
  const Json json = to_json(row);
  EXPECT_EQ(json.begin().key(), "record");
  EXPECT_EQ(json["library_kernels"], "nvjet_x + reduce");
  EXPECT_TRUE(json["energy_j"].is_null());
  EXPECT_EQ(to_json(from_json<Row>(Json::parse(json.dump()))), json);
}

TEST(Serialise, a_row_is_read_in_whatever_order_its_members_are) {
  Row row;
  row.run_id = "r";
  row.problem.m = 3;
  row.problem.a_pitch = 640;
  row.config = {{"block_m", 64}};
  row.time_us = 1.5;
  const Json json = to_json(row);
  Json backwards = Json::object(), problem = Json::object();
  for (auto it = json.at("problem").rbegin(); it != json.at("problem").rend(); ++it) problem[it.key()] = *it;
  for (auto it = json.rbegin(); it != json.rend(); ++it) backwards[it.key()] = *it;
  backwards["problem"] = problem;
  EXPECT_EQ(to_json(from_json<Row>(backwards)), json);
}

TEST(Serialise, a_row_of_a_revision_that_named_no_machine_code_is_read) {
  Json older = to_json(Row());
  EXPECT_TRUE(older["code_hash"].is_null());
  older.erase("code_hash");
  EXPECT_FALSE(from_json<Row>(older).code_hash);
}

TEST(Serialise, a_row_of_a_revision_that_named_no_kernels_is_read) {
  Json older = to_json(Row());
  EXPECT_TRUE(older["library_kernels"].is_null());
  older.erase("library_kernels");
  EXPECT_FALSE(from_json<Row>(older).library_kernels);
}

TEST(Serialise, a_report_of_times_comes_back_with_its_kernels) {
  MeasureReport report;
  report.timings.resize(2);
  report.timings[0].kernels = {"nvjet_x", "reduce"};
  const auto read = from_json<MeasureReport>(Json::parse(to_json(report).dump()));
  EXPECT_EQ(read.timings[0].kernels, (std::vector<std::string>{"nvjet_x", "reduce"}));
  EXPECT_TRUE(read.timings[1].kernels.empty());
}

TEST(Serialise, counters_come_back_each_in_its_place) {
  Row row;
  EXPECT_TRUE(to_json(row)["counters"].is_null());
  row.counters = Counters();
  double value = 1;
  for (const CounterField& field : kCounterFields) (*row.counters).*field.value = value++;
  row.counters->l2_bytes.reset();
  const Json json = to_json(row);
  EXPECT_EQ(json["counters"]["dram_read_bytes"], 1);
  EXPECT_EQ(json["counters"]["tensor_active_percent"], 7);
  EXPECT_TRUE(json["counters"]["l2_bytes"].is_null());
  EXPECT_EQ(to_json(from_json<Row>(Json::parse(json.dump()))), json);
  Json older = json;
  older.erase("counters");
  EXPECT_FALSE(from_json<Row>(older).counters);
}

/// What from_json says of an environment whose compute capability is `cc`.
std::string complaint(const std::string& cc) {
  Json json = to_json(Environment{});
  json["cc"] = cc;
  try {
    from_json<Environment>(json);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Serialise, refuses_a_compute_capability_that_is_none) {
  EXPECT_EQ(complaint("9.0"), "");
  for (const char* cc : {"", "9", "9.", "9.0.1", "x.y", "99999999999.0"})
    EXPECT_NE(complaint(cc).find("\"cc\""), std::string::npos) << cc;
}

TEST(Serialise, what_kernels_are_made_of_is_kept_and_older_files_lack_it) {
  Environment environment;
  environment.cc_major = 9;
  EXPECT_FALSE(to_json(environment).contains("source_hashes"));
  EXPECT_TRUE(from_json<Environment>(to_json(environment)).source_hashes.empty());
  environment.source_hashes = {{"dense_1d2d", "a"}, {"dense_bf16", "b"}};
  EXPECT_EQ(from_json<Environment>(to_json(environment)).source_hashes, environment.source_hashes);
}

TEST(Environment, kernels_are_compared_one_by_one_where_both_say_what_they_are_made_of) {
  Environment then, now;
  then.kernels = "before", now.kernels = "now";
  EXPECT_FALSE(same_sources(then, now, "dense_1d2d"));
  now.source_hashes = {{"dense_1d2d", "a"}, {"dense_bf16", "b"}};
  EXPECT_FALSE(same_sources(then, now, "dense_1d2d")) << "the older one does not say";
  then.source_hashes = {{"dense_1d2d", "a"}, {"dense_bf16", "other"}};
  EXPECT_TRUE(same_sources(then, now, "dense_1d2d"));
  EXPECT_FALSE(same_sources(then, now, "dense_bf16"));
  then.source_hashes = {};
  then.kernels = now.kernels;
  EXPECT_TRUE(same_sources(then, now, "dense_1d2d"));
}

Problem first_of_dsv3() {
  Problem p;
  p.m = 1, p.n = 2112, p.k = 7168;
  return p;
}

/// As in the journals and tables that were written before there were pitches.
TEST(Identity, problems_keep_the_ids_they_had) {
  Problem p = first_of_dsv3();
  EXPECT_EQ(problem_id(p), "57469ff25cfe042e");
  std::set<std::string> ids = {problem_id(p)};
  for (std::int64_t Problem::*pitch : {&Problem::a_pitch, &Problem::b_pitch, &Problem::d_pitch}) {
    Problem apart = p;
    apart.*pitch = 8192;
    EXPECT_TRUE(ids.insert(problem_id(apart)).second);
    EXPECT_NE(describe(apart).find("_pitch=8192"), std::string::npos) << describe(apart);
  }
}

TEST(Serialise, a_problem_says_how_far_its_rows_lie_apart) {
  Problem p = first_of_dsv3();
  Json json = to_json(p);
  EXPECT_EQ(json["a_pitch"], 7168);
  EXPECT_EQ(json["d_pitch"], 2112);
  EXPECT_EQ(problem_id(from_json<Problem>(json)), problem_id(p));
  for (const char* pitch : {"a_pitch", "b_pitch", "d_pitch"}) json.erase(pitch);
  EXPECT_EQ(problem_id(from_json<Problem>(json)), problem_id(p)) << "a journal of before";
  p.a_pitch = 8192, p.b_pitch = 7184, p.d_pitch = 2120;
  const Problem back = from_json<Problem>(to_json(p));
  EXPECT_EQ(describe(back), describe(p));
  EXPECT_EQ(back.a_pitch, 8192);
}

TEST(Serialise, refuses_a_weight_that_no_mean_can_use) {
  Json json = to_json(Problem{});
  json["weight"] = 0;
  EXPECT_THROW(from_json<Problem>(json), std::runtime_error);
}

TEST(Serialise, a_profile_request_comes_back_as_it_was) {
  ProfileRequest request;
  request.problem.m = 3;
  request.config = {{"block_m", 64}};
  request.seed = ~std::uint64_t{0};
  const Json json = to_json(request);
  EXPECT_EQ(json["config"]["block_m"], 64);
  EXPECT_EQ(to_json(from_json<ProfileRequest>(Json::parse(json.dump()))), json);
}

TEST(Serialise, a_compile_report_of_before_has_no_warning) {
  Json json = to_json(CompileReport{});
  json.erase("warning");
  EXPECT_EQ(from_json<CompileReport>(json).warning, "");
}

}  // namespace
}  // namespace gemmtune
