#include "report/accuracy_plot.h"

#include "report/look.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

namespace gemmtune::report {

namespace {

double error_of(const AccuracyRow& row) {
  return row.assessment.total.relative_rms.value_or(NAN);
}

}  // namespace

Plot accuracy_plot(const AccuracyRun& run, Picture picture, const std::string& picture_file,
                   const std::string& data_file) {
  ensure(run.products.size() == std::size(kOutlierFactors), "a product for each factor");
  const auto& first = run.products.front();
  std::string data = "# A block a recipe. factor: of outlier channels; error: RMS(D - P) / RMS(P)\n";
  std::vector<std::string> items;
  double low = 1, high = 0;
  for (std::size_t i = 0; i < first.rows.size(); ++i) {
    const std::string recipe = describe(first.rows[i].assessment.recipe);
    data += "# " + recipe + "\n# factor error\n";
    for (std::size_t at = 0; at < run.products.size(); ++at) {
      const double error = error_of(run.products[at].rows[i]);
      data += formatted("{} {:.6e}\n", kOutlierFactors[at], error);
      if (error > 0) low = std::min(low, error), high = std::max(high, error);
    }
    data += "\n\n";
    const Look look = look_of_line(i);
    items.push_back(formatted("data index {} using 1:2 with linespoints pt {} lw 1.5 lc rgb '{}' title {}", i,
                              look.gnuplot_mark, look.colour, in_single_quotes(recipe)));
  }
  if (items.empty() || high == 0) throw UserError("there is nothing to draw: no recipe has an error");
  const auto& [m, n, k] = first.sizes;
  const PlotFrame frame{formatted("{}x{}x{}, {}: error against the original product (tensor core: a model)",
                                  m, n, k, first.data.substr(0, first.data.find(",factor"))),
                        "factor of outlier channels",
                        "RMS(D - P) / RMS(P)",
                        "[0.8:130000]",
                        formatted("[{:.3e}:{:.3e}]", low / 1.5, high * 1.5),
                        ""};
  return {data, plot_script(frame, items, picture, picture_file, data_file)};
}

}  // namespace gemmtune::report
