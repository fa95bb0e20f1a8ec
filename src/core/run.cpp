#include "core/run.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string_view>

namespace gemmtune {

namespace {

constexpr std::string_view kOption = "--strategy";
constexpr const char* kOfBefore = "exhaustive";  ///< where no command said anything else

using Words = std::vector<std::string>;

Words words_of(const RunHeader& run) {
  std::istringstream command(run.command);
  return {std::istream_iterator<std::string>(command), {}};
}

/// The first word after the program that is neither an option of it nor what one takes: any later one may be
/// a file's name.
bool is_sweep(const Words& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!words[i].starts_with('-')) return words[i] == "sweep";
    if (words[i] == "--color") ++i;
  }
  return false;
}

bool is_within_budget(const RunHeader& run) {
  if (!run.strategy.empty()) return run.within_budget;
  return std::ranges::any_of(words_of(run), [](const std::string& word) {
    return word.starts_with("--max-candidates") || word.starts_with("--time-budget");
  });
}

}  // namespace

std::string strategy_of(const RunHeader& run) {
  if (!run.strategy.empty()) return run.strategy;
  const Words words = words_of(run);
  if (!is_sweep(words)) return "";
  std::string strategy = kOfBefore;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == kOption && i + 1 < words.size())
      strategy = words[i + 1];
    else if (words[i].starts_with(std::string(kOption) + "="))
      strategy = words[i].substr(kOption.size() + 1);
  return strategy;
}

std::vector<std::string> strategies_of(std::span<const RunHeader* const> runs) {
  std::vector<std::string> found;
  for (const RunHeader* run : runs) {
    const std::string strategy = run == nullptr ? "" : strategy_of(*run);
    if (strategy.empty()) return {};
    const std::string words = strategy + (is_within_budget(*run) ? " within a budget" : "");
    if (std::ranges::find(found, words) == found.end()) found.push_back(words);
  }
  return found;
}

}  // namespace gemmtune
