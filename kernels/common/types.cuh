// Integer types and small arithmetic. Device code includes no toolkit or standard header: that keeps a
// compilation at 0.2 s instead of 1 s, and independent of the machine's toolkit.
#pragma once

typedef unsigned char uint8;
typedef unsigned short uint16;
typedef unsigned int uint32;
typedef unsigned long long uint64;
typedef long long int64;

static_assert(sizeof(uint32) == 4 && sizeof(uint64) == 8, "NVRTC follows LP64 here");

/// A CUtensorMap, opaque: passed by value as a `const __grid_constant__` parameter.
struct alignas(64) TensorMap {
  uint64 words[16];
};

/// A row of one of several matrices that a tensor map has behind each other: what lies past one is not the
/// next one's.
struct RowOfMatrix {
  uint32 row, matrix;
};

__device__ constexpr uint32 ceil_div(uint32 a, uint32 b) {
  return (a + b - 1) / b;
}
__device__ constexpr uint32 min_of(uint32 a, uint32 b) {
  return a < b ? a : b;
}

/// Greatest common divisor, for tile widths against 64 and 128.
__device__ constexpr uint32 gcd(uint32 a, uint32 b) {
  return b == 0 ? a : gcd(b, a % b);
}
