// What a candidate's time is fitted on: the analytic model's, and how far it may be wrong.
#pragma once

#include "core/config.h"
#include "core/problem.h"
#include "model/machine.h"

#include <array>
#include <cstddef>

namespace gemmtune::model {

inline constexpr std::size_t kPlainTerms = 26;
/// The logarithm of the expected time, the loop's share of the time, and each plain term alone and times that
/// share: what a tile costs counts where the loop is what takes long.
inline constexpr std::size_t kTerms = 2 + 2 * kPlainTerms;

struct Terms {
  double log_expected_us = 0;
  std::array<double, kTerms> values{};
};

/// Of a legal configuration of a GEMM kernel.
Terms terms_of(const SimulatedMachine& machine, const Problem& problem, const Config& config);

}  // namespace gemmtune::model
