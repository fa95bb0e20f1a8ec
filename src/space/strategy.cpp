#include "space/strategy.h"

#include "util/error.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <string>
#include <utility>

namespace gemmtune::space {

namespace {

/// results/h100-sxm/search.md has the regret by number.
constexpr std::size_t kUsualOfGuided = 48;

constexpr std::array<StrategyKind, 4> kStrategies = {{
    {"exhaustive", "every candidate", false, 0, make_exhaustive},
    {"guided", "those that a model of the time, refitted as results come, expects to be fastest", true,
     kUsualOfGuided, make_guided},
    {"random", "candidates drawn by lot", false, 0, make_random},
    {"local", "the neighbours of the fastest so far, and others by lot where none of them is faster", false,
     0, make_local},
}};

/// A list that was known from the beginning.
class Listed : public Strategy {
 public:
  explicit Listed(std::vector<std::size_t> candidates) : candidates_(std::move(candidates)) {}
  std::vector<std::size_t> next() override { return std::exchange(candidates_, {}); }
  void tell(std::size_t, std::optional<double>) override {}

 private:
  std::vector<std::size_t> candidates_;
};

std::vector<std::size_t> first(std::vector<std::size_t> candidates, std::size_t most) {
  if (most > 0 && most < candidates.size()) candidates.resize(most);
  return candidates;
}

}  // namespace

// Fisher-Yates by hand: what std::shuffle does with a generator differs between standard libraries. The bias
// of the remainder is below 2^-40 for any number of candidates that there can be.
std::vector<std::size_t> order(std::size_t candidates, std::uint64_t seed) {
  std::vector<std::size_t> indices(candidates);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  if (seed == 0) return indices;
  std::mt19937_64 random(seed);
  for (std::size_t left = candidates; left > 1; --left)
    std::swap(indices[left - 1], indices[random() % left]);
  return indices;
}

std::span<const StrategyKind> strategies() {
  return kStrategies;
}

const StrategyKind& require_strategy(std::string_view name) {
  const auto found = std::ranges::find(kStrategies, name, &StrategyKind::name);
  if (found != kStrategies.end()) return *found;
  std::string names;
  for (const StrategyKind& kind : kStrategies) names += (names.empty() ? "" : ", ") + std::string(kind.name);
  throw UserError("there is no strategy \"" + std::string(name) + "\": they are " + names);
}

std::unique_ptr<Strategy> make_exhaustive(Choice choice) {
  return std::make_unique<Listed>(first(order(choice.candidates.size(), 0), choice.most));
}

std::unique_ptr<Strategy> make_random(Choice choice) {
  // Drawn by lot whatever the seed: 0 stands for another one.
  constexpr std::uint64_t kForZero = 0x9e3779b97f4a7c15;
  const std::uint64_t seed = choice.seed == 0 ? kForZero : choice.seed;
  return std::make_unique<Listed>(first(order(choice.candidates.size(), seed), choice.most));
}

}  // namespace gemmtune::space
