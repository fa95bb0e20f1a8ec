// Tables as plain HTML: no script, no network.
#pragma once

#include "report/grid.h"

#include <string>

namespace gemmtune::report {

/// `text` as the text of an element.
std::string escape_html(const std::string& text);

std::string html_table(const Grid& grid);

/// A whole page; `body` is markup.
std::string html_page(const std::string& title, const std::string& body);

}  // namespace gemmtune::report
