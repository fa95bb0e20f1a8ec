// The fields of rows as typed columns, for formats that hold a column as a whole.
#pragma once

#include "core/row.h"

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace gemmtune::exports {

/// std::monostate: the row has none, as where JSON has null or lacks the member.
using RowValue = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string,
                              std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>>;

struct RowColumn {
  std::string name;  ///< as in JSON, members of members with a dot between: problem.m, config.stages
  RowValue empty;    ///< of the type that all values of the column have which are there
  std::function<RowValue(const Row&)> value;
};

/// All fields of core/fields_of_row.h in its order, those of problems and counters spelled out whether a row
/// has them or not, and each parameter that one of the configurations has.
std::vector<RowColumn> columns_of(const std::vector<Row>& rows);

}  // namespace gemmtune::exports
