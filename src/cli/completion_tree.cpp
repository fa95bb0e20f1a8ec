#include "cli/completion_tree.h"

#include "cli/option_text.h"
#include "input/builtin.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace gemmtune::cli {

namespace {

CompletedValue value_of(const CLI::Option& option) {
  using Kind = CompletedValue::Kind;
  if (!takes_value(option)) return {};
  if (auto words = choices(option); !words.empty()) return {Kind::words, std::move(words)};
  const std::string name = value_name(option);
  if (name == "DIR") return {Kind::folder, {}};
  if (name != "FILE" && name != "FOLDER") return {Kind::text, {}};
  CompletedValue value{Kind::file, {}};
  for (const auto& [flag, kind] : {std::pair{"--shapes", input::kShapes}, {"--space", input::kSpaces}})
    if (option.check_name(flag))
      for (const std::string_view builtin : input::builtin_names(kind)) value.words.emplace_back(builtin);
  return value;
}

/// The first clause is enough beside a name.
std::string in_short(const std::string& text) {
  std::size_t end = text.size();
  for (const char* mark : {"; ", ": ", ". "}) end = std::min(end, text.find(mark));
  return text.substr(0, end);
}

CompletedOption completed(const CLI::Option& option) {
  CompletedOption completed{{}, in_short(option.get_description()), value_of(option)};
  for (const std::string& name : option.get_snames()) completed.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) completed.names.push_back("--" + name);
  return completed;
}

void add_command(const CLI::App& program, const CLI::App& app, const std::string& path,
                 std::vector<CompletedCommand>& commands) {
  CompletedCommand command{path, app.get_name(), in_short(app.get_description()), {}, {}};
  for (const CLI::Option* option : app.get_options())
    if (!option->get_positional())
      command.options.push_back(completed(*option));
    else if (command.argument.kind == CompletedValue::Kind::none)
      command.argument = value_of(*option);
  if (&app != &program)
    for (const CLI::Option* option : program.get_options())
      if (option != program.get_help_ptr() && option != program.get_version_ptr())
        command.options.push_back(completed(*option));
  commands.push_back(std::move(command));
  for (const CLI::App* below : app.get_subcommands({}))
    add_command(program, *below, (path.empty() ? "" : path + " ") + below->get_name(), commands);
}

}  // namespace

std::vector<CompletedCommand> completed_commands(const CLI::App& program) {
  std::vector<CompletedCommand> commands;
  add_command(program, program, "", commands);
  return commands;
}

std::string parent_path(const CompletedCommand& command) {
  const std::size_t blank = command.path.rfind(' ');
  return blank == std::string::npos ? "" : command.path.substr(0, blank);
}

}  // namespace gemmtune::cli
