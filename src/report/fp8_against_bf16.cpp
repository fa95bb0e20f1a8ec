#include "report/fp8_against_bf16.h"

#include "accuracy/assess.h"
#include "operation/operation.h"
#include "report/problem_columns.h"
#include "stats/summary.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace gemmtune::report {

namespace {

/// The same product but for the operands.
auto size_of(const Problem& p) {
  return std::tuple(p.m, p.n, p.k, p.out, p.accumulate);
}

/// Our winner with FP8 operands, cuBLAS in BF16 beside it, and the fastest winner with BF16 operands if the
/// folder has one.
struct Pair {
  const Point* fp8;
  const Point* library;
  const Point* tuned = nullptr;

  double bf16_us() const {
    return tuned == nullptr ? library->time_us : std::min(library->time_us, tuned->time_us);
  }
  double speedup() const { return bf16_us() / fp8->time_us; }
};

void keep_faster(const Point*& kept, const Point& point) {
  if (kept == nullptr || point.time_us < kept->time_us) kept = &point;
}

std::vector<Pair> pairs_of(const Report& report) {
  std::map<std::string, const Point*> fp8;
  std::map<decltype(size_of(Problem{})), const Point*> tuned;
  std::vector<Pair> pairs;
  for (const Point& point : report.points) {
    const std::string id = problem_id(point.problem);
    if (point.provider == provider::kGemmtune && !operation::multiplies_fp8(point.problem))
      keep_faster(tuned[size_of(point.problem)], point);
    else if (point.provider == provider::kGemmtune)
      fp8[id] = &point;
    if (point.provider != provider::kCublasBf16) continue;
    if (const auto first = fp8.find(id); first != fp8.end()) pairs.push_back({first->second, &point});
  }
  for (Pair& pair : pairs)
    if (const auto found = tuned.find(size_of(pair.fp8->problem)); found != tuned.end())
      pair.tuned = found->second;
  return pairs;
}

/// RMS(D - P) / RMS(P), P the FP64 product of normal data before it was quantised, D as the recipe computes
/// it and rounded to its type. A sample small enough for a report: a twentieth to and fro.
class Errors {
 public:
  /// Of a kernel's own recipe, and of BF16 with the same output. Empty where its recipe is not known here,
  /// the data is not normal, or other sizes took enough time already.
  std::array<Cell, 2> of(const Problem& problem) {
    const auto recipe = accuracy::recipe_of(problem);
    if (!recipe || problem.data != DataKind::normal) return {};
    const Key key(problem.kernel, problem.recipe, problem.out, problem.k);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    if (problem.k < 1 || problem.k > budget_) return {};
    budget_ -= problem.k;
    const accuracy::Recipe bf16 = accuracy::parse_recipe("bf16", problem.out);
    const accuracy::Options options{.sample = kRows};
    const auto a = make_matrix({}, accuracy::Factor::a, kBlock, problem.k, options.seed);
    const auto b = make_matrix({}, accuracy::Factor::b, kBlock, problem.k, options.seed);
    const auto found = assess(*a, *b, std::array{*recipe, bf16}, options);
    return known_[key] = {percent(found[0]), percent(found[1])};
  }

 private:
  static constexpr std::int64_t kRows = 32, kBlock = 128;
  using Key = std::tuple<std::string, Recipe, OutputType, std::int64_t>;

  static Cell percent(const accuracy::Assessment& assessment) {
    const std::optional<double>& error = assessment.total.relative_rms;
    return error ? Cell(100 * *error) : Cell();
  }

  std::map<Key, std::array<Cell, 2>> known_;
  std::int64_t budget_ = 1 << 17;  ///< of K, a few seconds: files may have thousands
};

}  // namespace

Grid fp8_against_bf16(const Report& report, bool for_files) {
  const std::vector<Pair> pairs = pairs_of(report);
  Distinctions apart = distinctions(pairs, [](const Pair& pair) { return pair.fp8->problem; });
  const bool kernels = std::exchange(apart.kernel, false) || for_files;  // under a heading of its own
  const bool tuned = for_files || std::ranges::any_of(pairs, [](const Pair& pair) { return pair.tuned; });
  Grid grid;
  grid.columns = problem_columns(apart);
  if (kernels) grid.columns.push_back({"kernel", "FP8 kernel"});
  grid.columns = joined(grid.columns, {{"first_us", "FP8 µs", 2}, {"second_us", "cuBLAS BF16 µs", 2}});
  if (tuned) grid.columns.push_back({"tuned_us", "our BF16 µs", 2});
  grid.columns = joined(grid.columns, {{"speedup", "speed-up", 2},
                                       {"first_error_percent", "FP8 error %", 2},
                                       {"second_error_percent", "BF16 error %", 2}});
  Errors errors;
  if (for_files) grid.columns.push_back({"config", "configuration"});
  for (const Pair& pair : pairs) {
    std::vector<Cell> row = problem_cells(pair.fp8->problem, apart);
    if (kernels) row.emplace_back(pair.fp8->problem.kernel);
    row = joined(row, {pair.fp8->time_us, pair.library->time_us});
    if (tuned && pair.tuned != nullptr) row.emplace_back(pair.tuned->time_us);
    if (tuned && pair.tuned == nullptr) row.emplace_back();
    row.emplace_back(pair.speedup());
    for (const Cell& error : errors.of(pair.fp8->problem)) row.push_back(error);
    if (for_files) row.push_back(pair.fp8->config);
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::string fp8_against_bf16_summary(const Report& report) {
  std::vector<double> ratios;
  for (const Pair& pair : pairs_of(report)) ratios.push_back(pair.speedup());
  return "geometric mean of the speed-up over " + std::to_string(ratios.size()) +
         (ratios.size() == 1 ? " problem: " : " problems: ") + fixed(stats::geomean(ratios), 2);
}

}  // namespace gemmtune::report
