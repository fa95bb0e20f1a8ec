// Rows as the result of a command.
#pragma once

#include "cli/output.h"
#include "core/row.h"
#include "report/grid.h"

#include <optional>
#include <string>
#include <vector>

namespace gemmtune::cli {

/// For programs (csv, json, jsonl) the rows with every field; for people (table, md) the grid made of them,
/// under a notice where the rows are simulated.
std::string render_rows(const std::vector<Row>& rows, const report::Grid& for_people,
                        const OutputOptions& output);

/// Where `output` asks for JSON Lines or CSV, these of all rows, which must outlive the call; else empty.
std::optional<Pieces> rows_in_pieces(const std::vector<Row>& rows, const OutputOptions& output);

/// How a cell stands out that names an Invalidity.
report::Tone outcome_tone(const report::Cell& cell);

/// What was not measured is an empty cell.
report::Cell cell(const std::optional<double>& value);

}  // namespace gemmtune::cli
