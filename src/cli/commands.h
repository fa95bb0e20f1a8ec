// The seam between the commands and the program: one file a command, one line here a command.
#pragma once

#include "cli/command.h"

#include <functional>

namespace gemmtune::cli {

/// What a chosen command does; returns the exit code. Throws UserError for what the user can put right.
using Run = std::function<int()>;

// Each registers options, help and an example on its subcommand and returns what to run. The options live as
// long as the returned function (it owns them).
Run add_sweep(Command& command);
Run add_plan(Command& command);
Run add_compile(Command& command);
Run add_verify(Command& command);
Run add_bench(Command& command);
Run add_profile(Command& command);
Run add_accuracy(Command& command);
Run add_ceilings(Command& command);
Run add_quantise(Command& command);
Run add_explain(Command& command);
Run add_replay(Command& command);
Run add_portfolio(Command& command);
Run add_report(Command& command);
Run add_compare(Command& command);
Run add_history(Command& command);
Run add_merge(Command& command);
Run add_slurm_script(Command& command);
Run add_export(Command& command);
Run add_shapes(Command& command);
Run add_list(Command& command);
Run add_doctor(Command& command);
Run add_cache(Command& command);
Run add_completion(Command& command);

}  // namespace gemmtune::cli
