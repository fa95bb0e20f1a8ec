#include "report/explain.h"

#include "core/groups.h"
#include "family/gemm_config.h"
#include "family/gemm_limits.h"
#include "model/expected_time.h"
#include "operation/operation.h"
#include "operation/providers.h"
#include "stats/racers.h"
#include "store/sustained.h"
#include "util/text.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace gemmtune::report {

namespace {

double percent_behind(double time_us, const TableEntry& entry) {
  return 100 * (time_us / entry.time_us - 1);
}

/// What `config` has otherwise than the winner, as "block_n=96 stages=8".
std::string differences(const Config& config, const Config& winner) {
  std::vector<std::string> words;
  for (const auto& [name, value] : config) {
    const auto found = winner.find(name);
    if (found == winner.end() || found->second != value) words.push_back(name + "=" + std::to_string(value));
  }
  return join(words, " ");
}

/// Follow from the tile: how many stages fit, and how many CTAs there is work for.
bool follows(const std::string& parameter) {
  return parameter == "stages" || parameter == "num_sms";
}

/// Whether nothing but `parameter` differs, and what follows from it.
bool differs_alone(const Config& config, const Config& winner, const std::string& parameter) {
  for (const auto& [name, value] : config) {
    if (name == parameter || (follows(name) && !follows(parameter))) continue;
    const auto found = winner.find(name);
    if (found == winner.end() || found->second != value) return false;
  }
  return true;
}

struct Fact {
  std::string name;
  Cell value;
  std::string unit;
};

void add_work(std::vector<Fact>& facts, const TableEntry& entry, const Problem& asked, bool exact) {
  const double flops = static_cast<double>(operation::flops(asked));
  facts.push_back({"useful work", flops * 1e-9, "GFLOP"});
  if (!exact) return;
  facts.push_back({"time", entry.time_us, "us"});
  facts.push_back({"rate", flops / entry.time_us * 1e-6, "TFLOP/s"});
  if (!entry.gbps) return;
  facts.push_back({"compulsory bytes", *entry.gbps * entry.time_us * 1e-3, "MB"});
  facts.push_back({"of them a second", *entry.gbps, "GB/s"});
}

void add_tiles(std::vector<Fact>& facts, const TableEntry& entry, const Problem& asked) {
  const auto config = family::GemmConfig::from(entry.config, asked);
  const family::TileCount clusters = family::cluster_tiles(config, asked);
  const auto of = [&](const char* name, std::int64_t other) {
    const auto found = entry.config.find(name);
    return found == entry.config.end() ? other : found->second;
  };
  const std::int64_t ctas = of("num_sms", 1);
  const std::int64_t sharing = of("split_k", 1);
  const std::int64_t tiles = clusters.total() * of("cluster_m", 1) * of("cluster_n", 1) * sharing;
  const std::int64_t waves = (tiles + ctas - 1) / ctas;
  facts.push_back({is_grouped(asked) ? "tiles of the first draw" : "tiles", tiles, ""});
  facts.push_back({"CTAs", ctas, ""});
  facts.push_back({"waves", waves, ""});
  facts.push_back({"of the waves' places used",
                   100 * static_cast<double>(tiles) / static_cast<double>(waves * ctas), "%"});
  const std::int64_t block_m = of("block_m", 1), block_n = of("block_n", 1);
  const double columns = static_cast<double>((asked.n + block_n - 1) / block_n * block_n);
  const double useful = written_bytes(asked) / static_cast<double>(asked.out_bytes());
  facts.push_back({"of the tiles' elements useful",
                   100 * useful / (tiles_of_rows(asked, block_m) * static_cast<double>(block_m) * columns),
                   "%"});
}

void add_resources(std::vector<Fact>& facts, const TableEntry& entry,
                   const std::vector<const Row*>& candidates) {
  for (const Row* row : candidates) {
    if (row->config != entry.config) continue;
    if (row->registers) facts.push_back({"registers a thread", std::int64_t{*row->registers}, ""});
    if (row->smem_bytes) facts.push_back({"shared memory a CTA", *row->smem_bytes, "bytes"});
    if (row->ctas_per_sm) facts.push_back({"CTAs an SM holds", std::int64_t{*row->ctas_per_sm}, ""});
    if (row->sm_clock_mhz) facts.push_back({"SM clock", *row->sm_clock_mhz, "MHz"});
    return;
  }
}

void add_model(std::vector<Fact>& facts, const TableEntry& entry, const Problem& asked, bool exact,
               const model::SimulatedMachine& machine) {
  const model::ExpectedTime here =
      model::expected_time(machine, asked, entry.config, L2Policy::cold_memset512);
  const std::pair<double, const char*> streams[] = {
      {here.memory_us, "memory"}, {here.l2_us, "L2"}, {here.waves_us, "the CTA with most tiles"}};
  facts.push_back({"the model expects", here.time_us, "us"});
  if (exact) facts.push_back({"measured over that", entry.time_us / here.time_us, ""});
  for (const auto& [stream_us, name] : streams)
    facts.push_back({std::string("of it ") + name, stream_us, "us"});
  facts.push_back({"its limit", std::ranges::max(streams).second, ""});
}

}  // namespace

