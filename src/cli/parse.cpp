#include "cli/parse.h"

#include "util/error.h"
#include "util/text.h"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gemmtune::cli {

namespace {

/// CLI11's side of the commands and options of ours.
struct Parser {
  CLI::App app;
  std::unordered_map<const Option*, CLI::Option*> options;
  std::unordered_map<const Command*, CLI::App*> commands;
};

void add_option(Parser& parser, CLI::App& app, const Option& option) {
  const std::string names = option.positional() ? option.name() : join(option.names(), ",");
  if (option.name() == kHelpFlag || option.name() == kVersionFlag) {
    parser.options[&option] =
        option.name() == kHelpFlag ? app.set_help_flag(names) : app.set_version_flag(names, "");
    return;
  }
  if (option.flag()) {
    parser.options[&option] = app.add_flag(names);
    return;
  }
  const Arity& arity = option.how_many();
  CLI::Option* const added = app.add_option(names, [](const CLI::results_t&) { return true; });
  added->type_size(1)->expected(arity.least, arity.most);
  added->allow_extra_args(arity.most > 1 && !arity.repeatable);
  if (arity.most == 1) added->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  added->required(option.is_required());
  parser.options[&option] = added;
}

void add_command(Parser& parser, CLI::App& app, const Command& command) {
  parser.commands[&command] = &app;
  app.set_help_flag();  // CLI11's own
  for (const auto& option : command.options()) add_option(parser, app, *option);
  for (const auto& option : command.options()) {
    for (const Option* other : option->excluded())
      parser.options[option.get()]->excludes(parser.options[other]);
    for (const Option* other : option->needed()) parser.options[option.get()]->needs(parser.options[other]);
  }
  for (const auto& below : command.commands())
    add_command(parser, *app.add_subcommand(below->name()), *below);
  if (!command.commands().empty()) app.require_subcommand(1);
}

void mark_chosen(const Parser& parser, Command& command) {
  for (const auto& below : command.commands())
    if (parser.commands.at(below.get())->parsed()) {
      below->choose();
      mark_chosen(parser, *below);
    }
}

/// The first argument that nobody expected, with the nearest thing that somebody would have.
std::string unexpected(const Command& program, const Command& inner, const std::string& argument) {
  std::vector<std::string> words;
  const bool is_option = argument.starts_with('-');
  if (is_option)
    for (const Command* at : {&inner, &program})
      for (const auto& option : at->options())
        for (const std::string& name : option->names()) words.push_back(name);
  else
    for (const auto& command : inner.commands()) words.push_back(command->name());
  const std::vector<std::string_view> views(words.begin(), words.end());
  const std::string what = is_option       ? "unknown option"
                           : views.empty() ? "unexpected argument"
                                           : "unknown command";
  return what + " \"" + printable(argument) + "\"" + did_you_mean(argument, views);
}

[[noreturn]] void complain(const Command& at, const std::string& message) {
  throw UserError(message + "; see " + at.path() + " --help");
}

[[noreturn]] void complain(const Command& program, const CLI::App& app, const CLI::ParseError& error) {
  const Command& inner = innermost(program);
  const std::vector<std::string> rest = app.remaining(true);
  const bool misses_command = dynamic_cast<const CLI::RequiredError*>(&error) && !inner.commands().empty();
  if (!rest.empty() && (misses_command || dynamic_cast<const CLI::ExtrasError*>(&error)))
    complain(inner, unexpected(program, inner, rest.front()));
  if (misses_command) {
    std::string names;
    for (const auto& command : inner.commands()) names += (names.empty() ? "" : ", ") + command->name();
    complain(inner, "no command given; " + inner.path() + " has " + names);
  }
  complain(inner, error.what());
}

/// From the program down to the command that was named; the values go to their targets.
void accept(const Parser& parser, const Command& command) {
  for (const auto& option : command.options()) {
    const CLI::Option& given = *parser.options.at(option.get());
    const char* const variable =
        given.count() == 0 && !option->variable().empty() ? std::getenv(option->variable().c_str()) : nullptr;
    if (given.count() == 0 && (variable == nullptr || *variable == '\0')) continue;
    const std::string complaint =
        option->accept(variable != nullptr ? std::vector<std::string>{variable} : given.results());
    if (!complaint.empty())
      complain(command, (variable != nullptr ? option->variable() : option->name()) + ": " + complaint);
  }
  for (const auto& below : command.commands())
    if (below->chosen()) accept(parser, *below);
}

}  // namespace

const Command& innermost(const Command& command) {
  for (const auto& below : command.commands())
    if (below->chosen()) return innermost(*below);
  return command;
}

Asked parse(Command& program, int argc, char** argv) {
  Parser parser;
  parser.app.name(program.name());
  parser.app.fallthrough();  // options of the program may stand behind a command; commands inherit this
  add_command(parser, parser.app, program);
  Asked asked = Asked::run;
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    asked = Asked::help;
  } catch (const CLI::CallForVersion&) {
    asked = Asked::version;
  } catch (const CLI::ParseError& error) {
    mark_chosen(parser, program);
    complain(program, parser.app, error);
  }
  mark_chosen(parser, program);
  if (asked == Asked::run) accept(parser, program);
  return asked;
}

}  // namespace gemmtune::cli
