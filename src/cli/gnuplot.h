// Pictures by gnuplot, from a data file and a script that stay beside the picture.
#pragma once

#include "report/gnuplot.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gemmtune::cli {

/// Makes a plot for a picture and a data file of these names.
using MakePlot = std::function<report::Plot(const std::string& picture_file, const std::string& data_file)>;

/// Writes X.dat and X.gnuplot beside `picture` (X.svg, X.png), then the picture itself, which appears at once
/// or not at all. Throws UserError when gnuplot is not installed or fails; data and script are there then.
void draw(const MakePlot& make_plot, const std::filesystem::path& picture);

/// The same of a roofline.
void draw_roofline(const std::vector<report::Source>& sources, report::Picture kind,
                   const std::filesystem::path& picture);

}  // namespace gemmtune::cli
