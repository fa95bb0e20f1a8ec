#include "space/enumerate.h"

#include "util/error.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace gemmtune::space {

namespace {

/// FNV-1a of 64 bits, over whole numbers.
struct HashOfValues {
  std::size_t operator()(const std::vector<std::int64_t>& values) const {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const std::int64_t value : values) hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x100000001b3;
    return hash;
  }
};

/// Walks the tree of parameter values; a leaf is a configuration. It visits millions of nodes for a hundred
/// problems: a node is a number written into the one configuration, and nothing is looked up or copied but
/// for candidates.
class Walk {
 public:
  Walk(const family::Family& family, const Problem& problem, const DeviceLimits& limits, bool each_once)
      : family_(family), problem_(problem), limits_(limits), each_once_(each_once) {
    for (const family::Parameter& parameter : family.parameters()) {
      names_.emplace_back(parameter.name);
      config_[names_.back()] = 0;
    }
    for (const std::string& name : names_) places_.push_back(&config_[name]);
  }

  void visit(const SpaceSpec& space) {
    values_.clear();
    given_ = space.given;
    static const std::vector<ParameterValue> kLeftOut = {std::int64_t{0}};
    for (const std::string& name : names_) {
      const auto found = space.parameters.find(name);
      values_.push_back(found == space.parameters.end() ? &kLeftOut : &found->second);
    }
    descend(0);
  }

  Enumeration take() {
    for (auto& [constraint, pruned] : pruned_) {
      result_.pruned[std::string(constraint)] = pruned.count;
      result_.examples[std::string(constraint)] = std::move(pruned.example);
    }
    return std::move(result_);
  }

 private:
  struct Pruned {
    std::int64_t count = 0;
    Example example;
  };

  /// Below it all parameters from this depth on are 0.
  void descend(std::size_t depth) {
    if (depth == names_.size()) return judge();
    if (depth == family_.tile_parameters() && !given_)
      if (const auto violation = family_.refused_tile(config_, problem_)) return prune(depth, *violation);
    const std::vector<ParameterValue>& values = *values_[depth];
    std::vector<std::int64_t> seen;  // of this node: two words may stand for one number
    for (const ParameterValue& value : values) {
      const auto number = number_of(depth, value);
      const std::int64_t set = number.value_or(0);
      if (std::find(seen.begin(), seen.end(), set) != seen.end()) continue;
      if (values.size() > 1) seen.push_back(set);
      *places_[depth] = set;
      unresolved_ += !number;
      descend(depth + 1);
      unresolved_ -= !number;
      *places_[depth] = 0;
    }
  }

  /// Empty when the value is a word that stands for no number here. The configuration is illegal then,
  /// whatever the parameters after it are: 0 stands in, so that the family says why.
  std::optional<std::int64_t> number_of(std::size_t depth, const ParameterValue& value) const {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    return family_.resolve(names_[depth], std::get<std::string>(value), config_, problem_, limits_);
  }

