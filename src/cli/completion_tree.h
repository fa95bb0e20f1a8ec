// The commands and options of the program as completion sees them.
#pragma once

#include "cli/command.h"

#include <string>
#include <vector>

namespace gemmtune::cli {

/// What may stand where a value is wanted.
struct CompletedValue {
  enum class Kind { none, text, words, file, folder } kind = Kind::none;
  std::vector<std::string> words;  ///< of `words`, and what may stand beside files
};

struct CompletedOption {
  std::vector<std::string> names;  ///< with their dashes
  std::string meaning;
  CompletedValue value;
};

struct CompletedCommand {
  std::string path;  ///< "cache clear"; empty for the program itself
  std::string name;
  std::string meaning;
  std::vector<CompletedOption> options;  ///< its own and those common to all commands
  CompletedValue argument;               ///< of its first positional argument
};

/// The program, then every command and command of a command.
std::vector<CompletedCommand> completed_commands(const Command& program);

/// The path of the command that `command` belongs to: "" for "sweep", "cache" for "cache clear".
std::string parent_path(const CompletedCommand& command);

}  // namespace gemmtune::cli
