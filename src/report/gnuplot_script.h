// What all scripts for gnuplot have in common: a frame with logarithmic axes, the key below it, and names
// that gnuplot takes for nothing but names.
#pragma once

#include <string>
#include <vector>

namespace gemmtune::report {

/// A data file and a script, which stay for the user to change.
struct Plot {
  std::string data;
  std::string script;
};

enum class Picture { svg, png };

/// Single quotes: gnuplot runs what stands between backticks in double ones.
std::string in_single_quotes(const std::string& text);

struct PlotFrame {
  std::string title, x_label, y_label;
  std::string x_range, y_range;  ///< as gnuplot reads them: `[1:100]`
  std::string more;              ///< lines of the script before the plot
};

/// `items`: what is plotted, in gnuplot's words, `data` for the data file. The script draws into the variable
/// `picture` instead of the file where that is set, and to stdout where that is empty.
std::string plot_script(const PlotFrame& frame, const std::vector<std::string>& items, Picture picture,
                        const std::string& picture_file, const std::string& data_file);

}  // namespace gemmtune::report
