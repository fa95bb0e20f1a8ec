// Products in FP64: what D should be.
#pragma once

#include "accuracy/quantise.h"

#include <vector>

namespace gemmtune::accuracy {

/// The sample's values as they are, without scales.
Quantised original(const Sample& sample);

/// A's rows times B's, dequantised: [a.rows][b.rows].
std::vector<double> exact_product(const Quantised& a, const Quantised& b, unsigned threads);

/// The same of magnitudes: sums of |a b|.
std::vector<double> product_of_magnitudes(const Quantised& a, const Quantised& b, unsigned threads);

}  // namespace gemmtune::accuracy
