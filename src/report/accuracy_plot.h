// The error of recipes over the strength of outlier channels, as a picture.
#pragma once

#include "report/accuracy.h"
#include "report/gnuplot_script.h"

#include <span>
#include <string>

namespace gemmtune::report {

/// By which A's outlier channels are larger, in the picture.
inline constexpr double kOutlierFactors[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

/// `run`: a product for each of kOutlierFactors, all with the same recipes.
Plot accuracy_plot(const AccuracyRun& run, Picture picture, const std::string& picture_file,
                   const std::string& data_file);

}  // namespace gemmtune::report
