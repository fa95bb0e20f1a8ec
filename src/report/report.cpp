#include "report/report.h"

#include "stats/summary.h"
#include "util/text.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace gemmtune::report {

namespace {

struct Regime {
  const char* name;
  std::int64_t smallest_m;
  std::int64_t largest_m;
};

constexpr Regime kRegimes[] = {{"M <= 128", 0, 128},
                               {"M 129-1024", 129, 1024},
                               {"M 1025-2047", 1025, 2047},
                               {"M >= 2048", 2048, std::numeric_limits<std::int64_t>::max()}};

using Winners = std::vector<const Winner*>;
using TheirTime = std::function<std::optional<double>(const Winner&)>;

/// `counted` gets the number of winners that have both times.
std::optional<double> mean_ratio(const Winners& winners, bool weighted, const TheirTime& their_time,
                                 std::int64_t& counted) {
  std::vector<double> ratios, weights;
  for (const Winner* winner : winners) {
    const auto theirs = their_time(*winner);
    if (!theirs) continue;
    ratios.push_back(*theirs / winner->entry.time_us);
    weights.push_back(weighted ? winner->entry.problem.weight : 1);
  }
  counted = static_cast<std::int64_t>(ratios.size());
  return ratios.empty() ? std::nullopt : std::optional(stats::geomean(ratios, weights));
}

using Providers = std::set<std::string>;

std::optional<double> carried_us(const Winner& winner, const std::string& provider) {
  const auto found = winner.carried_us.find(provider);
  return found == winner.carried_us.end() ? std::nullopt : std::optional(found->second);
}

Ratios ratios_of(std::string name, const Winners& winners, bool weighted, const Providers& peers) {
  Ratios ratios;
  ratios.regime = std::move(name);
  ratios.problems = static_cast<std::int64_t>(winners.size());
  const auto mean = [&](const TheirTime& time, std::int64_t& counted) {
    return mean_ratio(winners, weighted, time, counted);
  };
  Ratios::Counts& counts = ratios.counts;
  ratios.cublaslt_block =
      mean([](const Winner& w) { return w.entry.baselines.cublaslt_block_us; }, counts.block);
  ratios.cublaslt_tensor =
      mean([](const Winner& w) { return w.entry.baselines.cublaslt_tensor_us; }, counts.tensor);
  ratios.cublas_bf16 = mean([](const Winner& w) { return w.entry.baselines.cublas_bf16_us; }, counts.bf16);
  ratios.best_peer = mean([](const Winner& w) { return w.best_peer_us; }, counts.best_peer);
  if (peers == Providers{peer::kDeepGemm}) return ratios;
  for (const std::string& provider : peers) {
    const auto time = [&](const Winner& w) { return carried_us(w, provider); };
    if (const auto ratio = mean(time, counts.carried[provider])) ratios.carried[provider] = *ratio;
  }
  return ratios;
}

std::vector<Ratios> all_ratios(const std::vector<Winner>& winners, const Providers& peers) {
  std::vector<Ratios> list;
  Winners everyone;
  std::set<double> weights;
  for (const Winner& winner : winners) {
    everyone.push_back(&winner);
    weights.insert(winner.entry.problem.weight);
  }
  for (const Regime& regime : kRegimes) {
    Winners members = everyone;
    std::erase_if(members, [&](const Winner* winner) {
      return winner->entry.problem.m < regime.smallest_m || winner->entry.problem.m > regime.largest_m;
    });
    if (!members.empty()) list.push_back(ratios_of(regime.name, members, false, peers));
  }
  if (!everyone.empty()) list.push_back(ratios_of(kAllProblems, everyone, false, peers));
  if (weights.size() > 1) list.push_back(ratios_of("all, by weight", everyone, true, peers));
  return list;
}

/// What cuBLASLt's first answer per tensor takes in the entry's race, or would, by how much it lost in an
/// earlier round.
std::optional<double> first_tensor_us(const TableEntry& entry, const std::vector<LibraryChoice>& libraries) {
  const auto found = std::ranges::find_if(libraries, [&](const LibraryChoice& choice) {
    return choice.provider == provider::kCublasLtTensor &&
           problem_id(choice.problem) == problem_id(entry.problem);
  });
  if (found == libraries.end() || !entry.baselines.cublaslt_tensor_us) return std::nullopt;
  return *entry.baselines.cublaslt_tensor_us * found->first_us / found->best_us;
}

Winner make_winner(const TableEntry& entry, const Peers* peers, const std::vector<LibraryChoice>& libraries) {
  Winner winner{entry, {}, {}, std::nullopt, std::nullopt};
  if (peers == nullptr) return winner;
  if (is_carried_by_ours(entry.problem)) {
    winner.other_ways_us = peers->beside_ours_here_us(entry.problem, entry.time_us);
    if (auto deepgemm = winner.other_ways_us.extract(peer::kDeepGemm))
      winner.carried_us.insert(std::move(deepgemm));
  } else {
    winner.carried_us =
        peers->here_us(entry.problem, entry.baselines.cublaslt_tensor_us, first_tensor_us(entry, libraries));
  }
  // Without DeepGEMM's figure the best peer is unknown; the others alone would flatter us.
  if (!winner.carried_us.contains(peer::kDeepGemm)) return winner;
  winner.best_peer_us = entry.baselines.cublaslt_block_us;
  for (const auto& [provider, us] : winner.carried_us)
    winner.best_peer_us = std::min(winner.best_peer_us.value_or(us), us);
  return winner;
}

std::string example_of(const Row& row) {
  std::string text = describe(row.problem);
  if (!row.config.empty()) text += " " + describe(row.config);
  return text + ": " + row.reason;
}

/// Rows of the table's device and kernels: failures of kernels that have been changed since are history.
class CurrentRows {
 public:
  CurrentRows(const Table& table, const Journal& journal) : table_(table) {
    for (const RunHeader& header : journal.headers) made_in_[header.run_id] = &header.environment;
  }
  bool contains(const Row& row) const {
    const auto made_in = made_in_.find(row.run_id);
    return row.device == table_.environment.device &&
           (made_in == made_in_.end() ||
            same_sources(*made_in->second, table_.environment, row.problem.kernel));
  }

