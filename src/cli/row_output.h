// Rows as the result of a command.
#pragma once

#include "core/row.h"
#include "report/grid.h"

#include <string>
#include <vector>

namespace gemmtune::cli {

/// For programs (csv, json, jsonl) the rows with every field; for people (table, md) the grid made of them,
/// under a notice where the rows are simulated.
std::string render_rows(const std::vector<Row>& rows, const report::Grid& for_people,
                        const std::string& format);

/// What was not measured is an empty cell.
report::Cell cell(const std::optional<double>& value);

}  // namespace gemmtune::cli
