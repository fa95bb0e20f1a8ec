// The seam between the commands and the program: one file a command, one line here a command.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace gemmtune::cli {

/// What a chosen command does; returns the exit code. Throws UserError for what the user can put right.
using Run = std::function<int()>;

// Each registers options, help and an example on its subcommand and returns what to run. The options live as
// long as the returned function (it owns them).
Run add_sweep(CLI::App& command);
Run add_plan(CLI::App& command);
Run add_compile(CLI::App& command);
Run add_verify(CLI::App& command);
Run add_bench(CLI::App& command);
Run add_profile(CLI::App& command);
Run add_ceilings(CLI::App& command);
Run add_report(CLI::App& command);
Run add_compare(CLI::App& command);
Run add_history(CLI::App& command);
Run add_export(CLI::App& command);
Run add_list(CLI::App& command);
Run add_doctor(CLI::App& command);
Run add_cache(CLI::App& command);
Run add_completion(CLI::App& command);

}  // namespace gemmtune::cli
