// The quantisers as plain loops over a whole matrix, in the layouts that the GEMM kernels read: what those of
// kernels/quantise must give bit for bit. Made of the definition alone, slow and easy to check.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gemmtune::accuracy {

struct QuantiserRules {
  bool powers_of_two = false;  ///< scales are such
  bool stochastic = false;
  std::uint64_t seed = 1;  ///< of the noise, when stochastic
};

/// E4M3 bytes, row after row, and their scales.
struct QuantisedMatrix {
  std::vector<std::uint8_t> values;
  std::vector<float> scales;
};

/// Rows of `columns` values, a multiple of 128.
struct MatrixView {
  std::span<const float> values;
  std::int64_t rows = 0, columns = 0;
};

/// The scale of elements whose largest magnitude is `amax`: max(amax, 1e-4) / 448 in FP32, or the power of
/// two that is not below it. Infinite where amax is.
float quantiser_scale(float amax, bool powers_of_two);

/// The code of `value`: nearest, ties to even, or up where its share of the step and `noise` make one. What
/// is larger than 448 becomes that, NaN 0x7f.
std::uint8_t e4m3_nearest(float value);
std::uint8_t e4m3_stochastic(float value, float noise);

/// A scale for 128 of a row: [columns / 128][rows rounded up to 4], 0 in the padding. `threads` 0: one a
/// core.
QuantisedMatrix quantise_rows(const MatrixView& matrix, const QuantiserRules& rules, unsigned threads = 0);

/// A scale for 128x128: [ceil(rows / 128)][columns / 128].
QuantisedMatrix quantise_blocks(const MatrixView& matrix, const QuantiserRules& rules, unsigned threads = 0);

/// The transposed matrix, its rows as long as `rows` rounded up to 128, of which the rest is 0; a scale for
/// 128 of them: [ceil(rows / 128)][columns].
QuantisedMatrix quantise_turned(const MatrixView& matrix, const QuantiserRules& rules, unsigned threads = 0);

}  // namespace gemmtune::accuracy
