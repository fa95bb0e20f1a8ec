#include "export/row_columns.h"

#include "core/serialise.h"
#include "fixtures/exported.h"

#include <gtest/gtest.h>

#include <set>
#include <type_traits>

namespace gemmtune::exports {
namespace {

using namespace fixtures;

/// Members of members with a dot between, as the columns are called; null is left out.
void flatten(const Json& json, const std::string& path, std::map<std::string, Json>& into) {
  for (const auto& [key, value] : json.get_ref<const Json::object_t&>()) {
    if (value.is_object())
      flatten(value, path + key + ".", into);
    else if (!value.is_null())
      into[path + key] = value;
  }
}

std::map<std::string, Json> members_of(const Row& row) {
  std::map<std::string, Json> members;
  flatten(to_json(row), "", members);
  members.erase("record");
  return members;
}

std::map<std::string, Json> cells_of(const Row& row, const std::vector<RowColumn>& columns) {
  std::map<std::string, Json> cells;
  for (const RowColumn& column : columns)
    std::visit(
        [&]<typename T>(const T& value) {
          if constexpr (!std::is_same_v<T, std::monostate>) cells[column.name] = value;
        },
        column.value(row));
  return cells;
}

/// One with every member that may be missing, one with groups, libraries, failures.
std::vector<Row> rows() {
  std::vector<Row> rows = rows_source().journal.rows;
  Row& full = rows.front();
  full.code_hash = Boxed<std::string>("0123456789abcdef");
  full.library_kernels = Boxed<std::string>("one + \"two\"");
  Counters counters;
  counters.l2_bytes = 3.5;
  full.counters = counters;
  full.registers = 168;
  full.smem_bytes = std::int64_t{1} << 40;
  full.throttle = 4;
  full.energy_j = 0.1;
  full.seed = ~std::uint64_t{0};
  full.warnings = {"spills", "unstable"};
  full.problem.accumulate = true;
  full.problem.b_pitch = 8192;
  Row& groups = rows[1];
  groups.problem.kernel = "grouped_masked_1d2d";
  groups.problem.group_sizes = {5, 0, 70};
  groups.problem.groups = 3;
  groups.problem.max_m = 128;
  groups.draws_us = {1.25, 1.5};
  return rows;
}

TEST(RowColumns, hold_what_json_holds) {
  const std::vector<Row> all = rows();
  const std::vector<RowColumn> columns = columns_of(all);
  for (const Row& row : all) EXPECT_EQ(cells_of(row, columns), members_of(row));
}

TEST(RowColumns, are_there_whether_a_row_has_them_or_not_and_each_once) {
  std::set<std::string> names;
  for (const RowColumn& column : columns_of({Row()}))
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
  for (const char* name : {"problem.groups", "counters.l2_bytes", "library_kernels", "draws_us"})
    EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_FALSE(names.contains("config.block_m"));
}

TEST(RowColumns, have_one_type_each) {
  const std::vector<Row> all = rows();
  for (const RowColumn& column : columns_of(all)) {
    EXPECT_FALSE(std::holds_alternative<std::monostate>(column.empty)) << column.name;
    for (const Row& row : all) {
      const RowValue value = column.value(row);
      if (!std::holds_alternative<std::monostate>(value)) {
        EXPECT_EQ(value.index(), column.empty.index()) << column.name;
      }
    }
  }
}

}  // namespace
}  // namespace gemmtune::exports
