// The report and the rows for programs: JSON, JSON Lines, CSV.
#pragma once

#include "core/row.h"
#include "report/grid.h"
#include "report/report.h"
#include "util/sink.h"

#include <string>
#include <vector>

namespace gemmtune::report {

/// gemmtune.report/1: winners with every column, ratios, failures, wall time; indented.
std::string json(const Report& report);

/// One object a line: rows as the journal has them. Of many rows the text is larger than the rows.
void json_lines(const std::vector<Row>& rows, const Sink& sink);
std::string json_lines(const std::vector<Row>& rows);
std::string json_lines(const Grid& grid);

/// A list of one object a row; indented.
std::string json(const Grid& grid);

/// RFC 4180 with one header line. Of rows: the journal's fields, the problem's members as columns of their
/// own, lists joined by blanks.
void csv(const std::vector<Row>& rows, const Sink& sink);
std::string csv(const std::vector<Row>& rows);
std::string csv(const Grid& grid);

}  // namespace gemmtune::report
