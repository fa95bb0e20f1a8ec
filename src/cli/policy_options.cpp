#include "cli/policy_options.h"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace gemmtune::cli {

namespace {

/// An option whose values are the names of an enumeration.
template <typename Enum>
void add_name_option(CLI::App& command, const std::string& flag, Enum& target, const std::string& help) {
  std::vector<std::string> words;
  for (const auto& [value, name] : names(Enum{})) words.emplace_back(name);
  command
      .add_option_function<std::string>(
          flag, [&target](const std::string& word) { target = *parse_name<Enum>(word); }, help)
      ->check(CLI::IsMember(words))
      ->default_str(std::string(to_string(target)));
}

}  // namespace

void add_policy_options(CLI::App& command, Policy& policy) {
  add_name_option(command, "--l2", policy.l2,
                  "L2 cache before a timed launch: flushed by a 512 MB memset, or warm");
  add_name_option(
      command, "--timer", policy.timer,
      "clock: CUDA events around each launch, or CUPTI's record of each kernel (not under a profiler)");
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