 private:
  const Table& table_;
  std::map<std::string, const Environment*> made_in_;  // by run
};

void add_failures_and_warnings(Report& report, const Table& table, const Journal& journal,
                               const ColdReadFloor* floor) {
  const CurrentRows current(table, journal);
  std::map<std::pair<std::string, Invalidity>, FailureGroup> groups;
  std::set<std::string> unsupported;
  for (const Row& row : journal.rows) {
    if (!current.contains(row)) continue;
    count_warnings(row, report.warnings, floor);
    if (row.invalidity == Invalidity::correct) continue;
    if (row.invalidity == Invalidity::constraints && row.config.empty()) {
      // A library that refuses a problem has not failed: its columns show that it has no time.
      if (row.provider == provider::kGemmtune && unsupported.insert(problem_id(row.problem)).second)
        report.unsupported.push_back({row.problem, row.reason});
      continue;
    }
    FailureGroup& group = groups[{row.provider, row.invalidity}];
    if (group.count++ == 0) {
      group.provider = row.provider;
      group.invalidity = row.invalidity;
      group.example = example_of(row);
    }
  }
  for (auto& [key, group] : groups) report.failures.push_back(std::move(group));
}

void add_placements(Report& report, const Table& table, const Journal& journal,
                    const std::optional<Ceilings>& ceilings) {
  report.roofs = make_roofs(table.environment, ceilings);
  report.points = make_points(table, journal, report.roofs);
  std::map<std::string, const Point*> ours;
  for (const Point& point : report.points)
    if (point.provider == provider::kGemmtune) ours[problem_id(point.problem)] = &point;
  for (Winner& winner : report.winners)
    if (const auto point = ours.find(problem_id(winner.entry.problem)); point != ours.end())
      winner.placement = point->second->placement;
}

void add_times(Report& report, const RunEnd& end) {
  double wall_s = 0;
  for (const auto& [phase, seconds] : end.wall_s) {
    report.wall_s[phase] += seconds;
    wall_s += seconds;
  }
  const double busy_s = end.gpu.working_s + end.gpu.resting_s;
  if (busy_s <= 0) return;  // a simulated run, or one of before this was counted
  report.gpu.working_s += end.gpu.working_s;
  report.gpu.resting_s += end.gpu.resting_s;
  report.gpu.waiting_s += std::max(0.0, wall_s - busy_s);
}

/// With how many problems each, where they were not all searched alike.
std::vector<std::string> strategies_of(const Table& table) {
  std::map<std::string, std::size_t> counts;
  for (const TableEntry& entry : table.entries) ++counts[join(entry.strategies, ", then ")];
  const std::size_t unknown = counts.contains("") ? counts.at("") : 0;
  counts.erase("");
  std::vector<std::string> found;
  for (const auto& [words, count] : counts)
    found.push_back(counts.size() == 1 && unknown == 0 ? words : words + " (" + std::to_string(count) + ")");
  return found;
}

}  // namespace

Report make_report(const Table& table, const Journal& journal, const Peers* peers,
                   const std::optional<Ceilings>& ceilings) {
  Report report;
  report.environment = table.environment;
  report.policy = table.policy;
  report.strategies = strategies_of(table);
  report.simulated = table.simulated;
  report.checks = table.checks;
  report.libraries = library_choices(table, journal);
  for (const TableEntry& entry : table.entries)
    report.winners.push_back(make_winner(entry, peers, report.libraries));
  report.with_peers = peers != nullptr;
  if (peers != nullptr) report.peers_source = peers->source();
  for (const Winner& winner : report.winners)
    for (const auto& [provider, us] : winner.carried_us) report.peers.insert(provider);
  report.ratios = all_ratios(report.winners, report.peers);
  add_placements(report, table, journal, ceilings);
  const bool same_device = ceilings && ceilings->environment.device == table.environment.device;
  const auto floor = same_device ? cold_read_floor(*ceilings) : std::nullopt;
  add_failures_and_warnings(report, table, journal, floor ? &*floor : nullptr);
  report.rows = static_cast<std::int64_t>(journal.rows.size());
  if (!journal.ends.empty()) report.pruned = journal.ends.back().pruned;
  for (const RunEnd& end : journal.ends) add_times(report, end);
  report.damaged = journal.damaged;
  return report;
}

std::string hint(const Report& report) {
  if (!report.winners.empty()) return "";
  if (report.rows == 0)
    return "There are no rows yet: `gemmtune sweep --shapes dsv3.json` measures some, and `--resume` goes on "
           "with a sweep that was interrupted.";
  if (report.rows == static_cast<std::int64_t>(report.unsupported.size()))
    return "No kernel accepts these problems: the reasons are below, and `gemmtune plan --explain` says "
           "more.";
  return "No candidate has been timed and found correct yet: see the failures, or go on with "
         "`gemmtune sweep --resume`.";
}

}  // namespace gemmtune::report
