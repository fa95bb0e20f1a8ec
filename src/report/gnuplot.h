// The roofline as a picture: a data file and a script for gnuplot, which stay for the user to change.
#pragma once

#include "report/gnuplot_script.h"
#include "report/source.h"

#include <string>
#include <vector>

namespace gemmtune::report {

/// `picture_file` and `data_file`: names in the folder that the script runs in. The script draws into the
/// variable `picture` instead where that is set, and to stdout where that is empty. Throws UserError when no
/// point has a roof.
Plot roofline_plot(const std::vector<Source>& sources, Picture picture, const std::string& picture_file,
                   const std::string& data_file);

}  // namespace gemmtune::report
