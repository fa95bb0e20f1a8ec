#include "cli/help.h"

#include "cli/option_text.h"
#include "util/text.h"

#include <algorithm>
#include <vector>

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

std::string names(const CLI::Option& option) {
  std::string text;
  for (const std::string& name : option.get_snames()) text += "-" + name + ", ";
  for (const std::string& name : option.get_lnames()) text += "--" + name + ", ";
  text.resize(text.size() - 2);
  return text;
}

std::string meaning(const CLI::Option& option) {
  std::string text = option.get_description();
  if (takes_value(option)) {
    std::string words;
    for (const std::string& word : choices(option)) words += (words.empty() ? "" : ", ") + word;
    if (!words.empty()) text += " (" + words + ")";
    const std::string value = option.get_default_str();
    if (!value.empty() && value != "[]" && value != "{}" && value != "\"\"") text += " [" + value + "]";
  }
  if (option.get_required()) text += " (required)";
  return text;
}

std::string commands(const CLI::App& app, const std::map<std::string, std::string>& summaries) {
  std::string text;
  std::string group;
  for (const CLI::App* command : app.get_subcommands({})) {
    // A command of a command inherits its parent's group, which says nothing there.
    const std::string of = app.get_parent() ? "Commands" : command->get_group();
    if (of != group) text += "\n" + (group = of) + "\n";
    const auto summary = summaries.find(command->get_name());
    text +=
        entry(command->get_name(), summary == summaries.end() ? command->get_description() : summary->second);
  }
  return text;
}

std::string options(const CLI::App& app) {
  std::string arguments;
  std::string flags;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional()) {
      arguments += entry(option->get_name(true), meaning(*option));
      continue;
    }
    const std::string value = takes_value(*option) ? value_name(*option) : "";
    flags += entry(names(*option) + (value.empty() ? "" : " " + value), meaning(*option));
  }
  if (!arguments.empty()) arguments = "\nArguments\n" + arguments;
  return arguments + "\nOptions\n" + flags;
}

std::string path_of(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent ? path_of(*parent) + " " + app.get_name() : app.get_name();
}

std::string usage(const CLI::App& app) {
  std::string text = "Usage: " + path_of(app);
  if (!app.get_subcommands({}).empty()) text += " COMMAND";
  for (const CLI::Option* option : app.get_options())
    if (option->get_positional())
      text += " " + (option->get_required() ? option->get_name(true) : "[" + option->get_name(true) + "]");
  return text + " [OPTIONS]\n";
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const {
  std::string text =
      wrapped(app->get_description(), 0, 0) + "\n" + usage(*app) + commands(*app, summaries_) + options(*app);
  if (const std::string footer = app->get_footer(); !footer.empty()) text += "\n" + footer + "\n";
  if (app->get_parent()) text += "\nOptions common to all commands: gemmtune --help\n";
  return text;
}

}  // namespace gemmtune::cli
