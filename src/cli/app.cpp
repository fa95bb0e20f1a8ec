#include "cli/app.h"

#include "cli/command.h"
#include "cli/help.h"
#include "cli/log.h"
#include "cli/terminal.h"
#include "util/error.h"
#include "util/text.h"
#include "util/version.h"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace gemmtune::cli {

namespace {

struct Command {
  const char* name;
  const char* group;
  const char* summary;
  Run (*add)(CLI::App& command);
};

// A command is one line here, one file cli/cmd_<name>.cpp and one golden help text.
constexpr Command kCommands[] = {
    {"sweep", "Tune", "measure every legal configuration, keep the winners", add_sweep},
    {"plan", "Tune", "show which configurations a sweep would try, and why not the others", add_plan},
    {"compile", "Tune", "compile what a sweep needs into the cache; needs no GPU", add_compile},
    {"verify", "Check", "judge given configurations against the truth, without timing", add_verify},
    {"bench", "Check", "time given configurations beside the libraries", add_bench},
    {"profile", "Check", "launch one configuration under Nsight or a sanitizer", add_profile},
    {"ceilings", "Check", "measure what this GPU can do: memory, tensor cores, launches", add_ceilings},
    {"report", "Results", "show a sweep's result as table, Markdown, CSV or JSON", add_report},
    {"compare", "Results", "say what is slower, faster, wrong or gone; fail a build", add_compare},
    {"history", "Results", "times by revision, and where they changed", add_history},
    {"export", "Results", "make of a tuning table what other programs run", add_export},
    {"list", "About", "kernels, problem sets and spaces that this build knows", add_list},
    {"doctor", "About", "what is missing on this machine, and what to do", add_doctor},
    {"cache", "About", "the compiled kernels on disk", add_cache},
    {"completion", "About", "teach bash, zsh or fish to complete the command line", add_completion},
};

/// A CLI11 app with a command's function once it was chosen.
struct Registered {
  CLI::App* app;
  Run run;
};

std::vector<Registered> add_commands(CLI::App& app) {
  std::vector<Registered> registered;
  for (const Command& command : kCommands) {
    CLI::App* added = app.add_subcommand(command.name, command.summary);
    added->group(command.group);
    Run run = command.add(*added);
    registered.push_back({added, std::move(run)});
  }
  return registered;
}

std::unique_ptr<CLI::App> make_app() {
  auto app = std::make_unique<CLI::App>(
      "Finds the fastest configuration of FP8 block-scaled GEMM kernels for the GPU at hand, and proves each "
      "one right before timing it.",
      "gemmtune");
  std::map<std::string, std::string> summaries;
  for (const Command& command : kCommands) summaries[command.name] = command.summary;
  app->formatter(std::make_shared<HelpFormatter>(std::move(summaries)));
  app->option_defaults()->always_capture_default();
  app->set_help_flag("-h,--help", "show this help and exit");
  app->set_version_flag("--version", std::string("gemmtune ") + kVersion + " (" + kRevision + ")",
                        "show version and git revision and exit");
  app->add_option("--color", verbosity().color, "colour on terminals")
      ->check(CLI::IsMember(std::vector<std::string>{"auto", "always", "never"}));
  app->add_flag("-q,--quiet", verbosity().quiet, "no progress, warnings and errors only");
  app->add_flag("-v,--verbose", verbosity().verbose, "say more on stderr");
  app->require_subcommand(1);
  app->fallthrough();
  app->footer(
      "Examples\n"
      "  gemmtune doctor\n"
      "  gemmtune sweep --shapes dsv3.json\n"
      "  gemmtune report results/h100-sxm/dsv3 --format md");
  return app;
}

/// The innermost command that was named.
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.front());
}

/// The first argument that nobody expected, with the nearest thing that somebody would have.
std::string unexpected(const CLI::App& app, const CLI::App& inner, const std::string& argument) {
  std::vector<std::string> words;
  const bool is_option = argument.starts_with('-');
  if (is_option)
    for (const CLI::App* at : {&inner, &app})
      for (const CLI::Option* option : at->get_options())
        for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  else
    for (const CLI::App* command : inner.get_subcommands({})) words.push_back(command->get_name());
  const std::vector<std::string_view> views(words.begin(), words.end());
  const std::string what = is_option       ? "unknown option"
                           : views.empty() ? "unexpected argument"
                                           : "unknown command";
  return what + " \"" + argument + "\"" + did_you_mean(argument, views);
}

[[noreturn]] void complain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& inner = innermost(app);
  const std::vector<std::string> rest = app.remaining(true);
  const bool misses_command =
      dynamic_cast<const CLI::RequiredError*>(&error) && !inner.get_subcommands({}).empty();
  std::string message = error.what();
  if (!rest.empty() && (misses_command || dynamic_cast<const CLI::ExtrasError*>(&error)))
    message = unexpected(app, inner, rest.front());
  else if (misses_command)
    message = "which command?";
  std::string path = inner.get_name();
  for (const CLI::App* at = inner.get_parent(); at; at = at->get_parent()) path = at->get_name() + " " + path;
  throw UserError(message + "; see " + path + " --help");
}

/// A result that could not be written is no result: a full disk behind stdout must not look like success.
void flush_stdout() {
  errno = 0;
  if (std::cout.flush() && std::fflush(stdout) == 0) return;
  throw UserError(std::string("cannot write to standard output: ") + std::strerror(errno), kExitInternal);
}

}  // namespace

int run(int argc, char** argv) {
  const auto app = make_app();
  const std::vector<Registered> commands = add_commands(*app);
  try {
    app->parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // help or version
    app->exit(wanted);
    flush_stdout();
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    complain(*app, error);
  }
  set_up_log();
  int exit_code = kExitOk;
  for (const Registered& command : commands)
    if (app->got_subcommand(command.app)) exit_code = command.run();
  flush_stdout();
  return exit_code;
}

}  // namespace gemmtune::cli
