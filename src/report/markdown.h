// The report as Markdown: report.md of a sweep, and the result block of a README.
#pragma once

#include "report/grid.h"
#include "report/report.h"

#include <string>
#include <string_view>

namespace gemmtune::report {

std::string markdown(const Report& report);

/// Winners, ratios, provenance and legend, without headings: what goes between the markers of a README.
std::string markdown_block(const Report& report);

std::string markdown_table(const Grid& grid);

/// Text from files as plain text: no table cell, tag, emphasis, heading, formula or mention begins
/// in it.
std::string escape_markdown(std::string_view text);

/// `text` with `block` in the place of what is between `<!-- results:NAME -->` and `<!-- /results -->`.
/// Throws UserError (naming `file`) when the markers are missing.
std::string replace_results(const std::string& text, const std::string& name, const std::string& block,
                            const std::string& file);

}  // namespace gemmtune::report
