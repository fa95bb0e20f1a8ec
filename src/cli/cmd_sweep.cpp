#include "cli/board_runs.h"
#include "cli/boards.h"
#include "cli/commands.h"
#include "cli/counters_option.h"
#include "cli/earlier_runs.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/m_rounds.h"
#include "cli/machine.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/policy_options.h"
#include "cli/progress.h"
#include "cli/resume.h"
#include "cli/revalidate.h"
#include "cli/row_output.h"
#include "cli/run_folder.h"
#include "cli/run_record.h"
#include "cli/search.h"
#include "cli/selection.h"
#include "cli/shard.h"
#include "cli/sweep_settings.h"
#include "cli/sweep_strategy.h"
#include "cli/weights.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/report.h"
#include "report/terminal.h"
#include "store/ceilings.h"
#include "store/journal.h"
#include "store/table.h"
#include "tune/tuner.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/format.h"
#include "util/shell.h"
#include "util/text.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace gemmtune::cli {

namespace {

struct Options {
  Selection selection;
  MachineOptions machine;
  tune::Settings settings;
  StrategyOptions strategy;
  std::optional<Timer> timer;
  std::string out;
  std::string m_text;
  std::string shard_text;
  std::optional<Shard> shard;
  bool resume = false;
  bool force = false;
  bool strict = false;
  bool energy = false;
  bool both_regimes = false;
  std::optional<double> sustained_from;
  std::string trace_file;
  bool counters = false;
  RevalidateOptions again;
  OutputOptions output;
};

/// What the folder holds of earlier runs.
Journal read_earlier(const RunFolder& folder) {
  if (!std::filesystem::exists(folder.journal())) return {};
  Journal journal = store::read_journal(folder.journal());
  for (const std::string& line : journal.damaged) log_warn("skipped {}", line);
  return journal;
}

/// What this run measured and nobody can read is in no table.
void warn_of_new_damage(const Journal& journal, std::size_t before) {
  for (std::size_t i = before; i < journal.damaged.size(); ++i)
    log_warn("{}: this line is in no table; --resume measures again what it held", journal.damaged[i]);
}

std::string how_to_go_on(const Options& options, const RunFolder& folder) {
  const std::string flags =
      (options.selection.shapes.empty() ? "" : " --shapes " + shell_quoted(options.selection.shapes)) +
      flags_of(options.selection.model) + std::string(" --out ") + shell_quoted(folder.path.string());
  return "every finished candidate is in " + folder.journal().string() + ". Go on with: gemmtune sweep" +
         flags + " --resume (and the other options as before)";
}

int report_interruption(const Options& options, const RunFolder& folder) {
  log_warn("interrupted; {}", how_to_go_on(options, folder));
  return interrupted_exit_code();
}

/// False when it was interrupted. A machine or a disk that fails ends it too, and the user hears how to go
/// on.
bool run_boards(BoardRuns& runs, const BoardWork& work, const std::string& advice) {
  try {
    return runs.run(work);
  } catch (const UserError& error) {
    throw UserError(std::string(error.what()) + "\n" + advice, kExitInternal);
  }
}

void show(const report::Report& report, const Journal& journal, const OutputOptions& output) {
  if (const auto rows = rows_in_pieces(journal.rows, output)) return emit(*rows, output);
  const report::Format format = report::parse_format(output.format);
  emit(format == report::Format::json ? report::json(report)
       : format == report::Format::md ? report::markdown(report)
                                      : report::terminal(report, screen_of(output)),
       output);
}

bool failed(const Row& row) {
  return row.provider == provider::kGemmtune && row.invalidity != Invalidity::correct &&
         row.invalidity != Invalidity::constraints;
}

/// A run of several boards, of one shard, or one that goes on where such runs were is a part of the plan.
std::optional<Part> part_of(const std::string& plan, const std::optional<Shard>& shard, bool several_boards,
                            const Journal& known) {
  if (shard) return Part{plan, shard->index, shard->count};
  const bool goes_on = std::ranges::any_of(
      known.headers, [&](const RunHeader& run) { return run.part && run.part->plan == plan; });
  return several_boards || goes_on ? std::optional<Part>(Part{plan}) : std::nullopt;
}

/// Long problems first, so that no board begins one when the others have nothing left to do.
void put_longest_first(tune::SweepPlan& plan) {
  std::ranges::stable_sort(plan.problems, std::ranges::greater(), &tune::ProblemPlan::cost);
}

std::vector<RunHeader> runs_of(const std::vector<Board>& boards, const Policy& policy,
                               const std::optional<Part>& part) {
  std::vector<RunHeader> runs;
  for (const Board& board : boards) {
    runs.push_back(new_run(board.environment, policy));
    runs.back().part = part;
  }
  return runs;
}

int sweep_on(Options options, const Work& work, Boards& kind, const RunFolder& folder,
             workers::Trace* trace) {
  const std::atomic<bool>& stop = interrupted();
  ProgressLine progress;
  std::vector<Board>& boards = kind.boards;
  const Environment& environment = boards.front().environment;

  // 3, 4 candidates in their order: from here on the plan is final
  options.settings.final.timer = choose_timer(options.timer, options.settings.final, environment);
  follow_final(options.settings, options.energy, options.both_regimes);
  options.settings.counters = options.counters && can_count(*boards.front().worker);
  std::optional<MRounds> rounds;
  if (!options.m_text.empty())
    rounds.emplace(work, parse_m(options.m_text), limits_of(environment), options.strategy.order_seed);
  tune::SweepPlan plan =
      make_plan(rounds ? rounds->anchors() : work, limits_of(environment), options.strategy.order_seed);
  require_candidates(plan);
  const std::string hash = plan_hash(plan);
  if (options.shard) plan = only(std::move(plan), *options.shard);
  if (boards.size() > 1)
    put_longest_first(plan);
  else if (!options.selection.model.model.empty())
    put_heaviest_first(plan);
  settle_strategy(options.strategy, plan, boards.size(), !options.m_text.empty(),
                  options.resume ? strategy_before(folder.journal()) : "");
  Searching searching(options.strategy, plan);
  const bool all = searching.is_exhaustive();
  if (!all && boards.size() > 1)
    throw UserError("a search that leaves candidates out is made on one board, and --device names " +
                    std::to_string(boards.size()) + "; share problems out with --shard, one board each");
  create_folder(folder, options.resume);
  refuse_foreign_files(folder);
  log_info("{}: {} problems, {}; writing {}", names_of(boards), plan.problems.size(), searching.scope(),
           folder.path.string());

  // 5 what is known already
  store::JournalWriter journal(folder.journal());  // first: it keeps a second sweep out
  remove_left_temporaries(folder.path);
  Journal known = read_earlier(folder);
  journal.go_on_after(known);
  const std::size_t damaged_before = known.damaged.size();
  std::vector<RunHeader> runs =
      runs_of(boards, options.settings.final, part_of(hash, options.shard, boards.size() > 1, known));
  if (rounds)
    for (RunHeader& run : runs) run.m_steps = rounds->steps();
  for (RunHeader& run : runs) record_strategy(run, options.strategy);
  if (!options.force) {
    for (const RunHeader& run : runs) refuse_other_machine(known, run, folder.path.string());
    check_resumption(
        plan, known,
        {folder.path.string(), environment.device, options.settings.screening, options.settings.final});
  }
  const EarlierRuns earlier(std::move(known), runs.front());
  for (const RunHeader& run : runs) journal.write(run);
  BoardRuns board_runs(boards, runs);
  const std::optional<ColdReadFloor> floor = store::floor_for(folder.path, environment.device);

  // 6 compile, in the background   7 - 10 judge, measure, record, race the finalists
  const auto measure = [&](const tune::SweepPlan& these, const tune::Settings& settings, bool all,
                           const std::function<tune::Search(tune::Ask)>& search) {
    const std::map<std::size_t, Failure> failed_before = earlier.failures_of(these.cubins);
    if (!failed_before.empty())
      log_info("{} kernels did not compile before and are not tried again (they are in a new --out folder)",
               failed_before.size());
    std::size_t to_compile = all ? these.cubins.size() - failed_before.size() : 0;
    progress.compiling(to_compile);
    using Begin = workers::CompileAhead::Begin;
    workers::CompileAhead compiling = compile_ahead(
        these, kind.compilers, options.machine.jobs, stop, failed_before,
        [&progress] { progress.compiled(); }, all ? Begin::all : Begin::asked);
    const auto ask = [&](const std::vector<std::size_t>& indices, Urgency urgency) {
      const std::size_t more = compiling.ask(indices, urgency);
      if (more > 0) progress.to_compile(to_compile += more);
    };
    const tune::Cubins cubins = cubins_of(compiling);
    return run_boards(board_runs,
                      {these, cubins, settings, earlier, floor, journal, progress, stop, trace,
                       all ? std::nullopt : std::optional<tune::Search>(search(ask))},
                      how_to_go_on(options, folder));
  };
  const auto started = std::chrono::steady_clock::now();
  bool done =
      measure(plan, options.settings, all, [&](tune::Ask ask) { return searching.search(std::move(ask)); });
  while (done && rounds) {
    const double seconds = options.strategy.budgets.in_all.seconds;
    const double elapsed_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    const auto round =
        rounds->next(store::read_journal(folder.journal()), seconds == 0 || elapsed_s < seconds);
    if (!round) break;
    log_info("{} M between those that are tuned {}", round->plan.problems.size(),
             round->judges ? "are tried: what does the table lose there?" : "are looked at");
    const tune::Settings settings = between_anchors(options.settings);
    done = measure(round->plan, settings, /*all=*/false, [&](tune::Ask ask) {
      return searching.short_lists(round->plan, round->first, round->most, std::move(ask));
    });
  }
  if (!done) return report_interruption(options, folder);
  for (const RunEnd& end : board_runs.ends(plan)) journal.write(end);

  if (const std::string verdict = searching.verdict(); !verdict.empty()) log_info("{}", verdict);

  // 11 rows -> table and reports
  const Journal rows = store::read_journal(folder.journal());
  warn_of_new_damage(rows, damaged_before);
  const Table table = store::build_table(rows);
  const report::Report report = report::make_report(table, rows, nullptr, store::find_ceilings(folder.path));
  write_file_atomic(folder.table(), store::to_text(table));
  write_file_atomic(folder.report(), report::markdown(report));
  show(report, rows, options.output);
  const bool any_counted = std::any_of(rows.rows.begin(), rows.rows.end(),
                                       [](const Row& row) { return row.counters.has_value(); });
  if (options.resume && options.settings.counters && !any_counted)
    log_warn("nothing was counted: the winners were known from before; --counters needs a new folder");
  if (any_counted)
    log_info("what was counted: gemmtune report {} --view counters", shell_quoted(folder.path.string()));
  if (!options.selection.model.model.empty())
    log_info("what a step of the model takes: gemmtune report {}{}", shell_quoted(folder.path.string()),
             flags_of(options.selection.model));
  const bool any_failed = std::any_of(rows.rows.begin(), rows.rows.end(), failed);
  return options.strict && any_failed ? kExitFailedCandidates : kExitOk;
}

/// Boards of each kind one after the other, each kind with a folder, a journal and a table of its own.
int sweep_unlike(const Options& options, const Work& work, std::vector<Boards>& kinds,
                 const std::filesystem::path& folder, workers::Trace* trace) {
  if (!options.output.file.empty())
    throw UserError("-o is one file, and these boards are of " + std::to_string(kinds.size()) +
                    " kinds, each with a table of its own: leave it out, or name boards of one kind by "
                    "--device");
  log_warn(
      "boards of {} kinds, whose times do not belong into one table: each kind sweeps everything, one "
      "after the other, into a folder of its own below {}",
      kinds.size(), folder.string());
  int exit_code = kExitOk;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const std::string name = slug_of_kind(kinds[i].boards.front().environment, i);
    log_warn("{}: {}", name, names_of(kinds[i].boards));
    if (const int code = sweep_on(options, work, kinds[i], {folder / name}, trace); code != kExitOk)
      exit_code = code;
    if (interrupted()) return exit_code;
  }
  return exit_code;
}

