// What CLI11 knows of an option, put the same under all its versions: for help, man pages and completion.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class Option;
}

namespace gemmtune::cli {

bool takes_value(const CLI::Option& option);

/// The words to choose from; empty when anything goes.
std::vector<std::string> choices(const CLI::Option& option);

/// What stands for the value in help: "FILE", "N"; "WORD" where there are words to choose from.
std::string value_name(const CLI::Option& option);

}  // namespace gemmtune::cli
