#include "report/accuracy.h"

#include "report/html_table.h"
#include "report/markdown.h"
#include "report/problem_columns.h"
#include "report/terminal.h"
#include "util/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace gemmtune::report {

namespace {

using accuracy::Assessment;
using accuracy::Figures;

constexpr const char* kLegend =
    "error: RMS(D - P) / RMS(P), P the FP64 product of the operands before they were quantised. It is made "
    "of: "
    "quantised, the FP64 product of the dequantised operands against P; summed, D in FP32 against that "
    "(the gates of `gemmtune verify` judge this part alone); rounded, D in its type against D in FP32. Each "
    "is "
    "relative to what it is "
    "against. mean: mean |D - P|. max: largest |D - P| / sum |a b|. 1 - cos: one less the cosine between D "
    "and "
    "P. dB: of P over D - P. clipped, zeroed: values too large for the format, values that became zero, of a "
    "million.";
constexpr const char* kKernels =
    "kernel: the one of this build that computes the recipe from operands quantised so; none: there is "
    "none. ";

/// 3.7e-02: errors lie many powers of ten apart.
std::string scientific(double value) {
  return formatted("{:.2e}", value);
}

Cell scientific_cell(const std::optional<double>& value) {
  return value ? Cell(scientific(*value)) : Cell();
}

Cell cell(const std::optional<double>& value) {
  return value ? Cell(*value) : Cell();
}

std::vector<std::pair<std::string, const Figures*>> parts(const Assessment& assessment) {
  return {{"", &assessment.total},
          {"quantisation_", &assessment.quantisation},
          {"accumulation_", &assessment.accumulation},
          {"output_", &assessment.output}};
}

std::string kernel_or_none(const AccuracyRow& row) {
  return row.kernel.empty() ? "none" : row.kernel;
}

std::string heading(const AccuracyOfProduct& product) {
  const auto& [m, n, k] = product.sizes;
  std::string text = formatted("{}x{}x{}, {}", m, n, k, product.data);
  if (product.sampled_rows != m || product.sampled_columns != n)
    text += formatted(": {}x{} elements of D, of all of K", product.sampled_rows, product.sampled_columns);
  return text;
}

Grid people_grid(const AccuracyRun& run, const AccuracyOfProduct& product) {
  Grid grid{{{"recipe", "recipe"},
             {"relative_rms", "error"},
             {"quantisation_relative_rms", "quantised"},
             {"accumulation_relative_rms", "summed"},
             {"output_relative_rms", "rounded"},
             {"mean_absolute", "mean"},
             {"max_over_sum", "max"},
             {"cosine", "1 - cos"},
             {"snr_db", "dB", 1},
             {"saturated", "clipped", 0},
             {"flushed", "zeroed", 0},
             {"kernel", "kernel"}},
            {}};
  if (!run.table.empty()) grid.columns.push_back({"time_us", "µs", 2});
  for (const AccuracyRow& row : product.rows) {
    const Assessment& x = row.assessment;
    std::optional<double> distance;
    if (x.total.cosine) distance = std::max(0.0, 1 - *x.total.cosine);
    grid.rows.push_back({describe(x.recipe), scientific_cell(x.total.relative_rms),
                         scientific_cell(x.quantisation.relative_rms),
                         scientific_cell(x.accumulation.relative_rms), scientific_cell(x.output.relative_rms),
                         scientific(x.total.mean_absolute), scientific_cell(x.total.max_over_sum),
                         scientific_cell(distance), cell(x.total.snr_db), x.saturated * 1e6, x.flushed * 1e6,
                         kernel_or_none(row)});
    if (!run.table.empty()) grid.rows.back().push_back(row.speed ? Cell(row.speed->time_us) : Cell());
  }
  return grid;
}

std::size_t width_of(const Grid& grid) {
  const std::string text = aligned(grid);
  return width(std::string_view(text).substr(0, text.find('\n')));
}

/// What a narrow screen does without, the least important first.
Grid fitted(Grid grid, const Screen& screen) {
  constexpr std::array<std::string_view, 8> kDispensable = {
      "cosine",       "mean_absolute", "output_relative_rms",      "saturated", "flushed",
      "max_over_sum", "snr_db",        "quantisation_relative_rms"};
  for (const std::string_view name : kDispensable) {
    if (width_of(grid) <= screen.width) break;
    const auto found = std::ranges::find(grid.columns, name, &Column::name);
    const auto at = found - grid.columns.begin();
    grid.columns.erase(found);
    for (auto& row : grid.rows) row.erase(row.begin() + at);
  }
  return grid;
}

std::string legend(const AccuracyRun& run) {
  return kLegend + std::string(" ") + kKernels +
         (run.table.empty()
              ? "Speeds: --table names the table.json of a sweep."
              : "µs: as tuned in " + one_line(run.table) + ", at the next larger M that was tuned.");
}

}  // namespace

Grid accuracy_grid(const AccuracyRun& run) {
  Grid grid{{{"m", ""}, {"n", ""}, {"k", ""}, {"data", ""}, {"recipe", ""}, {"out", ""}}, {}};
  for (const auto& [prefix, unused] : parts({}))
    for (const char* name : {"relative_rms", "mean_absolute", "max_over_sum", "cosine", "snr_db"})
      grid.columns.push_back({prefix + name, ""});
  grid.columns = joined(grid.columns, {{"saturated", ""}, {"flushed", ""}, {"kernel", ""}, {"time_us", ""}});
  for (const AccuracyOfProduct& product : run.products)
    for (const AccuracyRow& row : product.rows) {
      const Assessment& x = row.assessment;
      const auto& [m, n, k] = product.sizes;
      std::vector<Cell> cells = {
          m, n, k, product.data, describe(x.recipe), std::string(to_string(x.recipe.out))};
      for (const auto& [unused, figures] : parts(x))
        cells = joined(cells, {cell(figures->relative_rms), figures->mean_absolute,
                               cell(figures->max_over_sum), cell(figures->cosine), cell(figures->snr_db)});
      cells = joined(cells, {x.saturated, x.flushed, row.kernel.empty() ? Cell() : Cell(row.kernel),
                             row.speed ? Cell(row.speed->time_us) : Cell()});
      grid.rows.push_back(std::move(cells));
    }
  return grid;
}

std::string accuracy_text(const AccuracyRun& run, bool as_markdown, const Screen& screen) {
  std::string text;
  for (const AccuracyOfProduct& product : run.products) {
    const Grid grid = people_grid(run, product);
    text += as_markdown ? "**" + escape_markdown(heading(product)) + "**\n\n" + markdown_table(grid)
                        : screen.painted(one_line(heading(product)), Tone::heading) + "\n" +
                              aligned(fitted(grid, screen), screen);
    text += "\n";
  }
  for (const std::string& paragraph : {legend(run), std::string(kAccuracyModel)})
    text += as_markdown ? escape_markdown(paragraph) + "\n\n" : wrapped(paragraph, 0, screen) + "\n";
  text.pop_back();
  return text;
}

std::string accuracy_html(const AccuracyRun& run) {
  std::string body = "<h1>What recipes cost in accuracy</h1>\n";
  for (const AccuracyOfProduct& product : run.products)
    body += "<h2>" + escape_html(heading(product)) + "</h2>\n" + html_table(people_grid(run, product));
  body += "<p>" + escape_html(legend(run)) + "</p>\n<p>" + escape_html(kAccuracyModel) + "</p>\n";
  return html_page("Accuracy · gemmtune", body);
}

}  // namespace gemmtune::report