/// What a search over M cannot be put together with.
void refuse_with_m(const Options& options) {
  parse_m(options.m_text);
  if (!options.strategy.strategy.empty() && options.strategy.strategy != kUsualStrategy)
    throw UserError(
        "--m goes with --strategy guided alone: the model says what to try between the M that are tuned");
  if (options.shard)
    throw UserError(
        "--m and --shard: what is looked at between the M that are tuned follows from all of a layer; give "
        "each host layers of its own by --shapes or --problem");
}

int sweep(Options& options) {
  if (!options.again.results.empty()) return revalidate(options.again, options.machine, options.output);
  if (options.force && !options.resume)
    throw UserError("--force goes with --resume: it has nothing to do in a new folder");
  if (options.sustained_from && !options.both_regimes)
    throw UserError("--sustained-from goes with --regime both: nothing else has such races beside bursts");
  options.settings.sustained_from = options.sustained_from.value_or(options.settings.sustained_from);
  if (!options.shard_text.empty()) options.shard = parse_shard(options.shard_text);
  if (!options.m_text.empty()) refuse_with_m(options);
  watch_for_interrupts();

  // 1 files -> values   2 the machine
  const Work work = read_work(options.selection);
  std::optional<workers::Trace> trace;  // before what is traced, which it outlives
  if (!options.trace_file.empty()) trace.emplace(options.trace_file);
  workers::Trace* const tracing = trace ? &*trace : nullptr;
  std::vector<Boards> kinds = open_boards(options.machine);
  const std::string set =
      work.name +
      (options.shard ? formatted("-shard-{}-of-{}", options.shard->index, options.shard->count) : "");
  const RunFolder folder = choose_folder(options.out, kinds.front().boards.front().environment.device, set);
  if (trace)
    for (Boards& kind : kinds) trace_boards(kind, *trace);
  const int exit_code = kinds.size() > 1 ? sweep_unlike(options, work, kinds, folder.path, tracing)
                                         : sweep_on(options, work, kinds.front(), folder, tracing);
  if (trace && !trace->is_whole()) log_warn("{} could not be written whole", options.trace_file);
  return exit_code;
}

}  // namespace

