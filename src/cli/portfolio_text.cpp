#include "cli/portfolio_text.h"

#include "core/serialise.h"
#include "report/phrases.h"
#include "report/problem_columns.h"
#include "report/terminal.h"
#include "util/format.h"

#include <algorithm>
#include <vector>

namespace gemmtune::cli {

namespace {

Json to_json(const store::StepRegret& regret) {
  return {{"problems", regret.checks},
          {"not_covered", regret.unmeasured},
          {"regret_geomean", regret.geomean},
          {"regret_p95", regret.p95},
          {"regret_max", regret.max}};
}

Json to_json(const PickRegret& picked) {
  Json json = to_json(picked.regret);
  json["not_measured"] = json["not_covered"];
  json.erase("not_covered");
  json["other_launch"] = picked.other_launch;
  return json;
}

Json picker_json(const Portfolio& portfolio) {
  Json json = {
      {"machine", model::h100_sxm().name},
      {"models", Json::array()},
      {"fitted", to_json(portfolio.picked_where_fitted())},
      {"other_layers", portfolio.layers() > 1 ? to_json(portfolio.picked_elsewhere()) : Json(nullptr)}};
  for (const launch::PickModel& model : portfolio.picker().models)
    json["models"].push_back({{"kernel", model.kernel},
                              {"out", model.fp32_out ? "fp32" : "bf16"},
                              {"accumulate", model.accumulate},
                              {"billionths", model.coefficients}});
  return json;
}

Json picks_json(const Portfolio& portfolio, const PortfolioSource& source) {
  Json json = Json::array();
  std::size_t p = source.chosen_for;
  for (const std::optional<Pick>& pick : portfolio.picks_where_tried()) {
    const tune::Recorded& recorded = source.problems[p++];
    json.push_back({{"problem", gemmtune::to_json(recorded.problem)},
                    {"config", pick ? gemmtune::to_json(pick->config) : Json(nullptr)},
                    {"fastest", gemmtune::to_json(recorded.candidates[recorded.fastest().value()])},
                    {"regret", pick && pick->loss ? Json(*pick->loss) : Json(nullptr)},
                    {"other_launch", pick && pick->another_launch}});
  }
  return json;
}

report::Grid picks_grid(const Portfolio& portfolio) {
  report::Grid grid;
  grid.columns = {{"of", "the loader's picks"},     {"regret_percent", "regret %", 2},
                  {"p95_percent", "p95", 1},        {"worst_percent", "worst", 1},
                  {"not_measured", "not measured"}, {"other_launch", "other launch"}};
  const auto add = [&](const char* of, const PickRegret& picked) {
    grid.rows.push_back({of, 100 * picked.regret.geomean, 100 * picked.regret.p95, 100 * picked.regret.max,
                         static_cast<std::int64_t>(picked.regret.unmeasured),
                         static_cast<std::int64_t>(picked.other_launch)});
  };
  add("where fitted", portfolio.picked_where_fitted());
  if (portfolio.layers() > 1) add("other N×K", portfolio.picked_elsewhere());
  if (portfolio.tried().checks + portfolio.tried().unmeasured > 0) {
    add("tried", portfolio.picked_where_tried());
    add("tried, a perfect picker", {portfolio.tried(), 0});
  }
  return grid;
}

}  // namespace

Json to_json(const Portfolio& portfolio, const PortfolioSource& source) {
  const tune::Losses& losses = portfolio.losses();
  Json json = {{"schema", kPortfolioSchema},
               {"device", source.device},
               {"simulated", source.simulated},
               {"layers", portfolio.layers()},
               {"cubins_in_all", losses.cubins.size()},
               {"cubins", Json::array()},
               {"curve", Json::array()},
               {"problems", Json::array()},
               {"tried", Json(nullptr)},
               {"picker", picker_json(portfolio)}};
  if (source.chosen_for < source.problems.size())
    json["tried"] = {{"perfect", to_json(portfolio.tried())},
                     {"picked", to_json(portfolio.picked_where_tried())},
                     {"picks", picks_json(portfolio, source)}};
  for (const exports::CubinCorrection& cubin : portfolio.corrections())
    json["cubins"].push_back({{"kernel", cubin.kernel},
                              {"compiled", gemmtune::to_json(cubin.compiled)},
                              {"correction_billionths", cubin.billionths}});
  for (const PortfolioPoint& point : portfolio.curve())
    json["curve"].push_back(
        {{"cubins", point.cubins},
         {"fitted", to_json(point.fitted)},
         {"other_layers", portfolio.layers() > 1 ? to_json(point.others) : Json(nullptr)}});
  for (std::size_t p = 0; p < source.chosen_for; ++p) {
    const auto cubin = portfolio.taken_by(p);
    const auto place = cubin ? std::ranges::find(portfolio.chosen(), *cubin) : portfolio.chosen().end();
    json["problems"].push_back(
        {{"problem", gemmtune::to_json(source.problems[p].problem)},
         {"cubin", cubin ? Json(place - portfolio.chosen().begin()) : Json(nullptr)},
         {"config",
          cubin ? gemmtune::to_json(source.problems[p].candidates[*losses.best[p][*cubin]]) : Json(nullptr)},
         {"regret", cubin ? Json(*losses.of[p][*cubin]) : Json(nullptr)}});
  }
  return json;
}

std::vector<report::RegretCurve> curves_of(const Portfolio& portfolio) {
  std::vector<report::RegretCurve> curves = {
      {"where they were chosen", {}}, {"at worst", {}}, {"other N×K", {}}, {"other N×K, at worst", {}}};
  for (const PortfolioPoint& point : portfolio.curve()) {
    const auto add = [&](std::size_t curve, const store::StepRegret& regret) {
      if (regret.checks == 0) return;
      curves[curve].points.emplace_back(point.cubins, 100 * regret.geomean);
      curves[curve + 1].points.emplace_back(point.cubins, 100 * regret.max);
    };
    add(0, point.fitted);
    if (portfolio.layers() > 1) add(2, point.others);
  }
  return curves;
}

report::Grid curve_grid(const Portfolio& portfolio) {
  report::Grid grid;
  grid.columns = {{"cubins", "cubins"},
                  {"regret_percent", "regret %", 2},
                  {"p95_percent", "p95", 1},
                  {"worst_percent", "worst", 1},
                  {"not_covered", "not covered"},
                  {"other_regret_percent", "other N×K %", 2},
                  {"other_p95_percent", "their p95", 1},
                  {"other_worst_percent", "their worst", 1},
                  {"other_not_covered", "theirs not covered"}};
  const auto cells = [](const store::StepRegret& regret) -> std::vector<report::Cell> {
    return {100 * regret.geomean, 100 * regret.p95, 100 * regret.max,
            static_cast<std::int64_t>(regret.unmeasured)};
  };
  for (const PortfolioPoint& point : portfolio.curve())
    grid.rows.push_back(
        report::joined(report::joined(std::vector<report::Cell>{static_cast<std::int64_t>(point.cubins)},
                                      cells(point.fitted)),
                       portfolio.layers() > 1 ? cells(point.others) : std::vector<report::Cell>(4)));
  return grid;
}

namespace {

report::Grid cubins_grid(const Portfolio& portfolio, const PortfolioSource& source) {
  report::Grid grid;
  grid.columns = {{"kernel", "kernel"}, {"compiled", "cubin"}, {"problems", "problems"}};
  for (const std::size_t cubin : portfolio.chosen()) {
    std::int64_t taken = 0;
    for (std::size_t p = 0; p < source.chosen_for; ++p) taken += portfolio.taken_by(p) == cubin;
    grid.rows.push_back({portfolio.losses().cubins[cubin].kernel,
                         report::Cell(portfolio.losses().cubins[cubin].compiled), taken});
  }
  return grid;
}

}  // namespace

namespace {

/// A figure of a portfolio that cells which were never measured leave open.
struct Judged {
  const char* key;
  const char* words;
  store::StepRegret (*of)(const Portfolio&);
};

constexpr Judged kJudged[] = {
    {"fitted", "the best of the cubins, where fitted",
     [](const Portfolio& p) { return p.at(p.chosen().size()).fitted; }},
    {"other_layers", "the same, other N×K",
     [](const Portfolio& p) { return p.at(p.chosen().size()).others; }},
    {"picked", "the loader's picks, where fitted",
     [](const Portfolio& p) { return p.picked_where_fitted().regret; }},
    {"picked_other_layers", "the same, other N×K",
     [](const Portfolio& p) { return p.picked_elsewhere().regret; }},
};

}  // namespace

Json worth_json(const Portfolio& before, const Portfolio& after) {
  Json json = {{"cells_before", before.cells()}, {"cells", after.cells()}};
  for (const Judged& one : kJudged)
    json[one.key] = {{"before", to_json(one.of(before))}, {"now", to_json(one.of(after))}};
  return json;
}

std::string worth_text(const Portfolio& before, const Portfolio& after, report::Format format,
                       const report::Screen& screen) {
  report::Grid grid;
  grid.columns = {{"of", "regret"},
                  {"when", ""},
                  {"regret_percent", "%", 2},
                  {"p95_percent", "p95", 1},
                  {"worst_percent", "worst", 1},
                  {"not_measured", "not measured"}};
  for (const Judged& one : kJudged)
    for (const bool now : {false, true}) {
      const store::StepRegret regret = one.of(now ? after : before);
      grid.rows.push_back({std::string(one.words), std::string(now ? "now" : "before"), 100 * regret.geomean,
                           100 * regret.p95, 100 * regret.max, static_cast<std::int64_t>(regret.unmeasured)});
    }
  return report::render(grid, format, screen) + "\n" +
         report::wrapped(formatted("What the cells are worth that were measured now: {} of a cubin on a "
                                   "problem are known, {} were before. A regret of before is over the "
                                   "problems alone of which it was known.",
                                   after.cells(), before.cells()),
                         0, screen);
}

std::string to_text(const Portfolio& portfolio, const PortfolioSource& source, report::Format format,
                    const report::Screen& screen) {
  const std::string notice = source.simulated ? std::string(report::kSimulatedNotice) + "\n\n" : "";
  return notice + report::render(cubins_grid(portfolio, source), format, screen) + "\n" +
         report::render(curve_grid(portfolio), format, screen) + "\n" +
         report::render(picks_grid(portfolio), format, screen) + "\n" +
         report::wrapped(
             formatted(
                 "{} problems of {} layers, {} cubins to choose from. Regret is over the fastest of each "
                 "problem's race, on geometric mean, with the best of the chosen cubins and the best launch "
                 "of it: what a perfect picker would have. Other N×K: each layer with what was chosen for "
                 "the "
                 "others. Not covered: none of the chosen was measured there. The loader's picks are by the "
                 "model that `export --picker` ships; other launch: that which it picked was not measured "
                 "there, and another of the same cubin counts.",
                 source.chosen_for, portfolio.layers(), portfolio.losses().cubins.size()),
             0, screen);
}

}  // namespace gemmtune::cli
