#include "report/model_step_grids.h"

#include "core/groups.h"
#include "report/phrases.h"
#include "report/problem_columns.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>
#include <map>
#include <utility>

namespace gemmtune::report {

namespace {

constexpr std::size_t kGains = 3;

Cell cell(const std::optional<double>& value) {
  return value ? Cell(*value) : Cell();
}

Tone missing_tone(const Cell& cell) {
  const std::string* text = std::get_if<std::string>(&cell);
  return text != nullptr && text->find("partial") != text->npos ? Tone::doubtful : Tone::plain;
}

/// Of one provider in one step.
struct Line {
  std::string provider;
  std::int64_t products = 0;  ///< that it has times of
  double own_us = 0, ours_us = 0, step_us = 0;
  std::optional<double> own_j, ours_j, step_j;
};

std::vector<Cell> cells_of(const Line& line, const StepSum& step, bool for_files, bool with_energy) {
  const double tokens = static_cast<double>(step.tokens);
  const bool is_ours = line.provider == provider::kGemmtune;
  const auto of_step = [&](double value) { return step.is_whole() ? Cell(value) : Cell(); };
  std::vector<Cell> row = {step.tokens, for_files ? line.provider
                                        : is_ours ? "ours"
                                                  : provider_heading(line.provider)};
  if (for_files)
    row = joined(row, {line.products, step.products});
  else
    row.emplace_back(formatted("{} of {}{}", line.products, step.products,
                               !step.is_whole()                ? ", partial"
                               : line.products < step.products ? ", rest ours"
                                                               : ""));
  row = joined(
      row, {line.own_us, line.ours_us, is_ours ? Cell() : Cell(line.own_us / line.ours_us),
            of_step(line.step_us), of_step(line.step_us / tokens), of_step(tokens / (line.step_us * 1e-6))});
  if (!with_energy) return row;
  const bool compared = !is_ours && line.own_j && line.ours_j;
  const bool whole = line.step_j && step.is_whole();
  return joined(row,
                {compared ? Cell(*line.own_j / *line.ours_j) : Cell(), whole ? Cell(*line.step_j) : Cell(),
                 whole ? Cell(1e3 * *line.step_j / tokens) : Cell()});
}

/// `64 of 2.0 rows`, or M.
std::string rows_of(const Problem& problem) {
  return shares_out_rows(problem) ? formatted("{} x {:.4g}", problem.groups, problem.m_per_group)
                                  : std::to_string(problem.m);
}

double percent_of_step(const ModelTimes& times, const ModelProduct& product, double us) {
  return 100 * us / times.step_of(product).ours_us;
}

std::vector<Cell> named(const ModelCall& call, bool for_files) {
  if (for_files)
    return {call.tokens,         call.layer, problem_id(call.problem), describe(call.problem),
            call.problem.kernel, call.count};
  return {call.tokens, call.layer, rows_of(call.problem), call.problem.n, call.problem.k, call.count};
}

std::vector<Column> names_of(bool for_files) {
  if (for_files)
    return {{"tokens", ""},  {"layer", ""},  {"problem_id", ""},
            {"problem", ""}, {"kernel", ""}, {"calls", ""}};
  return {{"tokens", "tokens"}, {"layer", "layer"}, {"m", "M"}, {"n", "N"}, {"k", "K"}, {"calls", "calls"}};
}

}  // namespace

Grid steps_grid(const ModelTimes& times, bool for_files) {
  const bool with_energy = for_files || has_energy(times.steps);
  Grid grid;
  grid.columns = {{"tokens", "tokens"}, {"provider", "by"}};
  if (for_files)
    grid.columns = joined(grid.columns, {{"products", ""}, {"products_of_step", ""}});
  else
    grid.columns.push_back({"products", "products", 0, missing_tone});
  grid.columns = joined(grid.columns, {{"time_us", "µs", 1},
                                       {"ours_us", "ours µs", 1},
                                       {"time_over_ours", "x", 2},
                                       {"step_us", "step µs", 1},
                                       {"step_us_a_token", "µs/token", 2},
                                       {"tokens_per_s", "tokens/s", 0}});
  if (with_energy)
    grid.columns = joined(grid.columns, {{"energy_over_ours", "J x", 2},
                                         {"step_energy_j", "step J", 3},
                                         {"energy_mj_a_token", "mJ/token", 2}});
  for (const StepSum& step : times.steps) {
    const Line ours{provider::kGemmtune, step.found,    step.ours_us,  step.ours_us,
                    step.ours_us,        step.energy_j, step.energy_j, step.energy_j};
    grid.rows.push_back(cells_of(ours, step, for_files, with_energy));
    for (std::size_t i = 0; i < times.others.size(); ++i) {
      const ProviderSum& other = step.others[i];
      if (other.products == 0) continue;
      grid.rows.push_back(cells_of({times.others[i], other.products, other.theirs_us, other.ours_us,
                                    other.step_us, other.theirs_j, other.ours_j, other.step_j},
                                   step, for_files, with_energy));
    }
  }
  return grid;
}

Grid products_grid(const ModelTimes& times, bool for_files) {
  Grid grid;
  grid.columns = joined(names_of(for_files), {{"time_us", "µs", 2},
                                              {"step_us", "step µs", 1},
                                              {"percent_of_step", "step %", 0},
                                              {"roof_percent", "roof %", 0}});
  for (const std::string& other : times.others)
    grid.columns.push_back(for_files ? Column{other + "_us", ""} : Column{other, provider_heading(other), 2});
  if (for_files) {
    grid.columns.push_back({"energy_j", ""});
    for (const std::string& other : times.others) grid.columns.push_back({other + "_energy_j", ""});
  }
  for (const ModelProduct& product : times.products) {
    std::vector<Cell> row = named(product.call, for_files);
    const Winner* const winner = product.winner;
    if (winner == nullptr) {
      row.resize(grid.columns.size());
    } else {
      row = joined(row, {winner->entry.time_us, cell(product.ours_us()),
                         percent_of_step(times, product, *product.ours_us()),
                         winner->placement ? Cell(winner->placement->percent()) : Cell()});
      for (const auto& other_us : product.others_us)
        row.push_back(!other_us ? Cell() : Cell(for_files ? *other_us : *other_us / winner->entry.time_us));
      if (for_files) {
        row.push_back(cell(winner->entry.energy_j));
        for (const auto& other_j : product.others_j) row.push_back(cell(other_j));
      }
    }
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

Grid energy_grid(const ModelTimes& times) {
  Grid grid;
  grid.columns = joined(names_of(false), {{"energy_mj", "mJ", 3}, {"step_energy_mj", "step mJ", 1}});
  for (std::size_t i = 0; i < times.others.size(); ++i)
    if (std::ranges::any_of(times.products, [&](const ModelProduct& p) { return p.others_j[i].has_value(); }))
      grid.columns.push_back({times.others[i], provider_heading(times.others[i]), 2});
  for (const ModelProduct& product : times.products) {
    if (product.winner == nullptr || !product.winner->entry.energy_j) continue;
    const double ours_j = *product.winner->entry.energy_j;
    std::vector<Cell> row =
        joined(named(product.call, false), {1e3 * ours_j, 1e3 * product.call.count * ours_j});
    for (std::size_t i = 0; i < times.others.size(); ++i)
      if (std::ranges::any_of(grid.columns, [&](const Column& c) { return c.name == times.others[i]; }))
        row.push_back(product.others_j[i] ? Cell(*product.others_j[i] / ours_j) : Cell());
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

Grid gains_grid(const ModelTimes& times, bool for_files) {
  Grid grid;
  grid.columns = joined(names_of(for_files), {{"time_us", "µs", 2},
                                              {"roof_percent", "roof %", 0},
                                              {"candidates", "tried"},
                                              {"above_roof_us", "above roof µs", 1},
                                              {"above_roof_percent_of_step", "step %", 1}});
  for (const ModelProduct* product : most_to_gain(times, kGains))
    grid.rows.push_back(joined(named(product->call, for_files),
                               {product->winner->entry.time_us, product->winner->placement->percent(),
                                product->winner->entry.candidates, *product->above_roof_us(),
                                percent_of_step(times, *product, *product->above_roof_us())}));
  return grid;
}

std::vector<std::string> missing_products(const ModelTimes& times) {
  std::vector<std::string> texts;
  for (const ModelProduct& product : times.products) {
    if (product.winner != nullptr) continue;
    const std::string text = describe(product.call.problem);
    if (std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
  }
  return texts;
}

std::string missing_layers(const ModelTimes& times) {
  std::vector<std::string> layers;
  std::map<std::string, std::vector<std::string>> tokens;
  for (const ModelProduct& product : times.products) {
    if (product.winner != nullptr) continue;
    std::vector<std::string>& of_layer = tokens[product.call.layer];
    if (of_layer.empty()) layers.push_back(product.call.layer);
    of_layer.push_back(std::to_string(product.call.tokens));
  }
  for (std::string& layer : layers) layer += " (" + join(tokens[layer], ", ") + ")";
  return join(layers, ", ");
}

}  // namespace gemmtune::report
