// A portfolio as JSON, as the grid of its curve, and as text.
#pragma once

#include "cli/portfolio.h"
#include "core/json.h"
#include "report/grid.h"
#include "report/regret_plot.h"

#include <string>
#include <vector>

namespace gemmtune::cli {

inline constexpr const char* kPortfolioSchema = "gemmtune.portfolio/1";

Json to_json(const Portfolio& portfolio, const PortfolioSource& source);
report::Grid curve_grid(const Portfolio& portfolio);
/// The curve's means and worst, where the cubins were chosen and on other layers.
std::vector<report::RegretCurve> curves_of(const Portfolio& portfolio);
/// What was added to the cells of `before` is worth.
Json worth_json(const Portfolio& before, const Portfolio& after);
std::string worth_text(const Portfolio& before, const Portfolio& after, report::Format format,
                       const report::Screen& screen);
std::string to_text(const Portfolio& portfolio, const PortfolioSource& source, report::Format format,
                    const report::Screen& screen);

}  // namespace gemmtune::cli
