#include "cli/help.h"

#include "util/text.h"

#include <cctype>
#include <string>

namespace gemmtune::cli {

namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kNameColumn = 22;

/// `text` in lines that fit behind `indent` columns; the first one continues a line that is `used` columns
/// long.
std::string wrapped(const std::string& text, std::size_t used, std::size_t indent) {
  std::string out;
  for (const std::string& word : split(text, ' ')) {
    if (used > indent && used + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      used = indent;
    } else if (used > indent) {
      out += ' ';
      ++used;
    }
    out += word;
    used += word.size();
  }
  return out + "\n";
}

/// Two columns: a name and what it means.
std::string entry(const std::string& name, const std::string& meaning) {
  std::string line = "  " + name;
  const std::size_t indent = kNameColumn;
  if (line.size() + 2 > indent)
    return line + "\n" + std::string(indent, ' ') + wrapped(meaning, indent, indent);
  line.resize(indent, ' ');
  return line + wrapped(meaning, indent, indent);
}

std::string meaning(const Option& option) {
  std::string text = option.help();
  if (!option.choices().empty()) text += " (" + join(option.choices(), ", ") + ")";
  if (!option.shown_default().empty()) text += " [" + option.shown_default() + "]";
  if (option.is_required()) text += " (required)";
  return text;
}

/// What stands for an argument: `TOPIC`, `FOLDERS...`.
std::string placeholder(const Option& argument) {
  std::string text = argument.name();
  for (char& letter : text) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  if (argument.how_many().most > 1) text += "...";
  return text;
}

std::string commands(const Command& command) {
  std::string text;
  std::string group;
  for (const auto& below : command.commands()) {
    const std::string of = below->group().empty() ? "Commands" : below->group();
    if (of != group) text += "\n" + (group = of) + "\n";
    text += entry(below->name(), below->summary());
  }
  return text;
}

std::string options(const Command& command) {
  std::string arguments;
  std::string flags;
  for (const auto& option : command.options())
    if (option->positional())
      arguments += entry(placeholder(*option), meaning(*option));
    else
      flags += entry(join(option->names(), ", ") + (option->flag() ? "" : " " + option->value_name()),
                     meaning(*option));
  if (!arguments.empty()) arguments = "\nArguments\n" + arguments;
  return arguments + "\nOptions\n" + flags;
}

std::string usage(const Command& command) {
  std::string text = "Usage: " + command.path();
  if (!command.commands().empty()) text += " COMMAND";
  for (const auto& option : command.options())
    if (option->positional())
      text += " " + (option->is_required() ? placeholder(*option) : "[" + placeholder(*option) + "]");
  return text + " [OPTIONS]\n";
}

}  // namespace

std::string help_text(const Command& command) {
  std::string text =
      wrapped(command.description(), 0, 0) + "\n" + usage(command) + commands(command) + options(command);
  if (!command.footer().empty()) text += "\n" + command.footer() + "\n";
  if (command.parent() != nullptr) text += "\nOptions common to all commands: gemmtune --help\n";
  return text;
}

}  // namespace gemmtune::cli
