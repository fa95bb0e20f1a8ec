#include "space/enumerate.h"

#include "util/error.h"

#include <set>

namespace gemmtune::space {

namespace {

/// Walks the tree of parameter values; a leaf is a configuration.
class Walk {
 public:
  Walk(const family::Family& family, const Problem& problem, const DeviceLimits& limits)
      : family_(family), problem_(problem), limits_(limits) {}

  void visit(const SpaceSpec& space) {
    space_ = &space;
    descend(0);
  }

  Enumeration take() { return std::move(result_); }

 private:
  void descend(std::size_t depth) {
    if (depth == family_.parameters().size()) return judge();
    if (depth == family_.tile_parameters() && !space_->given)
      if (const auto violation = family_.refused_tile(config_, problem_)) return prune(depth, *violation);
    const std::string name(family_.parameters()[depth].name);
    for (const ParameterValue& value : space_->parameters.at(name)) {
      const bool resolved = set(name, value);
      unresolved_ += !resolved;
      descend(depth + 1);
      unresolved_ -= !resolved;
      config_.erase(name);
    }
  }

  /// False when the value is a word that stands for no number here. The configuration is illegal then,
  /// whatever the parameters after it are: 0 stands in, so that the family says why.
  bool set(const std::string& name, const ParameterValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      config_[name] = *number;
      return true;
    }
    const auto number = family_.resolve(name, std::get<std::string>(value), config_, problem_, limits_);
    config_[name] = number.value_or(0);
    return number.has_value();
  }

  /// All that is below this depth.
  void prune(std::size_t depth, const family::Violation& violation) {
    if (!seen_.insert(config_).second) return;
    const auto below = family_.parameters().subspan(depth);
    std::int64_t combinations = 1;
    for (const family::Parameter& parameter : below)
      combinations *= static_cast<std::int64_t>(space_->parameters.at(std::string(parameter.name)).size());
    const std::string constraint(violation.constraint);
    result_.pruned[constraint] += combinations;
    if (result_.examples.contains(constraint)) return;
    const Config above = config_;
    for (const family::Parameter& parameter : below)
      set(std::string(parameter.name), space_->parameters.at(std::string(parameter.name)).front());
    result_.examples[constraint] = Example{config_, violation.sentence};
    config_ = above;
  }

  void judge() {
    if (!seen_.insert(config_).second) return;
    auto violation = family_.illegal(config_, problem_, limits_);
    if (!violation) {
      ensure(unresolved_ == 0, "a family finds a constraint broken where it cannot resolve a word");
      if (!space_->given) violation = family_.wasteful(config_, problem_, limits_);
    }
    if (!violation) {
      result_.candidates.push_back(config_);
      return;
    }
    const std::string constraint(violation->constraint);
    ++result_.pruned[constraint];
    result_.examples.try_emplace(constraint, Example{config_, violation->sentence});
  }

  const family::Family& family_;
  const Problem& problem_;
  const DeviceLimits& limits_;
  const SpaceSpec* space_ = nullptr;
  Config config_;       ///< the parameters set so far
  int unresolved_ = 0;  ///< how many of them are words without a number
  std::set<Config> seen_;
  Enumeration result_;
};

}  // namespace

std::int64_t Enumeration::pruned_total() const {
  std::int64_t total = 0;
  for (const auto& [constraint, count] : pruned) total += count;
  return total;
}

std::vector<Config> Enumeration::cubins(const family::Family& family, const Problem& problem) const {
  std::set<Config> seen;
  std::vector<Config> compiled;
  for (const Config& candidate : candidates) {
    Config config = family.compiled(candidate, problem);
    if (seen.insert(config).second) compiled.push_back(std::move(config));
  }
  return compiled;
}

Enumeration enumerate(const std::vector<SpaceSpec>& spaces, const Problem& problem,
                      const DeviceLimits& limits) {
  const family::Family& family = family::require(problem.kernel);
  for (const SpaceSpec& space : spaces) {
    ensure(space.kernel == problem.kernel, "the space is of the problem's kernel");
    for (const family::Parameter& parameter : family.parameters())
      ensure(space.parameters.contains(std::string(parameter.name)), "the space names every parameter");
  }
  if (auto violation = family.unsupported(problem)) {
    Enumeration none;
    none.unsupported = std::move(violation);
    return none;
  }
  Walk walk(family, problem, limits);
  for (const SpaceSpec& space : spaces) walk.visit(space);
  return walk.take();
}

Enumeration enumerate(const SpaceSpec& space, const Problem& problem, const DeviceLimits& limits) {
  return enumerate(std::vector<SpaceSpec>{space}, problem, limits);
}

}  // namespace gemmtune::space
