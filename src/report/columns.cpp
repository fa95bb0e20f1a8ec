#include "report/columns.h"

#include "core/fields_of_problem.h"
#include "core/groups.h"
#include "report/problem_columns.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gemmtune::report {

namespace {

template <typename Item>
struct Field {
  Column column;
  std::function<Cell(const Item&)> get;
};

/// Who sees a field of a winner.
enum Seen : unsigned {
  kFiles = 1,
  kPage = 2,
  kTerminal = 4,
  kTerminalWithPeers = 8,  ///< where two more columns must fit
  kAnyTerminal = kTerminal | kTerminalWithPeers,
  kPeers = 16,    ///< only with a peers' file
  kVaries = 32,   ///< people see it only when it is not the same in every row
  kKnown = 64,    ///< people see it only when some row has it
  kHeld = 128,    ///< nobody sees it where no row has it, files neither
  kGroups = 256,  ///< nobody sees it where no problem has groups
  kEverywhere = kFiles | kPage | kAnyTerminal,
};

struct WinnerField {
  Field<Winner> field;
  unsigned seen;
};

template <typename T>
Cell cell(const std::optional<T>& value) {
  return value ? Cell(*value) : Cell();
}

template <typename Enum>
Cell name_of(Enum value) {
  return std::string(to_string(value));
}

Cell ratio(const Winner& winner, const std::optional<double>& their_time_us) {
  return their_time_us ? Cell(*their_time_us / winner.entry.time_us) : Cell();
}

/// Of a map by provider: Winner::carried_us, Ratios::carried and the counts.
template <typename Value>
Cell of_provider(const std::map<std::string, Value>& values, const std::string& provider) {
  const auto found = values.find(provider);
  return found == values.end() ? Cell() : Cell(found->second);
}

Cell carried_ratio(const Winner& winner, const std::string& provider) {
  const auto found = winner.carried_us.find(provider);
  return found == winner.carried_us.end() ? Cell() : ratio(winner, found->second);
}

/// Ahead or behind, as the digits that are shown say.
Tone ratio_tone(const Cell& cell) {
  const double* ratio = std::get_if<double>(&cell);
  if (ratio == nullptr) return Tone::plain;
  const long percent = std::lround(100 * *ratio);
  return percent > 100 ? Tone::good : percent < 100 ? Tone::bad : Tone::plain;
}

const Problem& problem(const Winner& w) {
  return w.entry.problem;
}

const Baselines& baselines(const Winner& w) {
  return w.entry.baselines;
}

/// Of the operands with gaps between their rows: `A 8192 D 4096`.
Cell pitches(const Winner& w) {
  std::string text;
  for (const auto& [name, pitch] : {std::pair{"A ", problem(w).a_pitch}, std::pair{"B ", problem(w).b_pitch},
                                    std::pair{"D ", problem(w).d_pitch}})
    if (pitch != 0) text += (text.empty() ? "" : " ") + std::string(name) + std::to_string(pitch);
  return text;
}

/// Half the interval, in percent of the median.
Cell spread_percent(const Winner& w) {
  return 50 * (w.entry.time_us_high - w.entry.time_us_low) / w.entry.time_us;
}

/// Of the winner back to back.
std::function<Cell(const Winner&)> sustained(double SustainedWinner::*figure) {
  return
      [figure](const Winner& w) { return w.entry.sustained ? Cell((*w.entry.sustained).*figure) : Cell(); };
}

/// Work of a joule, in 10^12 operations.
Cell tflop_per_j(const Winner& w) {
  if (!w.entry.energy_j || !w.entry.tflops) return {};
  return *w.entry.tflops * w.entry.time_us * 1e-6 / *w.entry.energy_j;
}

Cell cell(const FieldValue& value) {
  return std::visit(Overloaded{[](bool truth) -> Cell { return std::int64_t{truth}; },
                               [](const std::vector<std::int64_t>& list) -> Cell { return text_of(list); },
                               [](const auto& other) -> Cell { return other; }},
                    value);
}

WinnerField of_problem(const ProblemField& field, Column column, unsigned seen) {
  return {{std::move(column), [&field](const Winner& w) { return cell(value_of(problem(w), field)); }}, seen};
}

/// Nothing where the problem has no groups, or nothing is said of it.
WinnerField of_groups(const ProblemField& field, Column column, unsigned seen) {
  return {{std::move(column),
           [&field](const Winner& w) {
             return is_default(problem(w), field) ? Cell() : cell(value_of(problem(w), field));
           }},
          seen | kGroups};
}

/// How the sizes of groups come about: `zipf:1.2, 25 % empty`.
Cell distribution(const Winner& w) {
  const Problem& p = problem(w);
  if (!is_grouped(p)) return {};
  std::string text = !p.group_sizes.empty() ? "exact" : p.routing;
  if (text.empty()) text = p.spread == 0 ? "even" : "±" + fixed(100 * p.spread, 0) + " %";
  return p.empty == 0 ? text : text + ", " + fixed(100 * p.empty, 0) + " % empty";
}

Cell rows_a_group(const Winner& w) {
  const Problem& p = problem(w);
  return shares_out_rows(p) ? Cell(useful_rows(p) / static_cast<double>(p.groups)) : Cell();
}

/// Of the rows that A and D have room for.
Cell padded_percent(const Winner& w) {
  const Problem& p = problem(w);
  if (!shares_out_rows(p)) return {};
  const GroupFigures& figures = figures_of_groups(p);
  return 100 * figures.padding / (figures.useful + figures.padding);
}

/// Every field for files; for people how many groups, of what sizes, and what padding costs.
std::vector<WinnerField> group_fields() {
  std::vector<WinnerField> fields;
  for (const ProblemField& field : kProblemFields) {
    const std::string_view key = field.key;
    if ((field.is & ProblemField::kGroups) == 0) continue;
    const bool people = key == "groups" || key == "alignment" || key == "layout" || key == "max_m";
    fields.push_back(of_groups(field, {key == "seed" ? "group_seed" : field.key, field.key},
                               key == "groups" ? kEverywhere
                               : people        ? kEverywhere | kVaries
                                               : kFiles));
  }
  fields.push_back({{{"rows_a_group", "rows a group", 1}, rows_a_group}, kEverywhere | kGroups});
  fields.push_back({{{"group_distribution", "sizes"}, distribution}, kEverywhere | kGroups | kVaries});
  fields.push_back({{{"padded_percent", "padding %", 0}, padded_percent}, kEverywhere | kGroups});
  return fields;
}

/// Those of which people see something else than their key; all others come behind, seen where they vary.
std::vector<WinnerField> problem_fields() {
  struct Shown {
    Column column;
    unsigned seen;
  };
  const std::vector<Shown> shown = {
      {{"kernel", "kernel"}, kEverywhere | kVaries},
      {{"name", "layer"}, kFiles | kPage | kVaries},
      {{"m", "M"}, kEverywhere},
      {{"n", "N"}, kEverywhere},
      {{"k", "K"}, kEverywhere},
      {{"out", "out"}, kEverywhere | kVaries},
      {{"accumulate", "acc"}, kEverywhere | kVaries},
      {{"recipe", "scales"}, kEverywhere | kVaries},
      {{"data", "data"}, kEverywhere | kVaries},
      {{"a_pitch", ""}, kFiles},
      {{"b_pitch", ""}, kFiles},
      {{"d_pitch", ""}, kFiles},
      {{"weight", "weight", 1}, kFiles},
  };
  std::vector<WinnerField> fields;
  for (const auto& [column, seen] : shown)
    fields.push_back(of_problem(field_named(column.name), column, seen));
  for (const ProblemField& field : kProblemFields)
    if ((field.is & ProblemField::kGroups) == 0 &&
        std::ranges::none_of(shown, [&](const Shown& one) { return one.column.name == field.key; }))
      fields.push_back(of_problem(field, {field.key, field.key}, kEverywhere | kVaries));
  const auto m = std::ranges::find(fields, "m", [](const WinnerField& f) { return f.field.column.name; });
  fields.insert(
      m, {{{"from_m", "from M"}, [](const Winner& w) { return cell(w.entry.from_m); }}, kEverywhere | kHeld});
  return joined(fields, group_fields());
}

std::vector<WinnerField> further_fields() {
  using W = const Winner&;
  return {
      {{{"pitches", "row pitch"}, pitches}, kPage | kAnyTerminal | kVaries},
      {{{"config", "configuration"}, [](W w) -> Cell { return w.entry.config; }}, kEverywhere},
      {{{"config_id", "id"}, [](W w) -> Cell { return config_id(w.entry.config); }}, kFiles},
      {{{"kernel_hash", "cubin"}, [](W w) -> Cell { return w.entry.kernel_hash; }}, kFiles},
      {{{"stage", "stage"}, [](W w) { return name_of(w.entry.stage); }}, kEverywhere | kVaries},
      {{{"time_us", "µs", 2}, [](W w) -> Cell { return w.entry.time_us; }}, kEverywhere},
      {{{"time_us_low", "low", 2}, [](W w) -> Cell { return w.entry.time_us_low; }}, kFiles},
      {{{"time_us_high", "high", 2}, [](W w) -> Cell { return w.entry.time_us_high; }}, kFiles},
      {{{"spread_percent", "±%", 1}, spread_percent}, kPage | kAnyTerminal},
      {{{"tflops", "TFLOPS", 0}, [](W w) { return cell(w.entry.tflops); }}, kEverywhere},
      {{{"gbps", "GB/s", 0}, [](W w) { return cell(w.entry.gbps); }}, kEverywhere},
      {{{"energy_j", "J", 6}, [](W w) { return cell(w.entry.energy_j); }}, kFiles},
      {{{"sustained_config", "back to back"},
        [](W w) { return wins_in_bursts_alone(w.entry) ? Cell(w.entry.sustained->config) : Cell(); }},
       kEverywhere | kHeld},
      {{{"sustained_us", "sustained µs", 2}, sustained(&SustainedWinner::time_us)}, kEverywhere | kHeld},
      {{{"sustained_policy", ""},
        [](W w) { return w.entry.sustained ? Cell(w.entry.sustained->policy) : Cell(); }},
       kFiles | kHeld},
      {{{"sustained_us_low", "low", 2}, sustained(&SustainedWinner::time_us_low)}, kFiles | kHeld},
      {{{"sustained_us_high", "high", 2}, sustained(&SustainedWinner::time_us_high)}, kFiles | kHeld},
      {{{"sustained_over_burst", "blocks' ratio", 3}, sustained(&SustainedWinner::over_burst)},
       kFiles | kPage | kTerminal | kHeld},
      {{{"sustained_over_burst_low", "", 3}, sustained(&SustainedWinner::over_burst_low)}, kFiles | kHeld},
      {{{"sustained_over_burst_high", "", 3}, sustained(&SustainedWinner::over_burst_high)}, kFiles | kHeld},
      {{{"sustained_energy_j", "sustained J", 4},
        [](W w) { return w.entry.sustained ? cell(w.entry.sustained->energy_j) : Cell(); }},
       kFiles | kPage | kHeld},
      {{{"tflop_per_j", "TFLOP/J", 2}, tflop_per_j}, kFiles | kPage | kVaries},
      {{{"percent_of_roof", "roof %", 0},
        [](W w) { return w.placement ? Cell(w.placement->percent()) : Cell(); }},
       kEverywhere | kKnown},
      {{{"roof", "roof"}, [](W w) { return w.placement ? Cell(w.placement->bound) : Cell(); }}, kFiles},
      {{{"error_rms", "error", 7}, [](W w) { return cell(w.entry.error_rms); }}, kFiles},
      {{{"error_max", "error max", 7}, [](W w) { return cell(w.entry.error_max); }}, kFiles},
      {{{"cublaslt_block_us", "block µs", 2}, [](W w) { return cell(baselines(w).cublaslt_block_us); }},
       kFiles},
      {{{"cublaslt_block_first_us", "first µs", 2},
        [](W w) { return cell(baselines(w).cublaslt_block_first_us); }},
       kFiles},
      {{{"cublaslt_tensor_us", "tensor µs", 2}, [](W w) { return cell(baselines(w).cublaslt_tensor_us); }},
       kFiles},
      {{{"cublas_bf16_us", "BF16 µs", 2}, [](W w) { return cell(baselines(w).cublas_bf16_us); }}, kFiles},
      {{{"deepgemm_carried_us", "DeepGEMM (carried) µs", 2},
        [](W w) { return of_provider(w.carried_us, peer::kDeepGemm); }},
       kFiles | kPage | kPeers | kKnown},
      {{{"torch_carried_us", "torch (carried) µs", 2},
        [](W w) { return of_provider(w.carried_us, peer::kTorch); }},
       kFiles | kPage | kHeld},
      {{{"triton_carried_us", "Triton (carried) µs", 2},
        [](W w) { return of_provider(w.carried_us, peer::kTriton); }},
       kFiles | kPage | kHeld},
      {{{"vs_cublaslt_block", "block", 2, ratio_tone},
        [](W w) { return ratio(w, baselines(w).cublaslt_block_us); }},
       kEverywhere | kKnown},
      {{{"vs_cublaslt_tensor", "tensor", 2, ratio_tone},
        [](W w) { return ratio(w, baselines(w).cublaslt_tensor_us); }},
       kFiles | kPage | kTerminal | kKnown},
      {{{"vs_cublas_bf16", "BF16", 2, ratio_tone}, [](W w) { return ratio(w, baselines(w).cublas_bf16_us); }},
       kFiles | kPage | kTerminal | kKnown},
      {{{"vs_deepgemm_carried", "DeepGEMM", 2, ratio_tone},
        [](W w) { return carried_ratio(w, peer::kDeepGemm); }},
       kFiles | kTerminalWithPeers | kPeers | kKnown},
      {{{"vs_torch_carried", "torch", 2, ratio_tone}, [](W w) { return carried_ratio(w, peer::kTorch); }},
       kEverywhere | kHeld},
      {{{"vs_triton_carried", "Triton", 2, ratio_tone}, [](W w) { return carried_ratio(w, peer::kTriton); }},
       kEverywhere | kHeld},
      {{{"vs_best_peer", "best peer", 2, ratio_tone}, [](W w) { return ratio(w, w.best_peer_us); }},
       kEverywhere | kPeers | kKnown},
      {{{"candidates", "tried"}, [](W w) -> Cell { return w.entry.candidates; }}, kFiles | kPage | kTerminal},
      {{{"ties", "tied"}, [](W w) -> Cell { return static_cast<std::int64_t>(w.entry.tie_set.size()); }},
       kFiles | kPage},
  };
}

const std::vector<WinnerField>& winner_fields() {
  static const std::vector<WinnerField> kFields = joined(problem_fields(), further_fields());
  return kFields;
}

template <typename Item>
void add_column(Grid& grid, const Field<Item>& field, const std::vector<Item>& items) {
  grid.columns.push_back(field.column);
  grid.rows.resize(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) grid.rows[i].push_back(field.get(items[i]));
}

bool varies(const Field<Winner>& field, const std::vector<Winner>& winners) {
  return std::any_of(winners.begin(), winners.end(),
                     [&](const Winner& winner) { return field.get(winner) != field.get(winners.front()); });
}

template <typename Item>
bool known(const Field<Item>& field, const std::vector<Item>& items) {
  return std::any_of(items.begin(), items.end(), [&](const Item& item) { return field.get(item) != Cell(); });
}

/// Of the peers that have means; for files with the number of problems.
void add_carried_means(Grid& grid, const std::vector<Ratios>& ratios, Audience audience) {
  using R = const Ratios&;
  static const std::vector<Field<Ratios>> kMeans = {
      {{"vs_deepgemm_carried", "DeepGEMM", 2, ratio_tone},
       [](R r) { return of_provider(r.carried, peer::kDeepGemm); }},
      {{"vs_torch_carried", "torch", 2, ratio_tone},
       [](R r) { return of_provider(r.carried, peer::kTorch); }},
      {{"vs_triton_carried", "Triton", 2, ratio_tone},
       [](R r) { return of_provider(r.carried, peer::kTriton); }},
  };
  static const std::vector<Field<Ratios>> kCounts = {
      {{"problems_deepgemm_carried", ""}, [](R r) { return of_provider(r.counts.carried, peer::kDeepGemm); }},
      {{"problems_torch_carried", ""}, [](R r) { return of_provider(r.counts.carried, peer::kTorch); }},
      {{"problems_triton_carried", ""}, [](R r) { return of_provider(r.counts.carried, peer::kTriton); }},
  };
  for (const Field<Ratios>& field : kMeans)
    if (known(field, ratios)) add_column(grid, field, ratios);
  if (audience != Audience::files) return;
  for (const Field<Ratios>& field : kCounts)
    if (known(field, ratios)) add_column(grid, field, ratios);
}

unsigned seen_by(Audience audience, bool with_peers) {
  if (audience == Audience::files) return kFiles;
  if (audience == Audience::page) return kPage;
  if (audience == Audience::wide_terminal) return kPage | kAnyTerminal;
  return with_peers ? kTerminalWithPeers : kTerminal;
}

}  // namespace

