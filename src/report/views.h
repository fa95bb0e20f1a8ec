// Views that set two ways of computing the same thing side by side: what is gained, and what it costs in
// accuracy. One entry of views() each.
#pragma once

#include "report/grid.h"
#include "report/report.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gemmtune::report {

/// The way that is looked at, and what it stands in for.
using Pair = std::pair<const Point*, const Point*>;

struct View {
  const char* name;  ///< what --view takes
  const char* title;
  const char* first;
  const char* second;
  const char* legend;
  std::vector<Pair> (*pairs)(const Report& report);
};

std::span<const View> views();

/// Throws UserError for a name that no view has.
const View& find_view(std::string_view name);

/// Times, speed-up and errors of each pair. For files every digit and the whole configuration.
Grid view_grid(const View& view, const Report& report, bool for_files);

/// Title, table, mean and legend as text for people, or as Markdown.
std::string view_text(const View& view, const Report& report, bool as_markdown);

}  // namespace gemmtune::report
