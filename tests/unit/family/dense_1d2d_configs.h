// Problems and configurations of dense_1d2d for its tests, and what the family says of them.
#pragma once

#include "family/kernels.h"

#include <gtest/gtest.h>

namespace gemmtune::family {

inline Problem problem(std::int64_t m, std::int64_t n, std::int64_t k) {
  Problem p;
  p.m = m, p.n = n, p.k = k;
  return p;
}

inline const Problem kSquare = problem(4096, 4096, 4096);

inline const Config kLegal = {{"block_m", 128}, {"block_n", 128},   {"cluster_m", 1}, {"cluster_n", 1},
                              {"k_groups", 1},  {"split_k", 1},     {"stages", 4},    {"num_sms", 132},
                              {"raster", 8},    {"evict_first", 0}, {"swap_ab", 0}};

/// Of shared memory: two chunks of 32 pairs of B's scales, and two barriers each.
inline constexpr std::int64_t kScalesB = 2 * (32 * 8 + 16);

inline Config with(std::initializer_list<std::pair<const std::string, std::int64_t>> changes) {
  Config config = kLegal;
  for (const auto& [name, value] : changes) config[name] = value;
  return config;
}

inline std::string name_of(const std::optional<Violation>& violation, const char* none) {
  if (!violation) return none;
  EXPECT_FALSE(violation->sentence().empty()) << violation->constraint;
  return std::string(violation->constraint);
}

/// The name of the constraint without which it cannot run, or "legal".
inline std::string broken(const Config& config, const Problem& p = kSquare) {
  return name_of(dense_1d2d().illegal(config, p, hopper_limits()), "legal");
}

/// The name of the constraint that a legal one is left out of spaces for, or "worth it".
inline std::string waste(const Config& config, const Problem& p = kSquare) {
  EXPECT_EQ(broken(config, p), "legal") << describe(config);
  return name_of(dense_1d2d().wasteful(config, p, hopper_limits()), "worth it");
}

inline std::optional<std::int64_t> resolve(const std::string& parameter, const std::string& word,
                                           Config config, const Problem& p = kSquare) {
  config.erase(parameter);
  return dense_1d2d().resolve(parameter, word, config, p, hopper_limits());
}

}  // namespace gemmtune::family