Grid winners_grid(const Report& report, Audience audience) {
  const unsigned viewer = seen_by(audience, !report.peers.empty());
  const bool groups =
      std::ranges::any_of(report.winners, [](const Winner& w) { return is_grouped(problem(w)); });
  Grid grid;
  for (const auto& [field, seen] : winner_fields()) {
    if ((seen & kGroups) != 0 && !groups) continue;
    if ((seen & viewer) == 0 || ((seen & kPeers) != 0 && !report.with_peers)) continue;
    const bool dull = ((seen & kVaries) != 0 && !varies(field, report.winners)) ||
                      ((seen & kKnown) != 0 && !known(field, report.winners));
    if (dull && audience != Audience::files) continue;
    if ((seen & kHeld) != 0 && !known(field, report.winners)) continue;
    add_column(grid, field, report.winners);
  }
  return grid;
}

Grid ratios_grid(const Report& report, Audience audience) {
  using R = const Ratios&;
  static const std::vector<Field<Ratios>> kFields = {
      {{"regime", "geometric mean"}, [](R r) -> Cell { return r.regime; }},
      {{"problems", "problems"}, [](R r) -> Cell { return r.problems; }},
      {{"vs_cublaslt_block", "block", 2, ratio_tone}, [](R r) { return cell(r.cublaslt_block); }},
      {{"vs_cublaslt_tensor", "tensor", 2, ratio_tone}, [](R r) { return cell(r.cublaslt_tensor); }},
      {{"vs_cublas_bf16", "BF16", 2, ratio_tone}, [](R r) { return cell(r.cublas_bf16); }},
  };
  Grid grid;
  for (const Field<Ratios>& field : kFields)
    if (audience == Audience::files || known(field, report.ratios)) add_column(grid, field, report.ratios);
  if (audience == Audience::files)
    for (const Field<Ratios>& field : std::vector<Field<Ratios>>{
             {{"problems_cublaslt_block", ""}, [](R r) -> Cell { return r.counts.block; }},
             {{"problems_cublaslt_tensor", ""}, [](R r) -> Cell { return r.counts.tensor; }},
             {{"problems_cublas_bf16", ""}, [](R r) -> Cell { return r.counts.bf16; }},
             {{"problems_best_peer", ""}, [](R r) -> Cell { return r.counts.best_peer; }}})
      add_column(grid, field, report.ratios);
  add_carried_means(grid, report.ratios, audience);
  const Field<Ratios> best = {{"vs_best_peer", "best peer", 2, ratio_tone},
                              [](R r) { return cell(r.best_peer); }};
  if (report.with_peers && (audience == Audience::files || known(best, report.ratios)))
    add_column(grid, best, report.ratios);
  // Groups of rows have no library beside them: people are not shown how many problems nothing is known of.
  if (audience != Audience::files && grid.columns.size() == 2) return {};
  return grid;
}

}  // namespace gemmtune::report
