#include "export/row_columns.h"

#include "core/fields_of_problem.h"
#include "core/fields_of_row.h"
#include "core/names.h"

#include <optional>
#include <set>
#include <type_traits>
#include <utility>

namespace gemmtune::exports {

namespace {

// What stands for a member of a row, by its type.

template <typename T>
RowValue value_of(const T& member) {
  if constexpr (std::is_enum_v<T>)
    return std::string(to_string(member));
  else if constexpr (std::is_same_v<T, int>)
    return std::int64_t{member};
  else
    return member;
}

template <typename T>
RowValue value_of(const std::optional<T>& member) {
  return member ? value_of(*member) : RowValue();
}

RowValue value_of(const Boxed<std::string>& member) {
  return member ? RowValue(*member) : RowValue();
}

/// Of the type that a member has where it is there.
template <typename T>
RowValue empty_of(const T& member) {
  return value_of(member);
}

template <typename T>
RowValue empty_of(const std::optional<T>&) {
  return value_of(T{});
}

RowValue empty_of(const Boxed<std::string>&) {
  return std::string();
}

RowValue from(FieldValue value) {
  return std::visit([](auto&& held) { return RowValue(std::move(held)); }, std::move(value));
}

class Columns {
 public:
  explicit Columns(const std::vector<Row>& rows) : rows_(rows) {}

  std::vector<RowColumn> take() {
    for (const RowField& field : kRowFields)
      std::visit([&](auto member) { add(field.key, member); }, field.member);
    return std::move(columns_);
  }

 private:
  template <typename T>
  void add(const std::string& key, T Row::*member) {
    columns_.push_back({key, empty_of(T{}), [member](const Row& row) { return value_of(row.*member); }});
  }

  void add(const std::string& key, RowField::Derived derived) {
    columns_.push_back({key, std::string(), [derived](const Row& row) { return RowValue(derived(row)); }});
  }

  void add(const std::string& key, Problem Row::*member) {
    for (const ProblemField& field : kProblemFields)
      columns_.push_back({key + "." + field.key, from(gemmtune::value_of(Problem(), field)),
                          [member, &field](const Row& row) {
                            const Problem& problem = row.*member;
                            return left_out_of_files(problem, field)
                                       ? RowValue()
                                       : from(gemmtune::value_of(problem, field));
                          }});
  }

  void add(const std::string& key, Config Row::*member) {
    std::set<std::string> names;
    for (const Row& row : rows_)
      for (const auto& [name, value] : row.*member) names.insert(name);
    for (const std::string& name : names)
      columns_.push_back({key + "." + name, std::int64_t{}, [member, name](const Row& row) {
                            const Config& config = row.*member;
                            const auto found = config.find(name);
                            return found == config.end() ? RowValue() : RowValue((*found).second);
                          }});
  }

  void add(const std::string& key, Boxed<Counters> Row::*member) {
    for (const CounterField& field : kCounterFields)
      columns_.push_back({key + "." + field.key, double{}, [member, &field](const Row& row) {
                            const Boxed<Counters>& counters = row.*member;
                            return counters ? value_of((*counters).*field.value) : RowValue();
                          }});
  }

  const std::vector<Row>& rows_;
  std::vector<RowColumn> columns_;
};

}  // namespace

std::vector<RowColumn> columns_of(const std::vector<Row>& rows) {
  return Columns(rows).take();
}

}  // namespace gemmtune::exports
