// The columns of the results: one list for the terminal, Markdown, CSV and JSON.
#pragma once

#include "core/row.h"
#include "report/grid.h"
#include "report/report.h"

namespace gemmtune::report {

/// Where a grid will be shown. People get ratios and a short form, and no column in which nothing varies.
enum class Audience {
  terminal,       ///< for 80 characters, after what is left out there (terminal.cpp)
  wide_terminal,  ///< what it and Markdown have
  page,           ///< Markdown
  files,          ///< every column
};

Grid winners_grid(const Report& report, Audience audience);
/// Empty for people where no other time is known.
Grid ratios_grid(const Report& report, Audience audience);

}  // namespace gemmtune::report
