#include "cli/completion.h"

#include "cli/completion_tree.h"
#include "util/shell.h"

namespace gemmtune::cli {

namespace {

using Kind = CompletedValue::Kind;

std::string fish_quoted(const std::string& text) {
  return single_quoted(text, "\\'");
}

std::string joined(const std::vector<std::string>& words, const std::string& between = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

/// `  "cache clear") command="cache clear" ;;`: how bash and zsh find the command before the cursor.
std::string command_cases(const std::vector<CompletedCommand>& commands) {
  std::string text;
  for (const CompletedCommand& command : commands)
    if (!command.path.empty())
      text += "      \"" + parent_path(command) + " " + command.name + "\") command=\"" + command.path +
              "\" ;;\n";
  return text;
}

/// `"sweep:--l2" | "sweep:-l")`
std::string value_case(const CompletedCommand& command, const CompletedOption& option) {
  std::string text;
  for (const std::string& name : option.names)
    text += (text.empty() ? "" : " | ") + ("\"" + command.path + ":" + name + "\"");
  return "    " + text + ") ";
}

std::string bash_value(const CompletedValue& value) {
  const std::string words = "-W \"" + joined(value.words) + "\"";
  switch (value.kind) {
    case Kind::words:
      return "_gemmtune_reply " + words;
    case Kind::file:
      return "compopt -o filenames 2>/dev/null; _gemmtune_reply -f" +
             (value.words.empty() ? "" : " " + words);
    case Kind::folder:
      return "compopt -o filenames 2>/dev/null; _gemmtune_reply -d";
    case Kind::text:
    case Kind::none:
      break;
  }
  return ":";
}

std::string zsh_value(const CompletedValue& value) {
  const std::string words = "compadd -- " + joined(value.words);
  switch (value.kind) {
    case Kind::words:
      return words;
    case Kind::file:
      return value.words.empty() ? "_files" : words + "; _files";
    case Kind::folder:
      return "_files -/";
    case Kind::text:
    case Kind::none:
      break;
  }
  return ":";
}

/// An element of an array for zsh's _describe: `'name:meaning'`.
std::string zsh_described(const std::string& name, const std::string& meaning) {
  return " " + single_quoted(name + ":" + meaning);
}

std::string fish_value(const CompletedValue& value) {
  const std::string words = " -a " + fish_quoted(joined(value.words));
  switch (value.kind) {
    case Kind::words:
      return " -x" + words;
    case Kind::file:
      return " -r -F" + (value.words.empty() ? "" : words);
    case Kind::folder:
      return " -x -a '(__fish_complete_directories)'";
    case Kind::text:
      return " -x";
    case Kind::none:
      break;
  }
  return "";
}

std::vector<std::string> names_below(const std::vector<CompletedCommand>& commands, const std::string& path) {
  std::vector<std::string> names;
  for (const CompletedCommand& command : commands)
    if (!command.path.empty() && parent_path(command) == path) names.push_back(command.name);
  return names;
}

/// bash cuts "--name=value" at the equals sign.
constexpr const char* kBashHead =
    R"(# Completion of gemmtune for bash. To try it: source <(gemmtune completion bash)
_gemmtune_reply() { mapfile -t COMPREPLY < <(compgen "$@" -- "$cur"); }

_gemmtune() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command="" i
  COMPREPLY=()
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
)";

constexpr const char* kZshHead = R"(#compdef gemmtune
# Completion of gemmtune for zsh. To try it: source <(gemmtune completion zsh)
_gemmtune() {
  local prev=$words[CURRENT-1] command="" i
  local -a options commands
  if [[ $words[CURRENT] == --*=* ]]; then
    prev=${words[CURRENT]%%=*}
    compset -P '*='
  fi
  for ((i = 2; i < CURRENT; i++)); do
    case "$command $words[i]" in
)";

constexpr const char* kFishHead =
    R"(# Completion of gemmtune for fish. To try it: gemmtune completion fish | source
function __gemmtune_at
  set -l command ''
  for word in (commandline -opc)[2..-1]
    switch "$command $word"
)";

}  // namespace

std::string bash_completion(const Command& program) {
  const auto commands = completed_commands(program);
  std::string text = kBashHead + command_cases(commands) + "    esac\n  done\n  case \"$command:$prev\" in\n";
  for (const CompletedCommand& command : commands)
    for (const CompletedOption& option : command.options)
      if (option.value.kind != Kind::none)
        text += value_case(command, option) + bash_value(option.value) + "; return ;;\n";
  text += "  esac\n  case \"$command\" in\n";
  for (const CompletedCommand& command : commands) {
    std::vector<std::string> names;
    for (const CompletedOption& option : command.options)
      names.insert(names.end(), option.names.begin(), option.names.end());
    const auto below = names_below(commands, command.path);
    const std::string otherwise =
        below.empty() ? bash_value(command.argument) : "_gemmtune_reply -W \"" + joined(below) + "\"";
    text += "    \"" + command.path + "\")\n      if [[ $cur == -* ]]; then _gemmtune_reply -W \"" +
            joined(names) + "\"\n      else " + otherwise + "; fi ;;\n";
  }
  return text + "  esac\n}\ncomplete -F _gemmtune gemmtune\n";
}

std::string zsh_completion(const Command& program) {
  const auto commands = completed_commands(program);
  std::string text = kZshHead + command_cases(commands) + "    esac\n  done\n  case \"$command:$prev\" in\n";
  for (const CompletedCommand& command : commands)
    for (const CompletedOption& option : command.options)
      if (option.value.kind != Kind::none)
        text += value_case(command, option) + zsh_value(option.value) + "; return ;;\n";
  text += "  esac\n  case \"$command\" in\n";
  for (const CompletedCommand& command : commands) {
    text += "    \"" + command.path + "\")\n      options=(";
    for (const CompletedOption& option : command.options)
      for (const std::string& name : option.names) text += zsh_described(name, option.meaning);
    text += ")\n      commands=(";
    for (const CompletedCommand& below : commands)
      if (!below.path.empty() && parent_path(below) == command.path)
        text += zsh_described(below.name, below.meaning);
    text += ")\n      [[ $words[CURRENT] == -* ]] || { " + zsh_value(command.argument) + " } ;;\n";
  }
  return text + R"(  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe -o option options
  elif ((#commands)); then
    _describe command commands
  fi
}
if [[ $funcstack[1] == _gemmtune ]]; then _gemmtune "$@"; else compdef _gemmtune gemmtune; fi
)";
}

std::string fish_completion(const Command& program) {
  const auto commands = completed_commands(program);
  std::string text = kFishHead;
  for (const CompletedCommand& command : commands)
    if (!command.path.empty())
      text += "      case " + fish_quoted(parent_path(command) + " " + command.name) +
              "\n        set command " + fish_quoted(command.path) + "\n";
  text += "    end\n  end\n  test \"$command\" = \"$argv\"\nend\ncomplete -c gemmtune -f\n";
  for (const CompletedCommand& command : commands) {
    const std::string line = "complete -c gemmtune -n \"__gemmtune_at '" + command.path + "'\"";
    if (command.argument.kind != Kind::none) text += line + fish_value(command.argument) + "\n";
    for (const CompletedCommand& below : commands)
      if (!below.path.empty() && parent_path(below) == command.path)
        text += line + " -a " + below.name + " -d " + fish_quoted(below.meaning) + "\n";
    for (const CompletedOption& option : command.options) {
      text += line;
      for (const std::string& name : option.names)
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      text += fish_value(option.value) + " -d " + fish_quoted(option.meaning) + "\n";
    }
  }
  return text;
}

}  // namespace gemmtune::cli
