// Which problems and which configurations a command is about: the flags, read and checked.
#pragma once

#include "cli/command.h"
#include "cli/model_options.h"
#include "core/problem.h"
#include "core/space_spec.h"

#include <map>
#include <string>
#include <vector>

namespace gemmtune::cli {

/// As given on the command line.
struct Selection {
  ModelOptions model;  ///< of commands that take one
  std::string shapes;
  std::vector<std::string> problems;
  std::string space;
  std::vector<std::string> configs;
  bool skip_missing = false;
};

void add_problem_options(Command& command, Selection& selection);
/// --model and what goes with it, beside the sets and problems.
void add_model_of_problems(Command& command, Selection& selection);
void add_space_option(Command& command, Selection& selection);
void add_config_option(Command& command, Selection& selection);

/// The same, read and checked. No device is known yet.
struct Work {
  std::string name;  ///< of the set, for the folder of results
  std::vector<Problem> problems;
  std::map<std::string, std::vector<SpaceSpec>> spaces;  ///< by kernel; a --config is a space of one point
};

/// Throws UserError (exit 2) for files and flags that cannot be understood, or when no problem is given.
Work read_work(const Selection& selection);

/// The problems alone, without spaces.
Work read_problems(const Selection& selection);

}  // namespace gemmtune::cli
