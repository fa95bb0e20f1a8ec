#include "cli/policy_options.h"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace gemmtune::cli {

void add_policy_options(CLI::App& command, Policy& policy) {
  std::vector<std::string> words;
  for (const auto& [value, name] : names(L2Policy{})) words.emplace_back(name);
  command
      .add_option_function<std::string>(
          "--l2", [&policy](const std::string& word) { policy.l2 = *parse_name<L2Policy>(word); },
          "L2 cache before a timed launch: flushed by a 512 MB memset, or warm")
      ->check(CLI::IsMember(words))
      ->default_str(std::string(to_string(policy.l2)));
  command.add_option("--samples", policy.samples, "timed launches of each contender whose figure is shown")
      ->type_name("N")
      ->check(CLI::Range(1, 100000));
  add_seed_option(command, policy);
}

void add_seed_option(CLI::App& command, Policy& policy) {
  command.add_option("--seed", policy.seed, "of the operands' values, and of the order of candidates")
      ->type_name("N");
}

}  // namespace gemmtune::cli
