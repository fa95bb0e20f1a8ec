// The picture of a model's step: time a token over tokens.
#include "report/look.h"
#include "report/model_step_text.h"
#include "report/phrases.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::report {

namespace {

using Points = std::vector<std::pair<std::int64_t, double>>;  ///< tokens, us a token

struct Curve {
  std::string provider, title;
  Points points;
};

double a_token(double step_us, const StepSum& step) {
  return step_us / static_cast<double>(step.tokens);
}

std::vector<Curve> curves_of(const ModelTimes& times) {
  Curve ours{provider::kGemmtune, "ours", {}};
  for (const StepSum& step : times.steps)
    if (step.is_whole()) ours.points.emplace_back(step.tokens, a_token(step.ours_us, step));
  std::vector<Curve> curves = {ours};
  for (std::size_t i = 0; i < times.others.size(); ++i) {
    Curve curve{times.others[i], provider_in_words(times.others[i]), {}};
    bool mixed = false;
    for (const StepSum& step : times.steps) {
      const ProviderSum& other = step.others[i];
      if (!step.is_whole() || other.products == 0) continue;
      curve.points.emplace_back(step.tokens, a_token(other.step_us, step));
      mixed = mixed || other.products < step.products;
    }
    if (mixed) curve.title += " (rest ours)";
    if (!curve.points.empty()) curves.push_back(std::move(curve));
  }
  return curves;
}

/// Each number of tokens, and 1, 2 and 5 of each decade of times: the axes' own tics leave most of them out.
std::string tics(const Points& points, double low, double high) {
  std::string x, y;
  for (const auto& [tokens, us] : points) x += (x.empty() ? "" : ", ") + std::to_string(tokens);
  for (double decade = std::pow(10, std::floor(std::log10(low))); decade <= high; decade *= 10)
    for (const int step : {1, 2, 5}) y += (y.empty() ? "" : ", ") + formatted("{:g}", step * decade);
  return "set xtics (" + x + ")\nset ytics (" + y + ")\n";
}

}  // namespace

Plot model_plot(const ModelTimes& times, const Report& report, Picture picture,
                const std::string& picture_file, const std::string& data_file) {
  const std::vector<Curve> curves = curves_of(times);
  if (curves.front().points.empty())
    throw UserError(
        "there is nothing to draw: the results lack problems of every one of these steps "
        "(--format table names them)");
  std::string data = "# A block a provider. tokens: of a step; us: time of its GEMMs, a token\n";
  std::vector<std::string> items;
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const Curve& curve : curves) {
    data += "# " + curve.provider + "\n# tokens us\n";
    for (const auto& [tokens, us] : curve.points) {
      data += formatted("{} {:.6g}\n", tokens, us);
      low = std::min(low, us), high = std::max(high, us);
    }
    data += "\n\n";
    const Look look = look_of_provider(curve.provider);
    items.push_back(formatted("data index {} using 1:2 with linespoints pt {} lw 1.5 lc rgb '{}' title {}",
                              items.size(), look.gnuplot_mark, look.colour, in_single_quotes(curve.title)));
  }
  const Points& ours = curves.front().points;
  const ModelStep& step = times.step;
  const PlotFrame frame{
      formatted("{}, {}, TP {}, EP {}: GEMMs alone{}", step.name, step.phase, step.tensor, step.expert,
                report.simulated ? " (SIMULATED)" : ", " + report.environment.device),
      "tokens in a step",
      "us a token",
      formatted("[{:.4g}:{:.4g}]", 0.8 * static_cast<double>(ours.front().first),
                1.25 * static_cast<double>(std::ranges::max(ours).first)),
      formatted("[{:.4g}:{:.4g}]", low / 1.3, high * 1.3),
      tics(ours, low, high)};
  return {data, plot_script(frame, items, picture, picture_file, data_file)};
}

}  // namespace gemmtune::report
