// The quantisers of kernels/quantise as code of the host, one set a configuration (quantiser.cpp).
#pragma once

#include <cstdint>

/// A matrix, 16-byte aligned, and where its E4M3 goes. Of both ways `turned` too.
struct QuantiserArguments {
  const void* from;
  std::uint64_t pitch;
  std::uint8_t* values;
  std::uint64_t values_pitch;
  float* scales;
  std::uint8_t* turned;
  std::uint64_t turned_pitch;
  float* turned_scales;
  unsigned rows, columns;
  std::uint64_t seed;
};

struct HostQuantiser {
  int input_bytes;
  bool powers_of_two, stochastic;
  int defect;
  void (*row)(const QuantiserArguments&);
  void (*block)(const QuantiserArguments&);
  void (*both)(const QuantiserArguments&);
  float (*quotient)(float x, float amax);
  float (*scale)(float amax);
};
