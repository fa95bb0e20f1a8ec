// The report as one HTML file that needs nothing else: charts, filters, tables. Its parts are in report/html/
// and travel inside the program, Chart.js among them.
#pragma once

#include "report/source.h"

#include <string>
#include <vector>

namespace gemmtune::report {

std::string html(const std::vector<Source>& sources);

}  // namespace gemmtune::report
