#include "store/table.h"

#include "core/fields_of_problem.h"
#include "core/groups.h"
#include "core/run.h"
#include "core/serialise.h"
#include "core/times.h"
#include "store/steps.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <set>

namespace gemmtune::store {

namespace {

/// Of tables without groups as it was before there were any.
std::string lookup_rule(const Table& table) {
  const bool groups = std::ranges::any_of(table.entries, is_grouped, &TableEntry::problem);
  std::string keys;
  for (const ProblemField& field : kProblemFields)
    if ((field.is & ProblemField::kSelects) != 0 && (groups || (field.is & ProblemField::kGroups) == 0))
      keys += (keys.empty() ? "" : ", ") + std::string(field.key);
  std::set<std::string> along_k;
  for (const TableEntry& entry : table.entries)
    if (entry.problem.shares_out_k()) along_k.insert(entry.problem.kernel);
  std::string rule = "same " + keys + ": the smallest tuned m not below the asked one, else the largest";
  if (groups) rule += "; m of groups is their mean, rounded up";
  for (const std::string& kernel : along_k)
    rule += "; of " + kernel + " k, its groups' mean, takes the place of m";
  return rule;
}

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<double> number_or_none(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? std::nullopt : std::optional(found->get<double>());
}

void read_time(const Json& json, const char* key, double& into) {
  json.at(key).get_to(into);
  if (!is_time_us(into)) throw std::runtime_error(std::string("\"") + key + "\" is no time of a launch");
}

std::optional<double> time_or_none(const Json& json, const char* key) {
  const auto time = number_or_none(json, key);
  if (time && !is_time_us(*time))
    throw std::runtime_error(std::string("\"") + key + "\" is no time of a launch");
  return time;
}

/// Their energy is there where it was measured.
Json to_json(const Baselines& b) {
  Json json = {{"cublaslt_block_us", or_null(b.cublaslt_block_us)},
               {"cublaslt_block_first_us", or_null(b.cublaslt_block_first_us)},
               {"cublaslt_tensor_us", or_null(b.cublaslt_tensor_us)},
               {"cublas_bf16_us", or_null(b.cublas_bf16_us)}};
  if (b.cublaslt_block_energy_j) json["cublaslt_block_energy_j"] = *b.cublaslt_block_energy_j;
  if (b.cublaslt_tensor_energy_j) json["cublaslt_tensor_energy_j"] = *b.cublaslt_tensor_energy_j;
  if (b.cublas_bf16_energy_j) json["cublas_bf16_energy_j"] = *b.cublas_bf16_energy_j;
  return json;
}

Baselines baselines_from(const Json& json) {
  return {time_or_none(json, "cublaslt_block_us"),         time_or_none(json, "cublaslt_block_first_us"),
          time_or_none(json, "cublaslt_tensor_us"),        time_or_none(json, "cublas_bf16_us"),
          number_or_none(json, "cublaslt_block_energy_j"), number_or_none(json, "cublaslt_tensor_energy_j"),
          number_or_none(json, "cublas_bf16_energy_j")};
}

Json to_json(const std::vector<RunnerUp>& runners_up) {
  Json json = Json::array();
  for (const RunnerUp& one : runners_up)
    json.push_back({{"config", gemmtune::to_json(one.config)},
                    {"config_id", config_id(one.config)},
                    {"time_us", one.time_us}});
  return json;
}

std::vector<RunnerUp> runners_up_from(const Json& json) {
  std::vector<RunnerUp> runners_up;
  for (const Json& one : json) {
    RunnerUp& runner_up = runners_up.emplace_back();
    runner_up.config = from_json<Config>(one.at("config"));
    read_time(one, "time_us", runner_up.time_us);
  }
  return runners_up;
}

Json to_json(const SustainedWinner& s) {
  Json json = {{"config", gemmtune::to_json(s.config)},
               {"config_id", config_id(s.config)},
               {"kernel_hash", s.kernel_hash}};
  if (!s.code_hash.empty()) json["code_hash"] = s.code_hash;
  json.update({{"policy", s.policy},
               {"time_us", s.time_us},
               {"time_us_low", s.time_us_low},
               {"time_us_high", s.time_us_high},
               {"energy_j", or_null(s.energy_j)},
               {"over_burst", s.over_burst},
               {"over_burst_low", s.over_burst_low},
               {"over_burst_high", s.over_burst_high}});
  return json;
}

SustainedWinner sustained_from(const Json& json) {
  SustainedWinner s;
  s.config = from_json<Config>(json.at("config"));
  json.at("kernel_hash").get_to(s.kernel_hash);
  if (json.contains("code_hash")) json.at("code_hash").get_to(s.code_hash);
  json.at("policy").get_to(s.policy);
  read_time(json, "time_us", s.time_us);
  read_time(json, "time_us_low", s.time_us_low);
  read_time(json, "time_us_high", s.time_us_high);
  s.energy_j = number_or_none(json, "energy_j");
  const auto read_ratio = [&](const char* key, double& into) {
    json.at(key).get_to(into);
    if (!(into > 0 && into <= kLongestUs))
      throw std::runtime_error(std::string("\"") + key + "\" is no ratio");
  };
  read_ratio("over_burst", s.over_burst);
  read_ratio("over_burst_low", s.over_burst_low);
  read_ratio("over_burst_high", s.over_burst_high);
  return s;
}

/// What is not known is not there: a board, the machine code; nor are draws of what has none, runners-up, and
/// what a race back to back said.
Json to_json(const TableEntry& e) {
  Json json = {{"problem", gemmtune::to_json(e.problem)},
               {"config", gemmtune::to_json(e.config)},
               {"config_id", config_id(e.config)},
               {"kernel_hash", e.kernel_hash}};
  if (!e.code_hash.empty()) json["code_hash"] = e.code_hash;
  json.update({{"stage", std::string(to_string(e.stage))},
               {"time_us", e.time_us},
               {"time_us_low", e.time_us_low},
               {"time_us_high", e.time_us_high},
               {"tflops", or_null(e.tflops)},
               {"gbps", or_null(e.gbps)},
               {"energy_j", or_null(e.energy_j)},
               {"error_rms", or_null(e.error_rms)},
               {"error_max", or_null(e.error_max)},
               {"baselines", to_json(e.baselines)},
               {"candidates", e.candidates},
               {"tie_set", e.tie_set}});
  if (!e.draws_us.empty()) json["draws_us"] = e.draws_us;
  if (!e.board_uuid.empty()) json["board_uuid"] = e.board_uuid;
  if (!e.strategies.empty()) json["strategies"] = e.strategies;
  if (e.from_m) json["from_m"] = *e.from_m;
  if (!e.runners_up.empty()) json["runners_up"] = to_json(e.runners_up);
  if (e.sustained) json["sustained"] = to_json(*e.sustained);
  return json;
}

TableEntry entry_from(const Json& json) {
  TableEntry e;
  e.problem = from_json<Problem>(json.at("problem"));
  e.config = from_json<Config>(json.at("config"));
  json.at("kernel_hash").get_to(e.kernel_hash);
  if (json.contains("code_hash")) json.at("code_hash").get_to(e.code_hash);
  const auto stage = parse_name<Stage>(json.at("stage").get<std::string>());
  if (!stage) throw std::runtime_error("unknown value of \"stage\"");
  e.stage = *stage;
  read_time(json, "time_us", e.time_us);
  read_time(json, "time_us_low", e.time_us_low);
  read_time(json, "time_us_high", e.time_us_high);
  e.tflops = number_or_none(json, "tflops");
  e.gbps = number_or_none(json, "gbps");
  e.energy_j = number_or_none(json, "energy_j");
  e.error_rms = number_or_none(json, "error_rms");
  e.error_max = number_or_none(json, "error_max");
  e.baselines = baselines_from(json.at("baselines"));
  if (json.contains("draws_us")) json.at("draws_us").get_to(e.draws_us);
  if (json.contains("board_uuid")) json.at("board_uuid").get_to(e.board_uuid);
  if (json.contains("from_m")) {
    if (!json.at("from_m").is_number_integer()) throw std::runtime_error("\"from_m\" is no integer");
    e.from_m = json.at("from_m").get<std::int64_t>();
  }
  // The JSON library would cast 1e300 to an integer, which is undefined.
  if (!json.at("candidates").is_number_integer()) throw std::runtime_error("\"candidates\" is no integer");
  json.at("candidates").get_to(e.candidates);
  if (json.contains("strategies")) json.at("strategies").get_to(e.strategies);
  json.at("tie_set").get_to(e.tie_set);
  if (json.contains("runners_up")) e.runners_up = runners_up_from(json.at("runners_up"));
  if (json.contains("sustained")) e.sustained = sustained_from(json.at("sustained"));
  return e;
}

Json steps_json(const std::vector<StepCheck>& checks) {
  const StepRegret regret = regret_of(checks);
  Json json = {{"measured", regret.checks},
               {"regret_geomean", regret.geomean},
               {"regret_p95", regret.p95},
               {"regret_max", regret.max},
               {"checks", Json::array()}};
  for (const StepCheck& check : checks)
    json["checks"].push_back({{"problem", gemmtune::to_json(check.problem)},
                              {"entry_m", check.entry_m},
                              {"best_us", check.best_us},
                              {"regret", or_null(check.regret)}});
  return json;
}

StepCheck check_from(const Json& json) {
  StepCheck check;
  check.problem = from_json<Problem>(json.at("problem"));
  if (!json.at("entry_m").is_number_integer()) throw std::runtime_error("\"entry_m\" is no integer");
  json.at("entry_m").get_to(check.entry_m);
  read_time(json, "best_us", check.best_us);
  check.regret = number_or_none(json, "regret");
  if (check.regret && !(*check.regret >= 0)) throw std::runtime_error("\"regret\" is below 0");
  return check;
}

}  // namespace

std::string to_text(const Table& table) {
  const Environment& e = table.environment;
  Json fingerprint = gemmtune::to_json(e);
  fingerprint["policy"] = table.policy;
  const std::string cc = std::to_string(e.cc_major) + "." + std::to_string(e.cc_minor);
  Json json = {{"schema", kTableSchema},
               {"tool", {{"name", "gemmtune"}, {"version", e.tool}, {"revision", e.revision}}},
               {"device", {{"name", e.device}, {"sms", e.sms}, {"cc", cc}}},
               {"simulated", table.simulated},
               {"fingerprint", std::move(fingerprint)},
               {"lookup", lookup_rule(table)},
               {"entries", Json::array()}};
  for (const TableEntry& entry : table.entries) json["entries"].push_back(to_json(entry));
  if (!table.checks.empty()) json["steps"] = steps_json(table.checks);
  return json_text(json, 2) + "\n";
}

Table read_table(const std::filesystem::path& path) {
  const auto fail = [&](const std::string& why) { throw UserError(path.string() + ": " + printable(why)); };
  const std::string text = read_file(path);
  const Json json = parse_json(text);
  if (json.is_discarded()) fail("not a tuning table: " + why_no_json(text));
  if (!json.is_object()) fail("not a tuning table: not a JSON object");
  const auto schema = json.find("schema");
  const std::string found =
      schema != json.end() && schema->is_string() ? schema->get<std::string>() : "missing";
  if (found != kTableSchema && !found.starts_with(std::string(kTableSchema) + "."))
    fail("its schema is " + found + "; this version of gemmtune reads " + kTableSchema);
  Table table;
  std::string where;
  try {
    where = "/fingerprint";
    table.environment = from_json<Environment>(json.at("fingerprint"));
    json.at("fingerprint").at("policy").get_to(table.policy);
    where = "/simulated";
    json.at("simulated").get_to(table.simulated);
    where = "/entries";
    const Json& entries = json.at("entries");
    for (std::size_t i = 0; i < entries.size(); ++i) {
      where = "/entries/" + std::to_string(i);
      table.entries.push_back(entry_from(entries.at(i)));
    }
    where = "/steps";
    if (json.contains("steps"))
      for (const Json& check : json.at("steps").at("checks")) table.checks.push_back(check_from(check));
  } catch (const std::exception& problem) {
    fail(where + ": " + problem.what());
  }
  return table;
}

Lookup lookup(const Table& table, const Problem& problem) {
  const TableEntry* above = nullptr;
  const TableEntry* largest = nullptr;
  for (const TableEntry& entry : table.entries) {
    const Problem& p = entry.problem;
    if (!may_answer(p, problem)) continue;
    const std::int64_t size = p.nearest_size();
    if (size >= problem.nearest_size() && (above == nullptr || size < above->problem.nearest_size()))
      above = &entry;
    if (largest == nullptr || size > largest->problem.nearest_size()) largest = &entry;
  }
  const TableEntry* found = above != nullptr ? above : largest;
  if (found == nullptr) return {};
  const bool exact = found->problem.nearest_size() == problem.nearest_size();
  return {exact ? Match::exact : Match::bucket, found};
}

}  // namespace gemmtune::store
