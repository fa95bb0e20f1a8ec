// Policies of a sweep that go by a name: how much is measured before a winner is named. Every row holds what
// came of it (Policy::name), whose sample counts differ from policy to policy.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace gemmtune {

struct NamedPolicy {
  std::string_view name;
  std::string_view meaning;  ///< one clause for people
  int samples;               ///< of each finalist, at least
  int max_samples;           ///< at most
  double precision;          ///< enough once the interval of each median is this much of it, relative
  std::size_t near_best;     ///< at most so many are screened again
  std::size_t finalists;     ///< at most so many of these are raced
};

/// Every one, the default first.
std::span<const NamedPolicy> named_policies();

/// Throws UserError when there is none of that name.
const NamedPolicy& require_named_policy(std::string_view name);

}  // namespace gemmtune
