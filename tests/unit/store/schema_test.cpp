// The schemas under configs/schema/ and the code name the same members.
#include "core/fields_of_problem.h"
#include "core/serialise.h"
#include "fixtures/rows.h"
#include "store/journal.h"
#include "store/table.h"
#include "util/atomic_file.h"

#include <gtest/gtest.h>

#include <set>

namespace gemmtune::store {
namespace {

using namespace fixtures;

Json schema(const std::string& name) {
  return Json::parse(
      read_file(std::string(GEMMTUNE_SOURCE_DIR) + "/configs/schema/" + name + ".schema.json"));
}

std::set<std::string> keys(const Json& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

/// Every member is described, and required unless files of earlier revisions lack it; none is described that
/// is not written.
void expect_described(const Json& object, const Json& description, const std::set<std::string>& newer = {}) {
  EXPECT_EQ(keys(object), keys(description.at("properties")));
  auto known = description.at("required").get<std::set<std::string>>();
  for (const std::string& name : newer) EXPECT_TRUE(known.insert(name).second) << name << " is required";
  EXPECT_EQ(keys(object), known);
  for (const auto& [name, value] : description.at("properties").items())
    EXPECT_TRUE(value.contains("description") || value.contains("$ref")) << name;
}

const std::set<std::string> kKeysOfGroups = [] {
  std::set<std::string> keys;
  for (const ProblemField& field : kProblemFields)
    if ((field.is & ProblemField::kGroups) != 0) keys.insert(field.key);
  return keys;
}();

RunHeader header_with_sources() {
  RunHeader run = header();
  run.environment.source_hashes = {{"dense_1d2d", "1"}};
  run.part = Part{"0123456789abcdef", 2, 3};
  run.m_steps = MSteps{{64, 96}, {95}};
  run.strategy = "guided";
  run.within_budget = true;
  return run;
}

/// A journal's line.
Json as_written(const auto& record) {
  const ScratchFolder folder;
  JournalWriter(folder / "journal.jsonl").write(record);
  return Json::parse(read_file(folder / "journal.jsonl"));
}

/// Of which every field says something, so that files hold it.
Problem with_groups() {
  Problem p = row(64, config(64), 10).problem;
  p.groups = 2, p.m_per_group = p.k_per_group = 8, p.group_sizes = {8, 8}, p.spread = p.empty = 0.5;
  p.routing = "uniform", p.group_seed = 1, p.alignment = 128, p.layout = "indices", p.max_m = 64;
  return p;
}

TEST(JournalSchema, describes_every_member_of_every_record) {
  const Json definitions = schema("journal").at("definitions");
  Row written = row(64, config(64), 10);
  written.code_hash = std::string("0123456789abcdef");
  const Json row_json = as_written(written), run_json = as_written(header_with_sources());
  expect_described(row_json, definitions.at("row"),
                   {"code_hash", "counters", "library_kernels", "draws_us", "board_uuid", "checksum"});
  expect_described(to_json(with_groups()), definitions.at("problem"), kKeysOfGroups);
  expect_described(to_json(Counters{}), definitions.at("row").at("properties").at("counters"));
  expect_described(run_json, definitions.at("run"),
                   {"checksum", "part", "m_steps", "strategy", "within_budget"});
  expect_described(run_json.at("part"), definitions.at("run").at("properties").at("part"));
  expect_described(run_json.at("m_steps"), definitions.at("run").at("properties").at("m_steps"));
  expect_described(run_json.at("environment"), definitions.at("environment"), {"source_hashes"});
  expect_described(run_json.at("policy"), definitions.at("policy"));
  expect_described(as_written(RunEnd{}), definitions.at("end"), {"checksum"});
}

template <typename Enum>
void expect_names(const Json& description) {
  std::set<std::string> spelled;
  for (const auto& [value, name] : names(Enum{})) spelled.insert(std::string(name));
  EXPECT_EQ(description.at("enum").get<std::set<std::string>>(), spelled);
}

TEST(JournalSchema, spells_enumerations_as_the_code_does) {
  const Json definitions = schema("journal").at("definitions");
  const Json &row = definitions.at("row").at("properties"),
             &problem = definitions.at("problem").at("properties");
  expect_names<Invalidity>(row.at("invalidity"));
  expect_names<Stage>(row.at("stage"));
  expect_names<L2Policy>(row.at("l2"));
  expect_names<Timer>(row.at("timer"));
  expect_names<OutputType>(problem.at("out"));
  expect_names<Recipe>(problem.at("recipe"));
  expect_names<DataKind>(problem.at("data"));
}

TEST(TableSchema, describes_every_member) {
  Journal journal;
  journal.headers = {header_with_sources()};
  journal.rows = {row(64, config(64), 10), row(95, config(64), 10), row(64, config(96), 11)};
  journal.rows[0].board_uuid = "GPU-1";
  journal.rows[0].draws_us = {1, 2};
  journal.rows[0].code_hash = std::string("0123456789abcdef");
  for (const auto& library : {provider::kCublasLtBlock, provider::kCublasLtTensor, provider::kCublasBf16}) {
    journal.rows.push_back(library_row(std::string(library), 64, 0, 20));
    journal.rows.back().energy_j = 0.01;
  }
  for (const std::int64_t block_n : {64, 96}) {
    Row blocks = row(64, config(block_n), block_n == 64 ? 12 : 11, Stage::sustained);
    blocks.regime = PowerRegime::blocks, blocks.samples_us = {*blocks.time_us, *blocks.time_us};
    blocks.code_hash = std::string("0123456789abcdef");
    journal.rows.push_back(blocks);
  }
  const Json table = Json::parse(to_text(build_table(journal))), described = schema("table");
  expect_described(table, described, {"steps"});
  const Json& steps = described.at("properties").at("steps");
  expect_described(table.at("steps"), steps);
  expect_described(table.at("steps").at("checks").at(0), steps.at("properties").at("checks").at("items"));
  expect_described(table.at("tool"), described.at("properties").at("tool"));
  expect_described(table.at("device"), described.at("properties").at("device"));
  expect_described(table.at("fingerprint"), described.at("properties").at("fingerprint"), {"source_hashes"});
  const Json& entry = table.at("entries").at(0);
  expect_described(
      entry, described.at("definitions").at("entry"),
      {"code_hash", "draws_us", "board_uuid", "from_m", "runners_up", "strategies", "sustained"});
  expect_described(entry.at("runners_up").at(0),
                   described.at("definitions").at("entry").at("properties").at("runners_up").at("items"));
  expect_described(entry.at("sustained"),
                   described.at("definitions").at("entry").at("properties").at("sustained"), {"code_hash"});
  expect_described(entry.at("baselines"),
                   described.at("definitions").at("entry").at("properties").at("baselines"),
                   {"cublaslt_block_energy_j", "cublaslt_tensor_energy_j", "cublas_bf16_energy_j"});
}

}  // namespace
}  // namespace gemmtune::store
