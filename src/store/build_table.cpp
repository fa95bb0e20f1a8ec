#include "stats/racers.h"
#include "store/current_rows.h"
#include "store/steps.h"
#include "store/sustained.h"
#include "store/table.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace gemmtune::store {

namespace {

bool is_ours(const Row& row) {
  return row.provider == provider::kGemmtune;
}

bool is_timed(const Row& row) {
  return row.invalidity == Invalidity::correct && row.time_us && *row.time_us > 0;
}

/// Of those that are kept beside the tie set. NOTES: of four sweeps of `dsv3` on three boards each one's
/// winners, where another had raced them, were in that one's tie set or among the four next to it in 397 of
/// 399 cases.
constexpr std::size_t kRunnersUp = 4;

/// What rows must share for their times to be comparable, whatever the number of samples.
struct Conditions {
  std::string device;
  PowerRegime regime = PowerRegime::burst;
  bool simulated = false;
  L2Policy l2 = L2Policy::cold_memset512;
  Timer timer = Timer::event;

  bool operator==(const Conditions&) const = default;
};

class Builder {
 public:
  explicit Builder(const Journal& journal) : journal_(journal) {}

  Table build() {
    Table table = build_entries();
    return steps_ ? with_steps(std::move(table), tuned_, *steps_) : table;
  }

  std::vector<TunedM> tuned() {
    wants_tuned_ = true;
    build_entries();
    return std::move(tuned_);
  }

 private:
  using Rows = std::vector<const Row*>;

  Table build_entries() {
    const Row* const last = last_timed(journal_);
    Table table;
    if (last == nullptr) {
      if (!journal_.headers.empty()) table.environment = journal_.headers.back().environment;
      table.simulated = table.environment.simulated;
      return table;
    }
    CurrentRows current(journal_, *last);
    steps_ = current.machine().m_steps;
    table.environment = current.machine().environment;
    table.environment.device = last->device;
    table.environment.simulated = table.simulated = last->simulated;
    select(conditions_of(*last), current);
    for (const std::string& id : order_)
      if (auto entry = make_entry(problems_.at(id))) {
        entry->strategies = current.strategies(problems_.at(id));
        if (const auto rows = sustained_.find(id); rows != sustained_.end())
          entry->sustained = sustained_winner(*entry, rows->second);
        // Every configuration once more: of a million rows nobody else needs that.
        if (wants_tuned_ || steps_) tuned_.push_back(tuned_of(problems_.at(id), *entry));
        table.entries.push_back(std::move(*entry));
      }
    table.policy = policies_.begin()->second;
    const auto of_another_board = [&](const TableEntry& entry) {
      return entry.board_uuid != table.entries.front().board_uuid;
    };
    if (std::ranges::any_of(table.entries, of_another_board)) table.environment.uuid.clear();
    return table;
  }

  static Conditions conditions_of(const Row& row) {
    return {row.device, row.regime, row.simulated, row.l2, row.timer};
  }

  /// Sorts the comparable rows by problem, and finds the policy of each stage: that of its last timed row.
  void select(const Conditions& wanted, CurrentRows& current) {
    for (const Row& row : journal_.rows) {
      if (row.stage == Stage::sustained) {
        const bool alike = row.device == wanted.device && row.simulated == wanted.simulated &&
                           row.timer == wanted.timer && current.contain(row);
        if (alike) sustained_[problem_id(row.problem)].push_back(&row);
        continue;
      }
      if (conditions_of(row) != wanted || !current.contain(row)) continue;
      const std::string id = problem_id(row.problem);
      Rows& rows = problems_[id];
      if (rows.empty()) order_.push_back(id);
      rows.push_back(&row);
      if (is_ours(row) && is_timed(row)) policies_[rank(row.stage)] = row.policy;
    }
  }

  /// Stages by how much their figures are worth, the best first.
  static int rank(Stage stage) { return stage == Stage::final ? 0 : stage == Stage::measure ? 1 : 2; }

  static bool is_of_another_board(const Row& row, const Row& last) {
    return row.board_uuid != last.board_uuid && !row.board_uuid.empty() && !last.board_uuid.empty();
  }

  /// Our rows at the best stage that was reached, under that stage's policy. Finalists race each other within
  /// one run only, and no screening crosses boards.
  Rows contenders(const Rows& rows) const {
    for (const auto& [stage, policy] : policies_) {
      Rows found;
      for (const Row* row : rows)
        if (is_ours(*row) && rank(row->stage) == stage && row->policy == policy && is_timed(*row))
          found.push_back(row);
      if (found.empty()) continue;
      const Row& last = *found.back();
      std::erase_if(found, [&](const Row* row) {
        return stage == 0 ? row->run_id != last.run_id : is_of_another_board(*row, last);
      });
      return latest_by_config(found);
    }
    return {};
  }

  /// One row a configuration: seeds and rebuilt cubins may have left several.
  static Rows latest_by_config(const Rows& rows) {
    std::map<Config, const Row*> latest;
    for (const Row* row : rows) latest[row->config] = row;
    Rows found;
    for (const auto& [config, row] : latest) found.push_back(row);
    return found;
  }

  std::optional<TableEntry> make_entry(const Rows& rows) const {
    const Rows raced = contenders(rows);
    if (raced.empty()) return std::nullopt;
    std::vector<stats::Racer> racers;
    for (const Row* row : raced) racers.push_back(stats::racer_of(*row));
    const auto ties = stats::tie_set(racers);
    const Row& winner = *raced[stats::pick(racers, ties)];

    TableEntry entry;
    entry.problem = rows.back()->problem;  // weight and name may have been edited since
    take_row(entry, winner);
    entry.baselines = baselines_of(rows, winner);
    entry.candidates = candidates_of(rows);
    for (const std::size_t i : ties) entry.tie_set.push_back(racers[i].id);
    entry.runners_up = runners_up_of(raced, winner, ties);
    return entry;
  }