  /// Whether an earlier space had what is set so far.
  bool seen_before(std::size_t depth) {
    if (each_once_) return false;
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < depth; ++i) values.push_back(*places_[i]);
    return !seen_.insert(std::move(values)).second;
  }

  /// All that is below this depth.
  void prune(std::size_t depth, const family::Violation& violation) {
    if (seen_before(depth)) return;
    std::int64_t combinations = 1;
    for (std::size_t i = depth; i < names_.size(); ++i)
      combinations *= static_cast<std::int64_t>(values_[i]->size());
    const auto [found, is_new] = pruned_.try_emplace(violation.constraint);
    found->second.count += combinations;
    if (!is_new) return;
    for (std::size_t i = depth; i < names_.size(); ++i)
      *places_[i] = number_of(i, values_[i]->front()).value_or(0);
    found->second.example = {family::without_zeros(family_, config_), violation.sentence()};
    for (std::size_t i = depth; i < names_.size(); ++i) *places_[i] = 0;
  }

  void judge() {
    if (seen_before(names_.size())) return;
    auto violation = family_.illegal(config_, problem_, limits_);
    if (!violation) {
      ensure(unresolved_ == 0, "a family finds a constraint broken where it cannot resolve a word");
      if (!given_) violation = family_.wasteful(config_, problem_, limits_);
    }
    if (!violation) {
      add_candidate();
      return;
    }
    const auto [found, is_new] = pruned_.try_emplace(violation->constraint);
    ++found->second.count;
    if (is_new) found->second.example = {family::without_zeros(family_, config_), violation->sentence()};
  }

  void add_candidate() {
    std::vector<std::int64_t> built;
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (!family_.parameters()[i].launch_only) built.push_back(*places_[i]);
    const std::size_t index = result_.candidates.size();
    const bool as_before = index > 0 && built == built_;
    result_.built_as.push_back(as_before ? result_.built_as.back() : index);
    result_.candidates.push_back(family::without_zeros(family_, config_));
    built_ = std::move(built);
  }

  bool given_ = false;  ///< the space of this visit, by hand
  const family::Family& family_;
  const Problem& problem_;
  const DeviceLimits& limits_;
  const bool each_once_;
  std::vector<std::string> names_;                          ///< of the parameters, in the family's order
  std::vector<const std::vector<ParameterValue>*> values_;  ///< of each, in the space that is visited
  Config config_;                                           ///< every parameter; those not set yet are 0
  std::vector<std::int64_t*> places_;                       ///< of each in `config_`
  int unresolved_ = 0;                                      ///< how many are words without a number
  std::unordered_set<std::vector<std::int64_t>, HashOfValues> seen_;
  std::vector<std::int64_t> built_;            ///< what the compiler sees of the last candidate
  std::map<std::string_view, Pruned> pruned_;  ///< by constraint, whose names are the family's own
  Enumeration result_;
};

/// Some parameter has no value in both: no configuration is in both.
bool disjoint(const SpaceSpec& a, const SpaceSpec& b) {
  return std::ranges::any_of(a.parameters, [&](const auto& parameter) {
    const auto found = b.parameters.find(parameter.first);
    if (found == b.parameters.end()) return false;  // optional
    const auto& others = found->second;
    const auto differs = [&](const ParameterValue& value) {
      return std::holds_alternative<std::int64_t>(value) && std::ranges::find(others, value) == others.end();
    };
    return std::ranges::all_of(parameter.second, differs) &&
           std::ranges::none_of(others, [](const ParameterValue& value) {
             return std::holds_alternative<std::string>(value);
           });
  });
}

bool all_disjoint(const std::vector<SpaceSpec>& spaces) {
  for (std::size_t i = 0; i < spaces.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (!disjoint(spaces[i], spaces[j])) return false;
  return true;
}

}  // namespace

std::int64_t Enumeration::pruned_total() const {
  std::int64_t total = 0;
  for (const auto& [constraint, count] : pruned) total += count;
  return total;
}

std::vector<Config> Enumeration::cubins(const family::Family& family, const Problem& problem) const {
  std::set<Config> seen;
  std::vector<Config> compiled;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (built_as[i] != i) continue;
    Config config = family.compiled(candidates[i], problem);
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
      ensure(parameter.optional || space.parameters.contains(std::string(parameter.name)),
             "the space names every parameter");
  }
  if (auto violation = family.unsupported(problem)) {
    Enumeration none;
    none.unsupported = std::move(violation);
    return none;
  }
  Walk walk(family, problem, limits, all_disjoint(spaces));
  for (const SpaceSpec& space : spaces) walk.visit(space);
  return walk.take();
}

Enumeration enumerate(const SpaceSpec& space, const Problem& problem, const DeviceLimits& limits) {
  return enumerate(std::vector<SpaceSpec>{space}, problem, limits);
}

}  // namespace gemmtune::space
