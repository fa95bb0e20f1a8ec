#include "cli/app.h"

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "cli/terminal.h"
#include "util/error.h"
#include "util/format.h"
#include "util/version.h"

#include <utility>
#include <vector>

namespace gemmtune::cli {

namespace {

struct Entry {
  const char* name;
  const char* group;
  const char* summary;
  Run (*add)(Command& command);
};

// A command is one line here, one file cli/cmd_<name>.cpp and one golden help text.
constexpr Entry kCommands[] = {
    {"sweep", "Tune", "measure the configurations that may be fastest, keep the winners", add_sweep},
    {"shapes", "Tune", "from a model's config.json to the GEMMs it runs", add_shapes},
    {"plan", "Tune", "show which configurations an exhaustive sweep would try, and why not the others",
     add_plan},
    {"compile", "Tune", "compile what a sweep may need into the cache; needs no GPU", add_compile},
    {"merge", "Tune", "put the journals of several sweeps into one folder", add_merge},
    {"slurm-script", "Tune", "print a job array that sweeps in shards", add_slurm_script},
    {"verify", "Check", "compare what given configurations compute with the reference, without timing",
     add_verify},
    {"bench", "Check", "time given configurations beside the libraries", add_bench},
    {"profile", "Check", "launch one configuration under Nsight or a sanitizer", add_profile},
    {"accuracy", "Check", "what a recipe costs in accuracy, on made data and on yours", add_accuracy},
    {"ceilings", "Check", "measure what this GPU can do: memory, tensor cores, launches", add_ceilings},
    {"quantise", "Check", "judge the quantisers bit by bit and time them; write them for other programs",
     add_quantise},
    {"report", "Results", "show a sweep's result as table, Markdown, CSV or JSON", add_report},
    {"compare", "Results", "say what is slower, faster, wrong or gone; fail a build", add_compare},
    {"explain", "Results", "say why a table has what it has for a problem", add_explain},
    {"replay", "Results", "try a search strategy on a recorded sweep, without a GPU", add_replay},
    {"portfolio", "Results", "choose few cubins for many problems, without a GPU", add_portfolio},
    {"history", "Results", "times by revision, and where they changed", add_history},
    {"export", "Results", "write a tuning table for other programs, and check what they get", add_export},
    {"list", "About", "kernels, problem sets and spaces that this build knows", add_list},
    {"doctor", "About", "what is missing on this machine, and what to do", add_doctor},
    {"cache", "About", "the compiled kernels on disk", add_cache},
    {"completion", "About", "teach bash, zsh or fish to complete the command line", add_completion},
};

/// A command with its function once it was chosen.
struct Registered {
  const Command* command;
  Run run;
};

std::vector<Registered> add_commands(Command& program) {
  std::vector<Registered> registered;
  for (const Entry& entry : kCommands) {
    Command& added = program.add(entry.name, entry.summary);
    added.group(entry.group);
    Run run = entry.add(added);
    registered.push_back({&added, std::move(run)});
  }
  return registered;
}

void describe_program(Command& program) {
  program.description(
      "Finds the fastest configuration of FP8 block-scaled GEMM kernels for the GPU at hand, and proves each "
      "one right before timing it.");
  program.version_flag();
  program.option("--color", verbosity().color, "colour on terminals").words({"auto", "always", "never"});
  program.flag("-q,--quiet", verbosity().quiet, "no progress, warnings and errors only");
  program.flag("-v,--verbose", verbosity().verbose, "say more on stderr");
  program.footer(
      "Examples\n"
      "  gemmtune doctor\n"
      "  gemmtune sweep --shapes dsv3.json\n"
      "  gemmtune report results/h100-sxm/dsv3 --format md");
}

}  // namespace

int run(int argc, char** argv) {
  Command program("gemmtune", "tuner of FP8 GEMM kernels");
  describe_program(program);
  const std::vector<Registered> commands = add_commands(program);
  int exit_code = kExitOk;
  switch (parse(program, argc, argv)) {
    case Asked::help:
      print(help_text(innermost(program)));
      break;
    case Asked::version:
      print(formatted("gemmtune {} ({})\n", kVersion, kRevision));
      break;
    case Asked::run:
      set_up_log();
      for (const Registered& registered : commands)
        if (registered.command->chosen()) exit_code = registered.run();
      break;
  }
  flush_stdout();
  return exit_code;
}

}  // namespace gemmtune::cli
