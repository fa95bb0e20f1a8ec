#include "report/views.h"

#include "report/markdown.h"
#include "report/phrases.h"
#include "report/problem_columns.h"
#include "report/terminal.h"
#include "stats/summary.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <map>

namespace gemmtune::report {

namespace {

/// Our winner of each problem beside BF16 of the same race.
std::vector<Pair> fp8_and_bf16(const Report& report) {
  std::map<std::string, const Point*> ours;
  std::vector<Pair> pairs;
  for (const Point& point : report.points) {
    const std::string id = problem_id(point.problem);
    if (point.provider == provider::kGemmtune) ours[id] = &point;
    if (point.provider != provider::kCublasBf16) continue;
    if (const auto first = ours.find(id); first != ours.end()) pairs.emplace_back(first->second, &point);
  }
  return pairs;
}

constexpr std::array<View, 1> kViews = {
    {{"fp8-bf16", "FP8 against BF16", "FP8", "BF16",
      "error: RMS beyond the rounding of the output, relative, against the FP64 product of the FP8 operands; "
      "BF16 computes with the same operands rounded to BF16. What quantising to FP8 costs a model is in "
      "neither.",
      fp8_and_bf16}}};

template <typename T>
Cell cell(const std::optional<T>& value) {
  return value ? Cell(*value) : Cell();
}

double speedup(const Pair& pair) {
  return pair.second->time_us / pair.first->time_us;
}

}  // namespace

std::span<const View> views() {
  return kViews;
}

const View& find_view(std::string_view name) {
  const auto found = std::ranges::find(kViews, name, &View::name);
  if (found != kViews.end()) return *found;
  std::vector<std::string_view> names;
  for (const View& view : kViews) names.emplace_back(view.name);
  throw UserError("--view: unknown view \"" + printable(name) + "\"" + did_you_mean(name, names));
}

Grid view_grid(const View& view, const Report& report, bool for_files) {
  const std::string first = view.first, second = view.second;
  Grid grid;
  const std::vector<Pair> pairs = view.pairs(report);
  const bool forms = has_forms(pairs, [](const Pair& pair) { return pair.first->problem; });
  grid.columns = joined(problem_columns(forms), {{"first_us", first + " µs", 2},
                                                 {"second_us", second + " µs", 2},
                                                 {"speedup", "speed-up", 2},
                                                 {"first_error_rms", first + " error", 6},
                                                 {"second_error_rms", second + " error", 6}});
  if (for_files) grid.columns.push_back({"config", "configuration"});
  for (const Pair& pair : pairs) {
    const Point &a = *pair.first, &b = *pair.second;
    grid.rows.push_back(joined(problem_cells(a.problem, forms),
                               {a.time_us, b.time_us, speedup(pair), cell(a.error_rms), cell(b.error_rms)}));
    if (for_files) grid.rows.back().push_back(a.config);
  }
  return grid;
}

std::string view_text(const View& view, const Report& report, bool as_markdown) {
  const auto plain = [&](const std::string& text) {
    return as_markdown ? escape_markdown(text) + "\n" : wrapped(text);
  };
  const std::vector<Pair> pairs = view.pairs(report);
  std::string text = as_markdown ? "# " + std::string(view.title) + "\n\n" : std::string(view.title) + "\n\n";
  if (report.simulated) text += plain(kSimulatedNotice) + "\n";
  if (pairs.empty())
    return text + plain("There is nothing to compare: a sweep's final race times " + std::string(view.first) +
                        " and " + view.second + " beside each other.");
  std::vector<double> ratios;
  for (const Pair& pair : pairs) ratios.push_back(speedup(pair));
  const Grid grid = view_grid(view, report, false);
  text += as_markdown ? markdown_table(grid) : aligned(grid);
  text +=
      "\n" + plain("geometric mean of the speed-up over " + std::to_string(ratios.size()) +
                   (ratios.size() == 1 ? " problem: " : " problems: ") + fixed(stats::geomean(ratios), 2));
  return text + "\n" + plain(view.legend);
}

}  // namespace gemmtune::report
