// In place of kernels/ptx/memory.cuh where device code runs on the host: shared memory is a vector.
#pragma once

#include "common/types.cuh"
#include "fakes/device/device.h"

inline uint32 load_shared_word(uint32 address) {
  return fakes::shared_words().at(address / 4);
}

inline void store_shared_word(uint32 address, uint32 value) {
  fakes::shared_words().at(address / 4) = value;
}
