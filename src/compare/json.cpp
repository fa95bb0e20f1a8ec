#include "compare/output.h"
#include "core/serialise.h"

namespace gemmtune::compare {

namespace {

constexpr double kPercent = 100;

Json to_json(const Change& change) {
  return {{"percent", kPercent * change.estimate},
          {"percent_low", kPercent * change.low},
          {"percent_high", kPercent * change.high}};
}

Json to_json(const Figure& figure) {
  return {{"time_us", figure.time_us},
          {"deviation_us", figure.deviation_us},
          {"sm_clock_mhz", figure.sm_clock_mhz ? Json(*figure.sm_clock_mhz) : Json(nullptr)},
          {"runs", figure.runs},
          {"config", gemmtune::to_json(figure.config)},
          {"config_id", config_id(figure.config)},
          {"kernel_hash", figure.kernel_hash}};
}

Json to_json(const Overall& overall) {
  return {{"problems", overall.problems},
          {"change", to_json(overall.plain)},
          {"change_by_weight", to_json(overall.weighted)},
          {"p_value", overall.p_value},
          {"fails", overall.fails}};
}

template <typename T>
Json optional(const std::optional<T>& value) {
  return value ? to_json(*value) : Json(nullptr);
}

Json to_json(const ProblemVerdict& problem) {
  return {{"problem_id", problem_id(problem.problem)},
          {"problem", gemmtune::to_json(problem.problem)},
          {"verdict", std::string(to_string(problem.verdict))},
          {"fails", problem.fails},
          {"reason", problem.reason},
          {"change", optional(problem.time)},
          {"change_in_cycles", optional(problem.cycles)},
          {"p_value", problem.p_value},
          {"adjusted_p_value", problem.adjusted_p_value},
          {"runs_needed", problem.runs_needed ? Json(*problem.runs_needed) : Json(nullptr)},
          {"weight", problem.weight},
          {"budget_percent", kPercent * problem.budget},
          {"base", optional(problem.base)},
          {"new", optional(problem.next)}};
}

Json side(const std::string& name, const std::vector<std::string>& sources, const Environment& environment) {
  return {{"name", name}, {"runs", sources}, {"environment", gemmtune::to_json(environment)}};
}

Json to_json(const Gate& gate) {
  Json fail_on = Json::array();
  for (const CompareVerdict verdict : gate.fail_on) fail_on.push_back(std::string(to_string(verdict)));
  return {{"min_effect_percent", kPercent * gate.min_effect},
          {"fail_on", fail_on},
          {"budget_percent", kPercent * gate.budget},
          {"geomean_budget_percent",
           gate.geomean_budget ? Json(kPercent * *gate.geomean_budget) : Json(nullptr)}};
}

}  // namespace

std::string json(const Comparison& comparison) {
  Json counts = Json::object();
  for (const auto& [verdict, name] : names(CompareVerdict{}))
    counts[std::string(name)] = comparison.count(verdict);
  Json json = {{"schema", kCompareSchema},
               {"simulated", comparison.simulated},
               {"interleaved", comparison.interleaved},
               {"fails", comparison.fails()},
               {"base", side(comparison.base_name, comparison.base_sources, comparison.base)},
               {"new", side(comparison.next_name, comparison.next_sources, comparison.next)},
               {"policy", to_json(comparison.gate)},
               {"counts", counts},
               {"geomean", optional(comparison.overall)},
               {"controls", Json::array()},
               {"changes", comparison.changes},
               {"forced", comparison.forced},
               {"problems", Json::array()},
               {"only_in_new", Json::array()}};
  for (const Control& control : comparison.controls)
    json["controls"].push_back({{"provider", control.provider},
                                {"products", control.problems},
                                {"change", to_json(control.change)}});
  for (const ProblemVerdict& problem : comparison.problems) json["problems"].push_back(to_json(problem));
  for (const Problem& problem : comparison.only_in_next)
    json["only_in_new"].push_back(gemmtune::to_json(problem));
  return json_text(json, 2) + "\n";
}

}  // namespace gemmtune::compare
