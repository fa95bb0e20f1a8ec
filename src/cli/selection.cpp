#include "cli/selection.h"

#include "cli/log.h"
#include "input/builtin.h"
#include "input/command_line.h"
#include "input/shapes.h"
#include "input/shapes_text.h"
#include "input/space_file.h"
#include "layers/step.h"
#include "util/error.h"
#include "util/text.h"

#include <map>
#include <set>

namespace gemmtune::cli {

namespace {

std::vector<std::string> known_names(const input::Kind& kind) {
  const auto names = input::builtin_names(kind);
  return {names.begin(), names.end()};
}

}  // namespace

void add_problem_options(Command& command, Selection& selection) {
  command
      .option("--shapes", selection.shapes,
              "problem set: a JSON file, or a built-in set (see \"gemmtune list\")")
      .type_name("FILE")
      .suggests(known_names(input::kShapes));
  command
      .option("--problem", selection.problems,
              "one problem, as dense_1d2d:m=64,n=2112,k=7168 (with any field of a set: out=fp32, "
              "accumulate=true, ...); repeat for more")
      .type_name("TEXT");
  command.flag("--skip-missing", selection.skip_missing,
               "leave out problems of kernels that this build lacks");
}

void add_model_of_problems(Command& command, Selection& selection) {
  add_model_options(
      command, selection.model, "--routing-seed",
      "the problems of a step of this model, as `gemmtune shapes` makes them: config.json, or a "
      "built-in model");
}

void add_space_option(Command& command, Selection& selection) {
  command
      .option("--space", selection.space,
              "search space: a JSON file or a built-in one; without it, the kernel's own")
      .type_name("FILE")
      .suggests(known_names(input::kSpaces));
}

void add_config_option(Command& command, Selection& selection) {
  command
      .option("--config", selection.configs,
              "one configuration, as block_m=128,block_n=112 (stages=max, num_sms=all, raster=8, k_groups=1, "
              "split_k=1, swap_ab=0, evict_first=band and no cluster where not given); repeat for more")
      .type_name("TEXT");
}

namespace {

/// What this build has no kernel for: the kernels with the number of their problems.
void leave_out(const std::vector<Problem>& missing, const Work& work, bool skip) {
  if (missing.empty()) return;
  std::map<std::string, std::size_t> counts;
  for (const Problem& problem : missing) ++counts[problem.kernel];
  std::vector<std::string> kernels;
  for (const auto& [kernel, count] : counts)
    kernels.push_back(kernel + " (" + std::to_string(count) + (count == 1 ? " problem)" : " problems)"));
  const std::string which = "this build has no kernel " + join(kernels, ", ");
  if (work.problems.empty())
    throw UserError(which + ", and there are no other problems; `gemmtune list kernels` shows those it has");
  if (!skip)
    throw UserError(which + "; --skip-missing goes on with the other " +
                    std::to_string(work.problems.size()));
  log_warn("{}: left out", which);
}

}  // namespace

Work read_problems(const Selection& selection) {
  if (selection.shapes.empty() && selection.problems.empty() && selection.model.model.empty())
    throw UserError(
        "no problem given: name a set (--shapes dsv3.json) or a problem (--problem "
        "dense_1d2d:m=64,n=2112,k=7168); \"gemmtune list\" shows the built-in sets");
  Work work;
  work.name = "problems";
  std::vector<Problem> missing;
  if (!selection.shapes.empty()) {
    input::ShapeSet set = input::read_shapes(selection.shapes);
    work.name = set.name;
    work.problems = std::move(set.problems);
    missing = std::move(set.missing);
  }
  std::set<std::string> known;
  for (const Problem& problem : work.problems) known.insert(problem_id(problem));
  if (!selection.model.model.empty()) {
    const layers::Step step = step_of(selection.model);
    const layers::Model model = layers::read_model(selection.model.model);
    if (selection.shapes.empty()) work.name = set_name(model, selection.model);
    const std::vector<Problem> made = problems_of_step(model, step).problems;
    // Through the text of a set: what `gemmtune shapes` would write is checked as `--shapes` checks it.
    const input::ShapeSet set =
        input::parse_shapes(selection.model.model, input::shapes_text("step", "", made));
    for (const Problem& problem : set.problems)
      if (known.insert(problem_id(problem)).second) work.problems.push_back(problem);
    missing.insert(missing.end(), set.missing.begin(), set.missing.end());
  }
  for (const std::string& text : selection.problems) {
    const input::ShapeSet set = input::parse_problems(text);
    for (const Problem& problem : set.problems)
      if (known.insert(problem_id(problem)).second) work.problems.push_back(problem);
    missing.insert(missing.end(), set.missing.begin(), set.missing.end());
  }
  leave_out(missing, work, selection.skip_missing);
  return work;
}

Work read_work(const Selection& selection) {
  Work work = read_problems(selection);
  for (const Problem& problem : work.problems) {
    std::vector<SpaceSpec>& spaces = work.spaces[problem.kernel];
    if (!spaces.empty()) continue;
    for (const std::string& text : selection.configs)
      spaces.push_back(input::parse_config(text, problem.kernel));
    if (!selection.space.empty()) {
      std::vector<SpaceSpec> given;
      std::erase_if(given = input::read_spaces(selection.space),
                    [&](const SpaceSpec& space) { return space.kernel != problem.kernel; });
      if (given.empty())
        throw UserError(selection.space + ": there is no space of " + problem.kernel +
                        " in it, of which there are problems; add one, or leave --space out");
      spaces.insert(spaces.end(), given.begin(), given.end());
    }
    if (spaces.empty()) spaces = input::default_spaces(problem.kernel);
  }
  return work;
}

}  // namespace gemmtune::cli
