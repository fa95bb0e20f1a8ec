// What kernels/support/values.cuh and kernels/quantise need of CUDA's arithmetic, near enough; what they are
// held to bit by bit (division, fmaf, conversions) is exact.
#pragma once

#include "fakes/device/vectors.h"

#include <algorithm>
#include <bit>
#include <cmath>

inline float __fsqrt_rn(float x) {
  return std::sqrt(x);
}
inline float __logf(float x) {
  return std::log(x);
}
inline float __cosf(float x) {
  return std::cos(x);
}
inline float __int_as_float(int x) {
  return std::bit_cast<float>(x);
}
inline int __float_as_int(float x) {
  return std::bit_cast<int>(x);
}
inline float __uint_as_float(unsigned x) {
  return std::bit_cast<float>(x);
}
inline unsigned __float_as_uint(float x) {
  return std::bit_cast<unsigned>(x);
}
