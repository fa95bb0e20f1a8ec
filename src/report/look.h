// Colours and marks of providers and folders: the same in every picture.
#pragma once

#include <cstddef>
#include <string>

namespace gemmtune::report {

struct Look {
  const char* colour;
  const char* mark;  ///< as Chart.js calls it
  int gnuplot_mark;
};

/// Where one folder is shown. Of several the colour tells these apart, and the mark of a library stays.
Look look_of_provider(const std::string& provider);

/// Of our kernels where several folders are shown.
Look look_of_folder(std::size_t index);

/// Of the lines of a picture that has neither providers nor folders.
Look look_of_line(std::size_t index);

}  // namespace gemmtune::report
