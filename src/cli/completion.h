// Completion in shells, generated from the program's own options: what `gemmtune completion SHELL` prints.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace gemmtune::cli {

// A script to be sourced: commands, options, the words of options that have a list of them, built-in sets,
// files and folders.
std::string bash_completion(const CLI::App& program);
std::string zsh_completion(const CLI::App& program);
std::string fish_completion(const CLI::App& program);

}  // namespace gemmtune::cli
