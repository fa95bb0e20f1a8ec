// In place of kernels/support/e4m3.cuh where device code runs on the host: nearest even by the table of all
// values, as the instruction rounds.
#pragma once

#include "common/types.cuh"

/// Of the codes 0 to 126, which are all finite magnitudes.
inline float e4m3_magnitude(uint32 code) {
  return code < 8 ? float(code) / 512 : float(8 + code % 8) * float(1 << (code / 8)) / 1024;
}

inline uint32 to_e4m3(float x) {
  if (x != x) return 0x7f;
  const float magnitude = fabsf(x);
  uint32 code = 0;
  while (code < 126 && e4m3_magnitude(code + 1) <= magnitude) ++code;
  if (code < 126) {
    const double below = double(magnitude) - e4m3_magnitude(code);
    const double above = e4m3_magnitude(code + 1) - double(magnitude);
    if (above < below || (above == below && code % 2 == 1)) ++code;
  }
  return code | (__float_as_uint(x) >> 24 & 0x80);
}

inline uint32 to_e4m3x4(float x0, float x1, float x2, float x3) {
  return to_e4m3(x0) | to_e4m3(x1) << 8 | to_e4m3(x2) << 16 | to_e4m3(x3) << 24;
}
