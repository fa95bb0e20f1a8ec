// Pictures by gnuplot, from a data file and a script that stay beside the picture.
#pragma once

#include "report/gnuplot.h"

#include <filesystem>
#include <vector>

namespace gemmtune::cli {

/// Writes X.dat and X.gnuplot beside `picture` (X.svg, X.png), then the picture itself, which appears at once
/// or not at all. Throws UserError when gnuplot is not installed or fails; data and script are there then.
void draw_roofline(const std::vector<report::Source>& sources, report::Picture kind,
                   const std::filesystem::path& picture);

}  // namespace gemmtune::cli