Run add_sweep(Command& command) {
  const auto options = std::make_shared<Options>();
  set_defaults(options->settings);
  command.description(
      "Compiles the configurations of every problem that a model expects to be fast (--strategy exhaustive: "
      "all that are legal), validates each against the reference, times what is correct, and races the "
      "fastest with cuBLASLt. Writes journal.jsonl (every candidate that was tried), table.json "
      "(the winners) and report.md into one folder; the winners also go to stdout. What was measured stays "
      "when it is interrupted. With --model the problems come first in which a step of the model is expected "
      "to spend most time, and budgets for all problems are shared out by that.");
  add_problem_options(command, options->selection);
  add_model_of_problems(command, options->selection);
  add_m_option(command, options->m_text);
  add_space_option(command, options->selection);
  command.option("--out", options->out, "folder to write; without it, results/<device>/<set>. Must be new")
      .type_name("DIR");
  command.flag("--resume", options->resume, "go on in a folder that exists: nothing is measured twice");
  command.flag(
      "--force", options->force,
      "with --resume: go on though another board, power limit or driver began; all is measured here again, "
      "and the table has nothing of theirs");
  add_devices_option(command, options->machine);
  add_shard_option(command, options->shard_text);
  add_jobs_option(command, options->machine);
  add_named_policy_option(
      command, [settings = &options->settings](const NamedPolicy& policy) { take(policy, *settings); });
  add_policy_options(command, options->settings.final, options->timer, &options->both_regimes);
  add_sustained_from_option(command, options->sustained_from, options->settings.sustained_from);
  add_strategy_options(command, options->strategy, kUsualStrategy, why_guided());
  add_sweep_options(command, options->strategy);
  command
      .option("--finalists", options->settings.finalists,
              "at most how many of the fastest are raced again, interleaved, with the libraries")
      .type_name("N")
      .range(1, 1000);
  command.flag("--energy", options->energy,
               "measure the energy of each winner and of each library too, launches back to back: two to ten "
               "seconds each. With --resume it is added to races that were held without");
  add_counters_option(command, options->counters, "each winner");
  command
      .option("--trace", options->trace_file,
              "write where the time went, for ui.perfetto.dev or chrome://tracing: a lane for each board and "
              "each compiler")
      .type_name("FILE");
  command.flag("--strict", options->strict,
               "exit 6 when a candidate failed to compile, to run or to be right");
  add_output_options(command, options->output);
  add_revalidate_options(command, options->again);
  command.footer(
      "Examples\n"
      "  gemmtune sweep --shapes dsv3.json\n"
      "  gemmtune sweep --problem dense_1d2d:m=64,n=2112,k=7168 --out /tmp/one\n"
      "  gemmtune sweep --shapes dsv3.json --strategy exhaustive\n"
      "  gemmtune sweep --shapes dsv3.json --regime both\n"
      "  gemmtune sweep --model deepseek-v3 --tp 8 --ep 32 --phase decode \\\n"
      "    --time-budget-in-all 150\n"
      "  gemmtune sweep --shapes dsv3.json --m auto --policy quick\n"
      "  gemmtune sweep --revalidate results/h100-sxm/dsv3");
  return [options] { return sweep(*options); };
}

}  // namespace gemmtune::cli
