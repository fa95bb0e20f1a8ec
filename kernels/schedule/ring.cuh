// The ring of shared-memory stages between the producer and the math warps.
#pragma once

#include "common/types.cuh"

/// Position in a ring of Stages slots; the parity flips each time round, as mbarrier phases do.
template <uint32 Stages>
struct RingCursor {
  uint32 stage = 0;
  uint32 parity = 0;

  /// By at most one round.
  __device__ __forceinline__ void skip(uint32 stages) {
    stage += stages;
    if (stage >= Stages) {
      stage -= Stages;
      parity ^= 1;
    }
  }

  /// By any number of stages.
  __device__ __forceinline__ void skip_rounds(uint32 stages) {
    const uint32 total = stage + stages;
    stage = total % Stages;
    parity ^= total / Stages & 1;
  }

  __device__ __forceinline__ void advance() {
    if (++stage == Stages) {
      stage = 0;
      parity ^= 1;
    }
  }
};
