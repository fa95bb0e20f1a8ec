#include "cli/completion_tree.h"

#include <algorithm>
#include <utility>

namespace gemmtune::cli {

namespace {

CompletedValue value_of(const Option& option) {
  using Kind = CompletedValue::Kind;
  if (option.flag()) return {};
  if (!option.choices().empty()) return {Kind::words, option.choices()};
  const std::string& name = option.value_name();
  if (name == "DIR") return {Kind::folder, {}};
  if (name == "FILE" || name == "FOLDER") return {Kind::file, option.suggestions()};
  return {option.suggestions().empty() ? Kind::text : Kind::words, option.suggestions()};
}

/// The first clause is enough beside a name.
std::string in_short(const std::string& text) {
  std::size_t end = text.size();
  for (const char* mark : {"; ", ": ", ". "}) end = std::min(end, text.find(mark));
  return text.substr(0, end);
}

CompletedOption completed(const Option& option) {
  return {option.names(), in_short(option.help()), value_of(option)};
}

void add_command(const Command& program, const Command& at, const std::string& path,
                 std::vector<CompletedCommand>& commands) {
  CompletedCommand command{path, at.name(), in_short(at.description()), {}, {}};
  for (const auto& option : at.options())
    if (!option->positional())
      command.options.push_back(completed(*option));
    else if (command.argument.kind == CompletedValue::Kind::none)
      command.argument = value_of(*option);
  if (&at != &program)
    for (const auto& option : program.options())
      if (option->name() != kHelpFlag && option->name() != kVersionFlag)
        command.options.push_back(completed(*option));
  commands.push_back(std::move(command));
  for (const auto& below : at.commands())
    add_command(program, *below, (path.empty() ? "" : path + " ") + below->name(), commands);
}

}  // namespace

std::vector<CompletedCommand> completed_commands(const Command& program) {
  std::vector<CompletedCommand> commands;
  add_command(program, program, "", commands);
  return commands;
}

std::string parent_path(const CompletedCommand& command) {
  const std::size_t blank = command.path.rfind(' ');
  return blank == std::string::npos ? "" : command.path.substr(0, blank);
}

}  // namespace gemmtune::cli
