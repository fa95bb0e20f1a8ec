// What products of A scaled 1x128 and B scaled 128x128 have in common, dense or of groups.
#pragma once

#include "operation/operation.h"

namespace gemmtune::operation::scaled_1d2d {

inline constexpr Factors kFactors = {{ElementType::e4m3, Granularity::row_128},
                                     {ElementType::e4m3, Granularity::block_128}};

// Right kernels keep the same error at every K: 2.0e-5 to 2.7e-5 of BF16, 1.27e-4 to 1.28e-4 of FP32 output
// (H100: the tensor core keeps 13 fraction bits of a k32 step); promotion every 256 of K makes 4.3e-5
// and 1.96e-4 (simulated).
inline constexpr Gates::RmsLimit kErrorRms[] = {{128, 3.8e-5, 1.6e-4}};

// {7, 9, 11, 13} with unit scales are exact only where every 128 of K are promoted.
inline constexpr DataKind kExact[] = {DataKind::integer, DataKind::integer_unit};

// Errors of K/32 steps average out: right kernels on an H100 3.2e-4 at K 128, 8.7e-6 at K 16384.
inline constexpr Gates kGates = {kErrorRms, {0.03, -0.75}, {2e-3, 0}, kExact};

inline constexpr std::int64_t kKMultiple = 128;
inline constexpr std::string_view kKConstraint = "k_multiple_128";
inline constexpr std::string_view kKReason = "a scale covers 128 of K";

}  // namespace gemmtune::operation::scaled_1d2d
