// Tables of their own beside that of the winners, each with a legend: two ways of computing the same thing
// set side by side, or what is to be known of the winners beside their times. One entry of views() each.
#pragma once

#include "report/grid.h"
#include "report/report.h"
#include "report/screen.h"

#include <span>
#include <string>
#include <string_view>

namespace gemmtune::report {

struct View {
  const char* name;  ///< what --view takes
  const char* title;
  const char* legend;
  const char* hint;  ///< how to come by the rows that there are none of
  /// For files every digit and the whole configuration.
  Grid (*grid)(const Report& report, bool for_files);
  /// A sentence below the table; empty: none.
  std::string (*summary)(const Report& report);
};

std::span<const View> views();

/// Throws UserError for a name that no view has.
const View& find_view(std::string_view name);

/// Title, table, summary and legend as text for people, or as Markdown; the hint where there is no row.
std::string view_text(const View& view, const Report& report, bool as_markdown, const Screen& screen = {});

}  // namespace gemmtune::report