std::vector<const Row*> timed_candidates(const TableEntry& entry, const Table& table,
                                         const Journal& journal) {
  std::map<std::string, const Environment*> made_in;
  for (const RunHeader& header : journal.headers) made_in[header.run_id] = &header.environment;
  const std::string id = problem_id(entry.problem);
  std::map<Config, const Row*> best;
  for (const Row& row : journal.rows) {
    if (row.provider != provider::kGemmtune || row.invalidity != Invalidity::correct || !row.time_us ||
        row.stage == Stage::sustained)
      continue;
    if (row.device != table.environment.device || problem_id(row.problem) != id) continue;
    const auto run = made_in.find(row.run_id);
    if (run != made_in.end() && !same_sources(*run->second, table.environment, row.problem.kernel)) continue;
    const Row*& known = best[row.config];
    if (known == nullptr || known->stage != Stage::final || row.stage == Stage::final) known = &row;
  }
  std::vector<const Row*> rows;
  for (const auto& [config, row] : best) rows.push_back(row);
  std::ranges::stable_sort(rows, {}, [](const Row* row) { return *row->time_us; });
  return rows;
}

Grid sustained_race(const TableEntry& entry, const Table& table, const Journal& journal) {
  Grid grid{{{"config", "configuration"},
             {"differs", "differs in"},
             {"time_us", "µs", 2},
             {"time_us_low", "low", 2},
             {"time_us_high", "high", 2},
             {"over_burst", "over the winner in bursts", 3},
             {"energy_j", "J", 4},
             {"sm_clock_mhz", "MHz", 0}},
            {}};
  if (!entry.sustained) return grid;
  const SustainedWinner& winner = *entry.sustained;
  std::vector<const Row*> rows;
  const std::string id = problem_id(entry.problem);
  for (const Row& row : journal.rows)
    if (row.stage == Stage::sustained && row.policy == winner.policy &&
        row.device == table.environment.device && problem_id(row.problem) == id)
      rows.push_back(&row);
  const std::vector<const Row*> raced = store::paired_with(entry, rows);
  if (raced.empty()) {  // a table alone
    grid.rows.push_back({winner.config, differences(winner.config, entry.config), winner.time_us,
                         winner.time_us_low, winner.time_us_high, winner.over_burst,
                         winner.energy_j ? Cell(*winner.energy_j) : Cell(), Cell()});
    return grid;
  }
  const auto burst = std::ranges::find(raced, entry.config, [](const Row* row) { return row->config; });
  std::vector<std::pair<double, const Row*>> order;
  for (const Row* row : raced)
    order.emplace_back(stats::racer_of(*row).time / stats::racer_of(**burst).time, row);
  std::ranges::sort(order, {}, [](const auto& one) { return std::pair(one.first, one.second->config); });
  const auto cell = [](const std::optional<double>& value) { return value ? Cell(*value) : Cell(); };
  for (const auto& [ratio, row] : order)
    grid.rows.push_back({row->config, differences(row->config, entry.config), *row->time_us,
                         cell(row->time_us_low), cell(row->time_us_high), ratio, cell(row->energy_j),
                         cell(row->sm_clock_mhz)});
  return grid;
}

