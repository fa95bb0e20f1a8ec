// How much few cubins lose over how many there are, as a picture.
#pragma once

#include "report/gnuplot_script.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::report {

struct RegretCurve {
  std::string title;
  std::vector<std::pair<std::size_t, double>> points;  ///< cubins, percent
};

/// Curves without points are left out. Throws UserError where all are.
Plot regret_plot(const std::vector<RegretCurve>& curves, const std::string& title, Picture picture,
                 const std::string& picture_file, const std::string& data_file);

}  // namespace gemmtune::report
