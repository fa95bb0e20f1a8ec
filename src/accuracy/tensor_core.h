// A model of how Hopper's tensor cores sum, which was fitted to errors measured on an H100
// (kernels/README.md, "Gates"); nobody documents the hardware.
//
// A step of K (32 for FP8, 16 for BF16, 8 for TF32) is one addition: the products and the sum before it are
// aligned to the largest exponent among them, of a product that of its factors added up. Bits beyond so many
// behind that are cut off, each towards zero; what is left is added exactly, and the sum cut off again. FP8
// keeps 13 fraction bits in both places; BF16 25 of what is added and 23 of the sum. TF32's are BF16's, which
// nobody has measured.
#pragma once

#include "accuracy/quantise.h"

#include <vector>

namespace gemmtune::accuracy {

struct Accumulator {
  int step;          ///< of K
  int aligned_bits;  ///< fraction bits of what is added
  int kept_bits;     ///< of the sum
};

Accumulator accumulator_of(Element element);

/// D before it is rounded to its type, [a.rows][b.rows]. Every `promote` of K, and where scales change, the
/// tensor core's sum is added to one in FP32, times the scales; where one scale is for all of K that comes at
/// the end.
std::vector<float> tensor_core_product(const Quantised& a, const Quantised& b, const Recipe& recipe,
                                       unsigned threads);

}  // namespace gemmtune::accuracy
