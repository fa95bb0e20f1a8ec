#include "cli/revalidate.h"

#include "cli/bench_against.h"
#include "cli/boards.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/plan.h"
#include "cli/policy_options.h"
#include "cli/progress.h"
#include "cli/revalidation.h"
#include "cli/run_record.h"
#include "cli/standing.h"
#include "store/results.h"
#include "tune/given.h"
#include "util/error.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

namespace gemmtune::cli {

namespace {

/// Beside the entry. Rounds of a race last as long as all of its contenders together. NOTES: of four sweeps
/// of `dsv3`, two on one board and two on two others, each one's winners were behind the fastest of these in
/// the other's race by 0.9 % at most, in 144 cases: where nothing has changed, none has lost by the 1 % that
/// counts.
constexpr std::size_t kRivals = 7;

Table read_table_of(const std::string& path) {
  store::Results results = store::read_results(path);
  for (const std::string& line : results.journal.damaged) log_warn("skipped {}", line);
  if (results.table.entries.empty()) throw UserError(path + ": it has no entries that could be raced");
  return std::move(results.table);
}

/// So many of them, evenly over what they take: of every third entry of a set that has six M a layer all
/// would be of two M. In the order of the table; those that have nobody to race with are none.
std::vector<const TableEntry*> sample_of(const Table& table, std::size_t most, const std::string& path) {
  std::vector<const TableEntry*> raced;
  for (const TableEntry& entry : table.entries)
    if (!entry.runners_up.empty()) raced.push_back(&entry);
  if (raced.empty())
    throw UserError(path +
                    ": no entry says who came close to it (tables of earlier revisions do not): name the "
                    "sweep's folder or its journal instead, or sweep again");
  if (most == 0 || most >= raced.size()) return raced;
  std::vector<std::size_t> by_time(raced.size());
  std::iota(by_time.begin(), by_time.end(), std::size_t{0});
  std::ranges::stable_sort(by_time, {}, [&](std::size_t i) { return raced[i]->time_us; });
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < most; ++i) chosen.push_back(by_time[(2 * i + 1) * raced.size() / (2 * most)]);
  std::ranges::sort(chosen);
  std::vector<const TableEntry*> sample;
  for (const std::size_t i : chosen) sample.push_back(raced[i]);
  return sample;
}

/// The table's own policy, by the clock that works here.
Policy policy_of(const Table& table, const Environment& environment, const std::string& path) {
  std::optional<Policy> policy = gemmtune::policy_of(table.policy);
  if (!policy)
    throw UserError(path + ": its policy \"" + table.policy + "\" is none that this gemmtune times by");
  if (policy->timer == Timer::cupti) policy->timer = choose_timer(std::nullopt, *policy, environment);
  return *policy;
}

Board only_board(const MachineOptions& machine) {
  std::vector<Boards> kinds = open_boards(machine);
  if (kinds.size() > 1 || kinds.front().boards.size() > 1)
    throw UserError("--revalidate looks at one board: name it by --device");
  return std::move(kinds.front().boards.front());
}

}  // namespace

void add_revalidate_options(Command& command, RevalidateOptions& options) {
  Option& revalidate =
      command
          .option("--revalidate", options.results,
                  "sweep nothing, but say whether this table (or a sweep's folder or journal) holds here: "
                  "FRESH, RE-VALIDATE or STALE by what its times depend on; then races entries of it with "
                  "those that came close, under its own policy. Exit 4 when one has lost, 3 when one is "
                  "wrong; one that is unsure is not decided after three rounds, and exits as a tie does: 0")
          .type_name("TABLE");
  for (const auto& option : command.options())
    if (const std::string& name = option->name(); option.get() != &revalidate && name != kHelpFlag &&
                                                  name != "--device" && name != "--jobs" &&
                                                  name != "--format" && name != "--output")
      revalidate.excludes(*option);
  command
      .option("--sample", options.sample,
              "how many entries --revalidate races, evenly over their times; 0: all")
      .type_name("N")
      .range(0, 1000000)
      .needs(revalidate);
}

int revalidate(const RevalidateOptions& options, const MachineOptions& machine, const OutputOptions& output) {
  const std::atomic<bool>& stop = watch_for_interrupts();
  const Table table = read_table_of(options.results);
  const std::vector<const TableEntry*> sample = sample_of(table, options.sample, options.results);
  if (const auto others = std::ranges::count_if(table.entries, wins_in_bursts_alone); others > 0)
    log_warn(
        "{}: what is judged here is who wins in bursts; the other winners, back to back, of {} of its {} "
        "entries are "
        "not raced (`gemmtune bench --table` with --regime blocks times them)",
        options.results, others, table.entries.size());
  Contest contest;
  for (const TableEntry* entry : sample) {
    contest.base.push_back(given_by_entry(*entry, 0, options.results));
    contest.next.push_back(given_by_entry(*entry, kRivals, options.results));
  }

  const Board board = only_board(machine);
  const Environment& environment = board.environment;
  const Policy policy = policy_of(table, environment, options.results);
  Revalidation found;
  found.source = options.results;
  found.table_entries = table.entries.size();
  found.simulated = table.simulated || environment.simulated;
  found.policy = policy.name();
  found.device = environment.device;

  const DeviceLimits limits = limits_of(environment);
  const tune::SweepPlan plan = make_plan(contest.next, limits);
  warn_of_illegal(plan);
  require_candidates(plan);
  ProgressLine progress;
  progress.compiling(plan.cubins.size());
  workers::CompileAhead compiling =
      compile_ahead(plan, compilers(), machine.jobs, stop, {}, [&progress] { progress.compiled(); });
  const tune::Cubins cubins = cubins_of(compiling);
  found.standing = standing_of(table, environment, found.policy, cubins_now(table, plan, cubins));
  say_same_code(options.results, found.standing);
  const RunHeader run = new_run(environment, policy);
  tune::GivenRun given(*board.worker, progress, {run.run_id, run.environment}, policy, stop);
  const ContestResult result =
      hold_contest(contest, plan, limits, run, Gate{},
                   [&](const tune::SweepPlan& left) { return given.bench(left, cubins, {.libraries = {}}); });
  if (const int code = interrupted_exit_code(); code != kExitOk) return code;
  for (const TableEntry* entry : sample)
    found.problems.push_back(what_came_of(*entry, result.comparison, result.rows));
  emit(text_of(found, output), output);
  return exit_code_of(found);
}

}  // namespace gemmtune::cli
