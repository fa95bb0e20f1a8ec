// `gemmtune plan`: which configurations a sweep would try, and why not the others. Needs no GPU and no
// worker.
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/selection.h"
#include "core/fields_of_problem.h"
#include "core/groups.h"
#include "report/grid.h"
#include "report/problem_columns.h"
#include "space/enumerate_all.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace gemmtune::cli {

namespace {

using report::Cell;
using report::Format;
using report::Grid;

struct Options {
  Selection selection;
  OutputOptions output;
  bool explain = false;
  bool candidates = false;
};

struct Planned {
  Problem problem;
  std::size_t candidates = 0;
  std::size_t cubins = 0;
  space::Enumeration enumeration;
};

/// All problems, and the cubins of all of them, each once.
struct Plan {
  std::vector<Planned> problems;
  std::set<std::pair<std::string, Config>> cubins;
};

/// Without the candidates themselves, unless they are to be shown: of many problems they would fill the
/// memory.
Plan plan_all(const Work& work, bool keeps_candidates) {
  Plan plan;
  ProgressLine progress;
  progress.begin("plan", work.problems.size(), static_cast<double>(work.problems.size()));
  space::enumerate_all(
      work.problems, work.spaces, hopper_limits(), [&](std::size_t i, space::Enumeration enumeration) {
        const Problem& problem = work.problems[i];
        std::vector<Config> cubins = enumeration.cubins(family::require(problem.kernel), problem);
        const std::size_t candidates = enumeration.candidates.size();
        if (!keeps_candidates) std::vector<Config>().swap(enumeration.candidates);
        enumeration.built_as = {};
        plan.problems.push_back({problem, candidates, cubins.size(), std::move(enumeration)});
        for (Config& config : cubins) plan.cubins.emplace(problem.kernel, std::move(config));
        progress.step(describe(problem), 1);
      });
  return plan;
}

bool is_unsupported(const Planned& planned) {
  return planned.enumeration.unsupported.has_value();
}

report::Tone doubtful(const Cell&) {
  return report::Tone::doubtful;
}

/// The sizes of the groups in each draw, as 1/0/130; empty of problems that have none.
Cell sizes_of_draws(const Problem& problem) {
  if (!is_grouped(problem)) return {};
  std::vector<std::string> draws;
  for (const auto& sizes : figures_of_groups(problem).draws) draws.push_back(text_of(sizes));
  return join(draws, " ");
}

/// One row a problem; for programs also its identity, the sizes of its groups and the pruned ones by
/// constraint.
Grid problems_grid(const std::vector<Planned>& plan, bool for_people) {
  const bool with_reasons = !for_people || std::ranges::any_of(plan, is_unsupported);
  Grid grid;
  if (!for_people) grid.columns = {{"problem_id", ""}, {"problem", ""}, {"group_sizes_of_draws", ""}};
  // For programs the problem itself is there.
  report::Distinctions apart;
  if (for_people) apart = report::distinctions(plan, [](const Planned& planned) { return planned.problem; });
  grid.columns = report::joined(grid.columns, report::problem_columns(apart));
  grid.columns = report::joined(grid.columns,
                                {{"candidates", "candidates"}, {"cubins", "cubins"}, {"pruned", "pruned"}});
  if (with_reasons) grid.columns.push_back({"unsupported", "unsupported", 0, doubtful});
  for (const auto& [problem, candidates, cubins, enumeration] : plan) {
    std::vector<Cell> row;
    if (!for_people) row = {problem_id(problem), describe(problem), sizes_of_draws(problem)};
    row = report::joined(row, report::problem_cells(problem, apart));
    row = report::joined(row,
                         {std::int64_t(candidates), std::int64_t(cubins),
                          for_people ? Cell(enumeration.pruned_total()) : Cell(Config(enumeration.pruned))});
    if (with_reasons)
      row.push_back(enumeration.unsupported ? Cell(enumeration.unsupported->sentence()) : Cell());
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

/// One row a candidate.
Grid candidates_grid(const std::vector<Planned>& plan, bool nested) {
  Grid grid{{{"problem", "problem"}, {"config_id", "id"}, {"config", "configuration"}}, {}};
  for (const Planned& planned : plan)
    for (const Config& config : planned.enumeration.candidates)
      grid.rows.push_back(
          {describe(planned.problem), config_id(config), nested ? Cell(config) : Cell(describe(config))});
  return grid;
}

/// What a constraint did to the whole plan.
struct Pruning {
  std::int64_t configurations = 0;
  std::int64_t problems = 0;
  std::string sentence;  ///< of the first case
  std::string problem;
  std::string config;  ///< empty when it is the problem that breaks the constraint
};

std::map<std::string, Pruning> prunings(const std::vector<Planned>& plan) {
  std::map<std::string, Pruning> all;
  for (const auto& [problem, count, cubins, enumeration] : plan) {
    if (const auto& unsupported = enumeration.unsupported) {
      Pruning first{0, 0, unsupported->sentence(), describe(problem), ""};
      ++all.try_emplace(std::string(unsupported->constraint), std::move(first)).first->second.problems;
    }
    for (const auto& [constraint, example] : enumeration.examples) {
      Pruning first{0, 0, example.sentence, describe(problem), describe(example.config)};
      Pruning& pruning = all.try_emplace(constraint, std::move(first)).first->second;
      ++pruning.problems;
      pruning.configurations += enumeration.pruned.at(constraint);
    }
  }
  return all;
}

/// One row a constraint.
Grid prunings_grid(const std::map<std::string, Pruning>& all) {
  Grid grid{{{"constraint", "constraint"},
             {"pruned", "pruned"},
             {"problems", "problems"},
             {"sentence", "why, in the first case"},
             {"problem", "problem"},
             {"config", "configuration"}},
            {}};
  for (const auto& [constraint, pruning] : all)
    grid.rows.push_back({constraint, pruning.configurations, pruning.problems, pruning.sentence,
                         pruning.problem, pruning.config});
  return grid;
}

/// The same as paragraphs: the sentences are too long for columns.
std::string explained(const std::map<std::string, Pruning>& all, const report::Screen& screen) {
  std::string text;
  for (const auto& [constraint, pruning] : all) {
    const std::string problems =
        std::to_string(pruning.problems) + (pruning.problems == 1 ? " problem" : " problems");
    const bool whole_problem = pruning.config.empty();
    text += screen.painted(constraint, report::Tone::heading) +
            (whole_problem ? ": rules out " : ": " + std::to_string(pruning.configurations) + " pruned in ") +
            problems + "\n  " + pruning.sentence + "\n  for example " + pruning.problem + "\n";
    if (!whole_problem) text += "  with " + pruning.config + "\n";
  }
  return text;
}

std::string totals(const Plan& plan) {
  std::size_t candidates = 0;
  std::int64_t pruned = 0;
  for (const Planned& planned : plan.problems) {
    candidates += planned.candidates;
    pruned += planned.enumeration.pruned_total();
  }
  return "In all: " + std::to_string(candidates) + " candidates for " + std::to_string(plan.problems.size()) +
         (plan.problems.size() == 1 ? " problem, " : " problems, ") + std::to_string(plan.cubins.size()) +
         " cubins, " + std::to_string(pruned) + " pruned\n";
}

int run(const Options& options) {
  if (options.explain && options.candidates)
    throw UserError("--explain and --candidates: choose one of them");
  const Plan all = plan_all(read_work(options.selection), options.candidates);
  const std::vector<Planned>& plan = all.problems;

  const Format format = report::parse_format(options.output.format);
  const bool table = format == Format::table;
  const bool for_people = table || format == Format::md;
  const bool nested = format == Format::json || format == Format::jsonl;
  const report::Screen screen = screen_of(options.output);
  std::string text;
  if (options.explain)
    text = table ? explained(prunings(plan), screen) : render(prunings_grid(prunings(plan)), format);
  else if (options.candidates)
    text = render(candidates_grid(plan, nested), format, screen);
  else
    text = render(problems_grid(plan, for_people), format, screen);
  if (table) text += "\n" + totals(all);
  emit(text, options.output);

  if (std::ranges::all_of(plan, [](const Planned& planned) { return planned.candidates == 0; }))
    log_warn(
        "no configuration is legal for any of the problems: --explain says why, --space can offer others");
  return kExitOk;
}

}  // namespace

Run add_plan(Command& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Shows how many configurations an exhaustive sweep would try for each problem, how many cubins they "
      "need, and how many are pruned because a constraint of the kernel forbids them. Assumes an H100 SXM; "
      "needs no GPU.");
  add_problem_options(command, options->selection);
  add_model_of_problems(command, options->selection);
  add_space_option(command, options->selection);
  add_config_option(command, options->selection);
  command.flag("--explain", options->explain,
               "show the constraints instead: how many configurations each prunes, why, an example");
  command.flag("--candidates", options->candidates,
               "show the candidates instead, as --problem and --config read them");
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune plan --shapes dsv3.json\n"
      "  gemmtune plan --problem dense_1d2d:m=64,n=2112,k=7168 --explain\n"
      "  gemmtune plan --shapes smoke.json --candidates --format csv -o plan.csv");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
