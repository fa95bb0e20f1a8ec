// The error of recipes over the strength of outlier channels, as a picture.
#pragma once

#include "report/accuracy.h"
#include "report/gnuplot_script.h"

#include <span>
#include <string>

namespace gemmtune::report {

/// By which outlier channels are larger, in the picture. E4M3 alone has room for 2^15.
inline constexpr double kOutlierFactors[] = {1, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5};

/// `run`: a product for each of kOutlierFactors, all with the same recipes.
Plot accuracy_plot(const AccuracyRun& run, Picture picture, const std::string& picture_file,
                   const std::string& data_file);

}  // namespace gemmtune::report
