#include "cli/fill_cells.h"

#include "cli/board_runs.h"
#include "cli/boards.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/plan.h"
#include "cli/policy_options.h"
#include "cli/progress.h"
#include "cli/run_folder.h"
#include "cli/run_record.h"
#include "cli/standing.h"
#include "cli/sweep_settings.h"
#include "family/family.h"
#include "store/ceilings.h"
#include "util/error.h"
#include "util/shell.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace gemmtune::cli {

namespace {

/// A cubin with the launches that a bundle's loader has to choose among (launch/picker.h).
SpaceSpec launches_of(const tune::Cubin& cubin, const Problem& problem) {
  SpaceSpec space{"a cubin near the best elsewhere", cubin.kernel, {}, /*given=*/true};
  for (const family::Parameter& parameter : family::require(cubin.kernel).parameters()) {
    const std::string name(parameter.name);
    const auto value = cubin.compiled.find(name);
    if (value != cubin.compiled.end())
      space.parameters[name] = {value->second};
    else if (parameter.optional)
      space.parameters[name] = {0};
  }
  space.parameters["num_sms"] = {"all", "minimal"};
  space.parameters["raster"] = {8};
  if (problem.m > 8 * cubin.compiled.at("block_m") * cubin.compiled.at("cluster_m"))
    space.parameters["raster"].emplace_back(16);
  space.parameters["evict_first"] = {"band"};
  return space;
}

SpaceSpec alone(const std::string& kernel, const Config& config) {
  SpaceSpec space{"the fastest", kernel, {}, /*given=*/true};
  for (const family::Parameter& parameter : family::require(kernel).parameters())
    if (parameter.optional) space.parameters[std::string(parameter.name)] = {0};
  for (const auto& [name, value] : config) space.parameters[name] = {value};
  return space;
}

std::set<std::size_t> near_best_cubins(const tune::Losses& losses, const FillOptions& options) {
  std::set<std::size_t> near;
  for (const auto& of_problem : losses.of) {
    std::vector<std::pair<double, std::size_t>> these;
    for (std::size_t cubin = 0; cubin < of_problem.size(); ++cubin)
      if (of_problem[cubin] && *of_problem[cubin] <= options.near_percent / 100)
        these.emplace_back(*of_problem[cubin], cubin);
    std::ranges::sort(these);
    these.resize(std::min(these.size(), options.most));
    for (const auto& [loss, cubin] : these) near.insert(cubin);
  }
  return near;
}

/// Cubins of which a launch was tried there, right or wrong.
std::set<Config> tried_at(const tune::Recorded& recorded) {
  const family::Family& family = family::require(recorded.problem.kernel);
  std::set<Config> tried;
  for (const Config& config : recorded.candidates) tried.insert(family.compiled(config, recorded.problem));
  return tried;
}

Table table_like(const PortfolioSource& source) {
  Table table;
  table.environment = source.environment;
  table.policy = source.policy;
  for (const tune::Recorded& recorded : source.problems) {
    table.entries.emplace_back();
    table.entries.back().problem = recorded.problem;
  }
  return table;
}

/// As between the anchors of a sweep over M: ours alone, few of them raced.
tune::Settings settings_of(const PortfolioSource& source, const Environment& environment) {
  tune::Settings settings;
  set_defaults(settings);
  if (const auto policy = policy_of(source.policy)) settings.final = *policy;
  if (settings.final.timer == Timer::cupti || !policy_of(source.policy))
    settings.final.timer = choose_timer(std::nullopt, settings.final, environment);
  follow_final(settings, /*energy=*/false);
  return between_anchors(std::move(settings));
}

}  // namespace

