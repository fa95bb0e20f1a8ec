// `gemmtune history`: the slow drift that a comparison of neighbours does not see. Needs no GPU.
#include "cli/commands.h"
#include "cli/compare_input.h"
#include "cli/log.h"
#include "cli/output.h"
#include "compare/history.h"
#include "report/grid.h"
#include "report/phrases.h"
#include "report/problem_columns.h"
#include "util/error.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace gemmtune::cli {

namespace {

struct Options {
  std::vector<std::string> folders;
  double min_effect_percent = 1;
  bool series = false;
  bool force = false;
  OutputOptions output;
};

compare::Side read_runs(const std::vector<std::string>& folders) {
  compare::Side all{"history", {}};
  for (const std::string& folder : folders)
    for (compare::Run& run : read_side(folder).runs) all.runs.push_back(std::move(run));
  return all;
}

const Problem& problem_of(const compare::History& history) {
  return history.problem;
}

report::Grid series_of(const std::vector<compare::History>& histories) {
  report::Grid grid;
  const report::Distinctions apart = report::distinctions(histories, problem_of);
  grid.columns = report::joined(report::problem_columns(apart), {{"revision", "revision"},
                                                                 {"timestamp", "time"},
                                                                 {"time_us", "µs", 2},
                                                                 {"runs", "runs"},
                                                                 {"change_percent", "change %", 2}});
  for (const compare::History& history : histories)
    for (std::size_t i = 0; i < history.points.size(); ++i) {
      const compare::HistoryPoint& point = history.points[i];
      report::Cell change;
      for (const compare::HistoryChange& found : history.changes)
        if (found.point == i) change = 100 * found.change.estimate;
      grid.rows.push_back(report::joined(
          report::problem_cells(history.problem, apart),
          {point.revision, point.timestamp, point.time_us, static_cast<std::int64_t>(point.runs), change}));
    }
  return grid;
}

report::Grid changes_of(const std::vector<compare::History>& histories) {
  report::Grid grid;
  const report::Distinctions apart = report::distinctions(histories, problem_of);
  grid.columns = report::joined(report::problem_columns(apart), {{"after", "after"},
                                                                 {"revision", "revision"},
                                                                 {"timestamp", "time"},
                                                                 {"change_percent", "change %", 2},
                                                                 {"change_percent_low", "from", 2},
                                                                 {"change_percent_high", "to", 2}});
  for (const compare::History& history : histories)
    for (const compare::HistoryChange& found : history.changes)
      grid.rows.push_back(
          report::joined(report::problem_cells(history.problem, apart),
                         {history.points[found.point - 1].revision, history.points[found.point].revision,
                          history.points[found.point].timestamp, 100 * found.change.estimate,
                          100 * found.change.low, 100 * found.change.high}));
  return grid;
}

int run(const Options& options) {
  const compare::Side runs = read_runs(options.folders);
  const std::vector<std::string> differences = compare::differences(runs, {});
  for (const std::string& difference : differences) {
    if (!options.force)
      throw UserError("these are no series: " + difference +
                      ". Leave one out, or take it all the same by --force");
    log_warn("taken by force: {}", difference);
  }
  const auto histories = compare::history(runs, options.min_effect_percent / 100);
  if (histories.empty()) throw UserError("nothing was timed in any of these folders");
  const report::Grid changes = changes_of(histories);
  std::size_t longest = 0;
  for (const compare::History& history : histories) longest = std::max(longest, history.points.size());
  log_info("{} problems, {} revisions, {} changes of level{}", histories.size(), longest, changes.rows.size(),
           longest < 2 ? "; a change needs two revisions" : "");
  const report::Format format = report::parse_format(options.output.format);
  std::string text =
      report::render(options.series ? series_of(histories) : changes, format, screen_of(options.output));
  const bool for_people = format == report::Format::table || format == report::Format::md;
  if (for_people && compare::environment_of(runs).simulated)
    text = std::string(report::kSimulatedNotice) + "\n\n" + text;
  emit(text, options.output);
  return kExitOk;
}

}  // namespace

Run add_history(Command& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Puts runs in the order of time, one point a revision, and names the revisions at which the level of a "
      "problem changed. What is below the minimum from one revision to the next is found once it has added "
      "up. "
      "Folders are those of \"gemmtune compare\".");
  command.option("folders", options->folders, "runs, in any order").type_name("FOLDER").required();
  command.option("--min-effect", options->min_effect_percent, "a change of level below this does not matter")
      .type_name("PERCENT")
      .range(0.0, 1000.0);
  command.flag("--series", options->series, "show every point, not only the changes");
  command.flag("--force", options->force, "take runs that are unlike all the same");
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune history nightly/*\n"
      "  gemmtune history nightly/* --series --format csv -o series.csv");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
