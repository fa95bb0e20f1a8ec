#include "report/regret_plot.h"

#include "report/look.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>

namespace gemmtune::report {

namespace {

/// What is lost in no more than noise stands at the lower edge: the axis is logarithmic.
constexpr double kLeastPercent = 0.01;

}  // namespace

Plot regret_plot(const std::vector<RegretCurve>& curves, const std::string& title, Picture picture,
                 const std::string& picture_file, const std::string& data_file) {
  std::string data = "# A block a curve. cubins; percent lost, 0.01 also for less\n";
  std::vector<std::string> items;
  double high = 1;
  std::size_t most = 1;
  for (const RegretCurve& curve : curves) {
    if (curve.points.empty()) continue;
    data += "# " + curve.title + "\n# cubins percent\n";
    for (const auto& [cubins, percent] : curve.points) {
      data += formatted("{} {:.6g}\n", cubins, std::max(percent, kLeastPercent));
      high = std::max(high, percent), most = std::max(most, cubins);
    }
    data += "\n\n";
    const Look look = look_of_line(items.size());
    items.push_back(formatted("data index {} using 1:2 with linespoints pt {} lw 1.5 lc rgb '{}' title {}",
                              items.size(), look.gnuplot_mark, look.colour, in_single_quotes(curve.title)));
  }
  std::string tics;
  for (std::size_t cubins = 1; cubins <= most; cubins *= 2)
    tics += (tics.empty() ? "" : ", ") + std::to_string(cubins);
  if (items.empty()) throw UserError("there is nothing to draw: no cubin was chosen");
  const PlotFrame frame{title,
                        "cubins",
                        "lost, %",
                        formatted("[0.9:{:.4g}]", 1.1 * static_cast<double>(most)),
                        formatted("[{:g}:{:.4g}]", kLeastPercent / 1.5, high * 1.5),
                        "set xtics (" + tics + ")\n"};
  return {data, plot_script(frame, items, picture, picture_file, data_file)};
}

}  // namespace gemmtune::report