Grid runners_up(const TableEntry& entry, const std::vector<const Row*>& candidates, std::size_t most) {
  Grid grid{{{"config", "configuration"},
             {"differs", "differs in"},
             {"time_us", "µs", 2},
             {"behind_percent", "behind %", 1},
             {"stage", "timed in"},
             {"tied", "tied"}},
            {}};
  const std::set<std::string> ties(entry.tie_set.begin(), entry.tie_set.end());
  const auto add = [&](const Config& config, double time_us, Stage stage) {
    grid.rows.push_back({config, differences(config, entry.config), time_us, percent_behind(time_us, entry),
                         std::string(stage == Stage::final ? "race" : "screening"),
                         std::string(ties.contains(config_id(config)) ? "yes" : "")});
  };
  add(entry.config, entry.time_us, entry.stage);
  if (candidates.empty())  // a table alone
    for (const RunnerUp& one : entry.runners_up)
      if (grid.rows.size() < most) add(one.config, one.time_us, entry.stage);
  // A screening takes few samples: it may look faster than a race would have it.
  for (const Stage stage : {Stage::final, Stage::screen})
    for (const Row* row : candidates) {
      if (grid.rows.size() >= most) return grid;
      if ((row->stage == Stage::final) == (stage == Stage::final) && row->config != entry.config)
        add(row->config, *row->time_us, row->stage);
    }
  return grid;
}

Grid worth_of_parameters(const TableEntry& entry, const std::vector<const Row*>& candidates) {
  Grid grid{{{"parameter", "parameter"},
             {"winner", "here"},
             {"value", "else"},
             {"alone_percent", "alone %", 1},
             {"best_percent", "at best %", 1},
             {"config", "best with it"}},
            {}};
  for (const auto& [parameter, here] : entry.config) {
    std::map<std::int64_t, std::pair<const Row*, const Row*>> of_value;  // alone, best
    for (const Row* row : candidates) {
      const auto found = row->config.find(parameter);
      if (found == row->config.end() || found->second == here) continue;
      auto& [alone, best] = of_value[found->second];
      if (best == nullptr) best = row;
      if (alone == nullptr && differs_alone(row->config, entry.config, parameter)) alone = row;
    }
    for (const auto& [value, rows] : of_value) {
      const auto& [alone, best] = rows;
      if (follows(parameter) && alone == nullptr) continue;  // another tile's
      grid.rows.push_back({parameter, here, value,
                           alone == nullptr ? Cell() : Cell(percent_behind(*alone->time_us, entry)),
                           percent_behind(*best->time_us, entry), best->config});
    }
  }
  return grid;
}

Grid facts_of_launch(const TableEntry& entry, const Problem& asked, const std::vector<const Row*>& candidates,
                     const model::SimulatedMachine& machine) {
  const bool exact = problem_id(asked) == problem_id(entry.problem);
  std::vector<Fact> facts;
  add_work(facts, entry, asked, exact);
  add_tiles(facts, entry, asked);
  add_resources(facts, entry, candidates);
  add_model(facts, entry, asked, exact, machine);
  Grid grid{{{"fact", "fact"}, {"value", "value", 1}, {"unit", "unit"}}, {}};
  for (const Fact& fact : facts) grid.rows.push_back({fact.name, fact.value, fact.unit});
  return grid;
}

}  // namespace gemmtune::report
