#include "report/json.h"

#include "core/serialise.h"
#include "core/warnings.h"
#include "report/columns.h"
#include "report/in_order.h"
#include "report/phrases.h"
#include "report/roofline_json.h"
#include "store/steps.h"

namespace gemmtune::report {

namespace {

Json to_json(const Cell& cell) {
  struct Convert {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(std::int64_t number) const { return number; }
    Json operator()(double number) const { return number; }
    Json operator()(const std::string& text) const { return text; }
    Json operator()(const Config& config) const { return gemmtune::to_json(config); }
  };
  return std::visit(Convert{}, cell);
}

Json to_json(const Grid& grid) {
  Json list = Json::array();
  for (const auto& row : grid.rows) {
    Json object = Json::object();
    for (std::size_t c = 0; c < row.size(); ++c) object[grid.columns[c].name] = to_json(row[c]);
    list.push_back(std::move(object));
  }
  return list;
}

Json to_json(const FailureGroup& group) {
  return {{"provider", group.provider},
          {"invalidity", std::string(to_string(group.invalidity))},
          {"count", group.count},
          {"example", group.example}};
}

Json to_json(const std::string& code, const WarningCount& count) {
  const Warning* known = find_warning(code);
  return {{"code", code},
          {"rows", count.rows},
          {"raced", count.raced},
          {"meaning", known ? Json(known->meaning) : Json(nullptr)},
          {"advice", known ? Json(known->advice) : Json(nullptr)}};
}

}  // namespace

std::string json(const Report& report) {
  Json json = {{"schema", "gemmtune.report/1"},
               {"simulated", report.simulated},
               {"environment", gemmtune::to_json(report.environment)},
               {"policy", report.policy},
               {"strategies", report.strategies},
               {"peers", report.with_peers ? Json(report.peers_source) : Json(nullptr)},
               {"winners", to_json(winners_grid(report, Audience::files))},
               {"ratios", to_json(ratios_grid(report, Audience::files))},
               {"roofline", to_json(report.roofs)},
               {"points", Json::array()},
               {"accounting_errors", accounting_errors(report)},
               {"failures", Json::array()},
               {"unsupported", Json::array()},
               {"warnings", Json::array()},
               {"pruned", report.pruned},
               {"wall_s", report.wall_s},
               {"gpu",
                {{"working_s", report.gpu.working_s},
                 {"resting_s", report.gpu.resting_s},
                 {"waiting_s", report.gpu.waiting_s}}},
               {"rows", report.rows},
               {"damaged", report.damaged}};
  if (!report.checks.empty()) {
    const store::StepRegret regret = store::regret_of(report.checks);
    json["steps"] = {{"measured", regret.checks},
                     {"unmeasured", regret.unmeasured},
                     {"regret_geomean", regret.geomean},
                     {"regret_p95", regret.p95},
                     {"regret_max", regret.max}};
  }
  for (const Point& point : report.points) json["points"].push_back(to_json(point));
  for (const FailureGroup& group : report.failures) json["failures"].push_back(to_json(group));
  for (const auto& [code, count] : report.warnings) json["warnings"].push_back(to_json(code, count));
  for (const Unsupported& item : report.unsupported)
    json["unsupported"].push_back({{"problem", gemmtune::to_json(item.problem)}, {"reason", item.reason}});
  return json_text(json, 2) + "\n";
}

std::string json(const Grid& grid) {
  return json_text(to_json(grid), 2) + "\n";
}

void json_lines(const std::vector<Row>& rows, const Sink& sink) {
  const auto lines = [&](std::size_t from, std::size_t to) {
    std::string text;
    for (std::size_t i = from; i < to; ++i) text += json_text(gemmtune::to_json(rows[i]), -1) + "\n";
    return text;
  };
  in_order(rows.size(), lines, sink);
}

std::string json_lines(const std::vector<Row>& rows) {
  std::string text;
  json_lines(rows, [&](std::string_view line) { text += line; });
  return text;
}

std::string json_lines(const Grid& grid) {
  std::string text;
  for (const Json& object : to_json(grid)) text += json_text(object, -1) + "\n";
  return text;
}

}  // namespace gemmtune::report