FillPlan cells_to_fill(const PortfolioSource& source, const FillOptions& options,
                       const DeviceLimits& limits) {
  const auto problems = std::span(source.problems).first(source.chosen_for);
  const tune::Losses losses = tune::losses_of(problems);
  const std::set<std::size_t> near = near_best_cubins(losses, options);
  FillPlan filled;
  filled.cubins = near.size();
  PlanBuilder builder(limits, 0);
  for (const tune::Recorded& recorded : problems) {
    const family::Family& family = family::require(recorded.problem.kernel);
    const std::set<Config> tried = tried_at(recorded);
    std::vector<SpaceSpec> spaces;
    for (const std::size_t index : near) {
      const tune::Cubin& cubin = losses.cubins[index];
      if (cubin.kernel != recorded.problem.kernel || tried.contains(cubin.compiled)) continue;
      const SpaceSpec launches = launches_of(cubin, recorded.problem);
      // The same cubin, not another one that the words or the problem's form of D make of it.
      const auto enumerated = space::enumerate(launches, recorded.problem, limits);
      if (std::ranges::any_of(enumerated.candidates, [&](const Config& config) {
            return family.compiled(config, recorded.problem) == cubin.compiled;
          }))
        spaces.push_back(launches);
    }
    if (spaces.empty()) continue;
    filled.cells += spaces.size();
    spaces.push_back(alone(recorded.problem.kernel, recorded.candidates[recorded.fastest().value()]));
    builder.add(recorded.problem, spaces);
  }
  filled.plan = builder.take();
  return filled;
}

int fill_cells(const PortfolioSource& source, const FillOptions& options) {
  const std::atomic<bool>& stop = watch_for_interrupts();
  std::vector<Boards> kinds = open_boards(options.machine);
  if (kinds.size() > 1)
    throw UserError("--measure: boards of " + std::to_string(kinds.size()) + " kinds; name those of one");
  std::vector<Board>& boards = kinds.front().boards;
  const Environment& environment = boards.front().environment;
  if (environment.device != source.device)
    throw UserError("--measure: the sweeps are of " + source.device + ", and this is " + environment.device +
                    ": what is fast on one says nothing of the other");
  warn_unless_fresh("the sweeps", table_like(source), environment, source.policy);
  const FillPlan filled = cells_to_fill(source, options, limits_of(environment));
  if (filled.cells == 0) {
    log_info("{} cubins are near the best of some problem, and each was tried on all: nothing to measure",
             filled.cubins);
    return kExitOk;
  }
  const RunFolder folder{options.folder};
  create_folder(folder, /*resume=*/true);
  refuse_foreign_files(folder);
  log_info(
      "{} cubins are near the best of some problem; {} cells of them were never measured: {} launches "
      "on {} problems; writing {}",
      filled.cubins, filled.cells, filled.plan.candidates(), filled.plan.problems.size(), options.folder);
  store::JournalWriter journal(folder.journal());
  Journal known = store::read_journal(folder.journal());
  journal.go_on_after(known);
  const tune::Settings settings = settings_of(source, environment);
  std::vector<RunHeader> runs;
  for (const Board& board : boards) runs.push_back(new_run(board.environment, settings.final));
  if (runs.size() > 1)
    for (RunHeader& run : runs) run.part = Part{"portfolio"};
  for (const RunHeader& run : runs) refuse_other_machine(known, run, options.folder);
  const EarlierRuns earlier(std::move(known), runs.front());
  for (const RunHeader& run : runs) journal.write(run);
  ProgressLine progress;
  progress.compiling(filled.plan.cubins.size());
  workers::CompileAhead compiling =
      compile_ahead(filled.plan, kinds.front().compilers, options.machine.jobs, stop,
                    earlier.failures_of(filled.plan.cubins), [&progress] { progress.compiled(); });
  const tune::Cubins cubins = cubins_of(compiling);
  BoardRuns board_runs(boards, runs);
  const bool done =
      board_runs.run({filled.plan, cubins, settings, earlier,
                      store::floor_for(folder.path, environment.device), journal, progress, stop});
  if (!done) {
    log_warn("interrupted; what was measured is in {}: the same command goes on", folder.journal().string());
    return interrupted_exit_code();
  }
  for (const RunEnd& end : board_runs.ends(filled.plan)) journal.write(end);
  return kExitOk;
}

}  // namespace gemmtune::cli
