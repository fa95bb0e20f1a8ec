// Number formats of operands: what rounding an FP32 value to one gives, on the CPU as on the GPU.
#pragma once

#include "core/names.h"

#include <string_view>

namespace gemmtune::accuracy {

enum class Element { e4m3, e5m2, bf16, tf32 };

NameTable<Element> names(Element);

/// The largest finite value: 448 of E4M3, 57344 of E5M2.
float largest(Element element);

/// From here on a value is too large: what is nearer to the largest value is rounded to it all the same.
float saturates_from(Element element);

/// The exponent of the largest value: 8 of E4M3, 15 of E5M2.
int largest_exponent(Element element);

/// Whether values are divided by a scale before they are rounded.
bool is_scaled(Element element);

/// To the nearest, ties to even; what is larger than the largest value becomes that. As
/// cvt.rn.satfinite.e4m3x2.f32 does, which the kernels' operands are made with. `value` is finite.
float round_nearest(Element element, float value);

/// Up or down, up as often as `value` is near to what lies above; `noise` is in [0, 1).
float round_stochastic(Element element, float value, float noise);

}  // namespace gemmtune::accuracy
