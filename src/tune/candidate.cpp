#include "tune/candidate.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

namespace gemmtune::tune {

namespace {

bool are_names_of(const std::vector<std::string>& names, const Config& config) {
  return std::equal(names.begin(), names.end(), config.begin(), config.end(),
                    [](const std::string& name, const auto& member) { return name == member.first; });
}

/// There are as many lists as there are kernels, and one after the other asks for the same.
const std::vector<std::string>* names_of(const Config& config) {
  thread_local const std::vector<std::string>* last = nullptr;
  if (last != nullptr && are_names_of(*last, config)) return last;
  std::vector<std::string> names;
  for (const auto& [name, value] : config) names.push_back(name);
  static std::mutex mutex;
  static auto& all = *new std::set<std::vector<std::string>>;  // outlives every plan
  const std::lock_guard lock(mutex);
  return last = &*all.insert(std::move(names)).first;
}

}  // namespace

Candidate::Candidate(const Config& config, std::size_t cubin) : cubin(cubin), names_(names_of(config)) {
  values_.reserve(config.size());
  for (const auto& [name, value] : config) values_.push_back(value);
}

Config Candidate::config() const {
  Config config;
  for (std::size_t i = 0; i < values_.size(); ++i)
    config.emplace_hint(config.end(), (*names_)[i], values_[i]);
  return config;
}

}  // namespace gemmtune::tune
