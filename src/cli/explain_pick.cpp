#include "cli/explain_pick.h"

#include "cli/pick_models.h"
#include "cli/read_picker.h"
#include "export/bundle.h"
#include "family/family.h"
#include "launch/picker.h"
#include "report/explain.h"
#include "util/error.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

namespace gemmtune::cli {

namespace {

launch::Index index_of(const Table& table, const std::filesystem::path& picker) {
  exports::BundleParts parts;
  read_picker(picker, table, parts);
  for (const TableEntry& entry : table.entries) parts.cubins.push_back({entry.kernel_hash, ""});
  return exports::index_of(table, parts);
}

/// The index with this choice alone.
std::optional<launch::Picker::Picked> pick(launch::Index& index, const launch::Choice& choice,
                                           const Problem& asked) {
  index.picker.choices = {choice};
  return launch::Picker(index).pick(exports::key_of(asked));
}

/// Of the fastest launch of that cubin at the entry's problem; nothing where none was timed there.
std::optional<double> measured_loss(const store::Results& results, const TableEntry& entry,
                                    const TableEntry& of_cubin) {
  const family::Family& family = family::require(entry.problem.kernel);
  const Config cubin = family.compiled(of_cubin.config, of_cubin.problem);
  std::optional<double> least_us;
  const auto take = [&](const Config& config, double time_us) {
    if (family.compiled(config, entry.problem) == cubin && (!least_us || time_us < *least_us))
      least_us = time_us;
  };
  take(entry.config, entry.time_us);
  for (const RunnerUp& one : entry.runners_up) take(one.config, one.time_us);
  for (const Row* row : report::timed_candidates(entry, results.table, results.journal))
    take(row->config, *row->time_us);
  return least_us ? std::optional(std::max(0.0, *least_us / entry.time_us - 1)) : std::nullopt;
}

double far(const Problem& a, const Problem& b) {
  const auto apart = [](std::int64_t x, std::int64_t y) {
    return std::abs(std::log(static_cast<double>(x) / static_cast<double>(y)));
  };
  return apart(a.n, b.n) + apart(a.k, b.k) + apart(a.m, b.m);
}

}  // namespace

std::vector<CubinPick> picks_for(const Table& table, const std::filesystem::path& picker,
                                 const Problem& asked) {
  launch::Index index = index_of(table, picker);
  const std::vector<launch::Choice> choices = index.picker.choices;
  const auto first = launch::Picker(index).pick(exports::key_of(asked));
  if (!first)
    throw UserError(picker.string() + ": nothing to pick for " + describe(asked) +
                    ": no model of that kernel and form of D, no cubin of the table that can, or sizes that "
                    "the kernel does not take");
  std::vector<CubinPick> picks;
  for (const launch::Choice& choice : choices) {
    const auto one = choice.entry == first->entry ? first : pick(index, choice, asked);
    if (!one) continue;
    const TableEntry& entry = table.entries[choice.entry];
    // What it expects in microseconds is off by as much as the problem at hand is: ratios alone count.
    picks.push_back(
        {launched(entry.config, one->recipe), one->expected_us / first->expected_us - 1, entry.problem});
    if (choice.entry == first->entry) std::swap(picks.front(), picks.back());
  }
  std::stable_sort(picks.begin() + 1, picks.end(),
                   [](const CubinPick& a, const CubinPick& b) { return a.behind < b.behind; });
  return picks;
}

report::Grid grid_of(const std::vector<CubinPick>& picks, std::size_t most) {
  report::Grid grid{{{"config", "configuration"},
                     {"behind_percent", "expected behind %", 1},
                     {"tuned_for", "its cubin was tuned for"}},
                    {}};
  for (const CubinPick& one : picks)
    if (grid.rows.size() < most) grid.rows.push_back({one.config, 100 * one.behind, describe(one.tuned_for)});
  return grid;
}

report::Grid model_at_neighbours(const store::Results& results, const std::filesystem::path& picker,
                                 const Problem& asked, std::size_t most) {
  const Table& table = results.table;
  launch::Index index = index_of(table, picker);
  const std::vector<launch::Choice> choices = index.picker.choices;
  std::vector<std::size_t> nearest;
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const Problem& p = table.entries[i].problem;
    if (std::tie(p.kernel, p.out, p.accumulate) == std::tie(asked.kernel, asked.out, asked.accumulate))
      nearest.push_back(i);
  }
  std::ranges::stable_sort(nearest, {}, [&](std::size_t i) { return far(table.entries[i].problem, asked); });
  report::Grid grid{{{"problem", "tuned problem"},
                     {"config", "won there"},
                     {"picked", "would be picked"},
                     {"expected_behind_percent", "winner expected behind %", 1},
                     {"measured_behind_percent", "pick measured behind %", 1}},
                    {}};
  for (const std::size_t i : nearest) {
    if (grid.rows.size() >= most) break;
    const TableEntry& entry = table.entries[i];
    const auto choice = std::ranges::find_if(choices, [&](const launch::Choice& one) {
      return index.entries[one.entry].cubin == index.entries[i].cubin;
    });
    index.picker.choices = choices;
    const auto first = launch::Picker(index).pick(exports::key_of(entry.problem));
    const auto winner = choice == choices.end() ? std::nullopt : pick(index, *choice, entry.problem);
    if (!first || !winner) continue;
    const TableEntry& source = table.entries[first->entry];
    const auto loss = measured_loss(results, entry, source);
    grid.rows.push_back({describe(entry.problem), entry.config, launched(source.config, first->recipe),
                         100 * (winner->expected_us / first->expected_us - 1),
                         loss ? report::Cell(100 * *loss) : report::Cell()});
  }
  return grid;
}

}  // namespace gemmtune::cli
