#include "report/page_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace gemmtune::report {

namespace {

/// The pairs of values of one problem for which a row was met. No heat map is drawn of more values than
/// these, and a journal of others' making may have millions.
class MetPairs {
 public:
  /// Whether `config` has a pair of values that none before it had.
  bool add(const Config& config) {
    std::vector<std::uint32_t> values;
    for (const auto& [parameter, value] : config)
      if (const auto number = number_of(parameter, value)) values.push_back(*number);
    bool is_new = false;
    for (std::size_t a = 0; a < values.size(); ++a)
      for (std::size_t b = a + 1; b < values.size(); ++b)
        is_new |= met_.insert(values[a] * kMostParameters * kMostValues + values[b]).second;
    return is_new;
  }

 private:
  static constexpr std::uint32_t kMostParameters = 32, kMostValues = 64;

  std::optional<std::uint32_t> number_of(const std::string& parameter, std::int64_t value) {
    auto known = values_.find(parameter);
    if (known == values_.end()) {
      if (values_.size() == kMostParameters) return std::nullopt;
      known = values_.try_emplace(parameter).first;
      known->second.parameter = static_cast<std::uint32_t>(values_.size() - 1);
    }
    auto& [number, numbers] = known->second;
    const auto found = numbers.find(value);
    if (found == numbers.end() && numbers.size() == kMostValues) return std::nullopt;
    const auto next = static_cast<std::uint32_t>(numbers.size());
    return number * kMostValues +
           (found != numbers.end() ? found->second : numbers.emplace(value, next).first->second);
  }

  struct Values {
    std::uint32_t parameter = 0;
    std::map<std::int64_t, std::uint32_t> numbers;
  };
  std::map<std::string, Values> values_;
  std::unordered_set<std::uint32_t> met_;
};

bool may_be_in_a_cell(const Row& row) {
  return row.provider == provider::kGemmtune && row.stage == Stage::screen && row.time_us.has_value();
}

/// Why a page holds a row, the most pressing first.
enum class Reason : std::uint8_t { finalist, picture, room };

struct Ranked {
  const Row* row;
  std::uint32_t problem;  ///< its number
  std::uint32_t rank;     ///< among the rows of this problem that are there for the same reason, by time
  Reason reason;
};

/// The rows of each problem behind each other, the fastest first.
std::vector<Ranked> by_problem(const std::vector<Row>& rows) {
  std::unordered_map<std::string, std::uint32_t> numbers;
  std::vector<Ranked> all;
  all.reserve(rows.size());
  for (const Row& row : rows) {
    const auto number = static_cast<std::uint32_t>(numbers.size());
    all.push_back({&row, numbers.emplace(problem_id(row.problem), number).first->second, 0, Reason::room});
  }
  std::ranges::stable_sort(all, {}, [](const Ranked& each) {
    return std::pair(each.problem, each.row->time_us.value_or(INFINITY));
  });
  return all;
}

/// Of one problem, the fastest first. The pairs of all problems at once would take more than the rows.
void rank(std::span<Ranked> rows) {
  MetPairs met;
  std::array<std::uint32_t, 3> counts = {};
  for (Ranked& each : rows) {
    if (each.row->stage == Stage::final || each.row->stage == Stage::sustained)
      each.reason = Reason::finalist;
    else if (may_be_in_a_cell(*each.row) && met.add(each.row->config))
      each.reason = Reason::picture;
    each.rank = counts[static_cast<std::size_t>(each.reason)]++;
  }
}

}  // namespace

std::vector<const Row*> page_rows(const Journal& journal, const PageLimits& limits) {
  std::vector<const Row*> shown;
  if (journal.rows.size() <= limits.rows) {
    for (const Row& row : journal.rows) shown.push_back(&row);
    return shown;
  }
  std::vector<Ranked> all = by_problem(journal.rows);
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    while (end < all.size() && all[end].problem == all[begin].problem) ++end;
    rank({&all[begin], end - begin});
  }
  std::ranges::stable_sort(all, {}, [](const Ranked& each) { return std::pair(each.reason, each.rank); });
  const auto needed = static_cast<std::size_t>(
      std::ranges::count_if(all, [](const Ranked& each) { return each.reason != Reason::room; }));
  all.resize(std::max(limits.rows, std::min(needed, limits.picture_rows)));
  for (const Ranked& each : all) shown.push_back(each.row);
  return shown;
}

}  // namespace gemmtune::report
