#include "core/run.h"

#include <algorithm>
#include <sstream>

namespace gemmtune {

namespace {

constexpr const char* kOption = "--strategy";
constexpr const char* kOfBefore = "exhaustive";  ///< where no command said anything else

}  // namespace

std::string strategy_of(const RunHeader& run) {
  if (!run.strategy.empty()) return run.strategy;
  std::istringstream words(run.command);
  std::string word, strategy;
  bool is_sweep = false;
  while (words >> word) {
    is_sweep |= word == "sweep";
    if (word == kOption)
      words >> strategy;
    else if (word.starts_with(std::string(kOption) + "="))
      strategy = word.substr(word.find('=') + 1);
  }
  if (!is_sweep) return "";
  return strategy.empty() ? kOfBefore : strategy;
}

void note_strategy(std::vector<std::string>& strategies, const RunHeader& run) {
  if (run.strategy.empty()) return;
  const std::string words = run.strategy + (run.within_budget ? " within a budget" : "");
  if (std::ranges::find(strategies, words) == strategies.end()) strategies.push_back(words);
}

}  // namespace gemmtune
