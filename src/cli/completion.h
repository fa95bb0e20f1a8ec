// Completion in shells, generated from the program's own options: what `gemmtune completion SHELL` prints.
#pragma once

#include "cli/command.h"

#include <string>

namespace gemmtune::cli {

// A script to be sourced: commands, options, the words of options that have a list of them, built-in sets,
// files and folders.
std::string bash_completion(const Command& program);
std::string zsh_completion(const Command& program);
std::string fish_completion(const Command& program);

}  // namespace gemmtune::cli