  static std::vector<RunnerUp> runners_up_of(const Rows& raced, const Row& winner,
                                             const std::vector<std::size_t>& ties) {
    std::vector<std::pair<bool, const Row*>> others;  // a tie may be slower than one that is none
    for (std::size_t i = 0; i < raced.size(); ++i)
      if (raced[i] != &winner) others.emplace_back(std::ranges::find(ties, i) == ties.end(), raced[i]);
    const auto by_time = [](const auto& one) { return std::tie(*one.second->time_us, one.second->config); };
    std::ranges::sort(others, {}, [&](const auto& one) { return std::pair(one.first, by_time(one)); });
    if (others.size() > ties.size() - 1 + kRunnersUp) others.resize(ties.size() - 1 + kRunnersUp);
    std::ranges::sort(others, {}, by_time);
    std::vector<RunnerUp> runners_up;
    for (const auto& [beyond, row] : others) runners_up.push_back({row->config, *row->time_us});
    return runners_up;
  }

  /// Launches of a screening's contender: what its policy's name ends with.
  static int samples_of(const Row& row) {
    const std::size_t at = row.policy.rfind("-n");
    return at == std::string::npos ? 0 : std::atoi(row.policy.c_str() + at + 2);
  }

  /// Of each configuration its time over the winner's under one policy: that of the race, else that of the
  /// screening with most samples that both were in.
  static TunedM tuned_of(const Rows& rows, const TableEntry& entry) {
    using Worth = std::pair<int, int>;  // less is better
    std::map<Worth, std::map<Config, double>> stages;
    for (const Row* row : rows)
      if (is_ours(*row) && is_timed(*row))
        stages[{rank(row->stage), -samples_of(*row)}][row->config] = *row->time_us;
    TunedM tuned;
    tuned.problem = entry.problem;
    tuned.ranked = {entry.config};
    for (const auto& [worth, times] : stages) {
      const auto winner = times.find(entry.config);
      if (winner == times.end()) continue;
      std::vector<std::pair<double, const Config*>> order;
      for (const auto& [config, time_us] : times) {
        tuned.losses.try_emplace(config, std::max(0.0, time_us / winner->second - 1));
        if (config != entry.config) order.emplace_back(time_us, &config);
      }
      if (tuned.ranked.size() > 1) continue;
      std::ranges::sort(order, {}, [](const auto& one) { return one.first; });
      for (const auto& [time_us, config] : order) tuned.ranked.push_back(*config);
    }
    return tuned;
  }

  /// The libraries from the winner's own race. A figure from another stage, or from another run on a
  /// warmer board, beside the winner's would make a ratio of unlike things.
  static Baselines baselines_of(const Rows& rows, const Row& winner) {
    const auto best = [&](const std::string& provider, bool first_answer_only = false) {
      const Row* fastest = nullptr;
      for (const Row* row : rows) {
        if (row->provider != provider || !is_timed(*row) || row->stage != winner.stage ||
            row->policy != winner.policy || (winner.stage == Stage::final && row->run_id != winner.run_id))
          continue;
        const auto answer = row->config.find("answer");
        if (first_answer_only && (answer == row->config.end() || answer->second != 0)) continue;
        if (fastest == nullptr || *row->time_us < *fastest->time_us) fastest = row;
      }
      return fastest;
    };
    const auto time_us = [](const Row* row) { return row == nullptr ? std::nullopt : row->time_us; };
    const auto energy_j = [](const Row* row) { return row == nullptr ? std::nullopt : row->energy_j; };
    const Row* const block = best(provider::kCublasLtBlock);
    const Row* const tensor = best(provider::kCublasLtTensor);
    const Row* const bf16 = best(provider::kCublasBf16);
    return {time_us(block),  time_us(best(provider::kCublasLtBlock, true)),
            time_us(tensor), time_us(bf16),
            energy_j(block), energy_j(tensor),
            energy_j(bf16)};
  }

  static std::int64_t candidates_of(const Rows& rows) {
    std::set<Config> tried;
    for (const Row* row : rows)
      if (is_ours(*row) && !row->config.empty()) tried.insert(row->config);
    return static_cast<std::int64_t>(tried.size());
  }

  const Journal& journal_;
  std::map<std::string, Rows> problems_;
  std::map<std::string, Rows> sustained_;  ///< of the races back to back
  std::vector<std::string> order_;
  std::map<int, std::string> policies_;  ///< by rank of the stage
  std::optional<MSteps> steps_;          ///< of the same run
  bool wants_tuned_ = false;
  std::vector<TunedM> tuned_;  ///< of each entry
};

}  // namespace

void take_row(TableEntry& entry, const Row& row) {
  entry.config = row.config;
  entry.kernel_hash = row.kernel_hash;
  entry.code_hash = row.code_hash.value_or("");
  entry.stage = row.stage;
  entry.time_us = row.time_us.value();
  entry.time_us_low = row.time_us_low.value_or(*row.time_us);
  entry.time_us_high = row.time_us_high.value_or(*row.time_us);
  entry.draws_us = row.draws_us;
  entry.tflops = row.tflops;
  entry.gbps = row.gbps;
  entry.energy_j = row.energy_j;
  entry.error_rms = row.error_rms;
  entry.error_max = row.error_max;
  entry.board_uuid = row.board_uuid;
}

Table build_table(const Journal& journal) {
  return Builder(journal).build();
}

std::vector<TunedM> tuned_problems(const Journal& journal) {
  return Builder(journal).tuned();
}

}  // namespace gemmtune::store
