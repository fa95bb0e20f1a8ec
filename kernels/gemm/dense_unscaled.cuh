// The main loop of kernels whose products the tensor cores add up themselves over all of K: no promotion, so
// that the next product starts while the last one runs. Included by dense_bf16.cuh and dense_tensor.cuh,
// which say what a product is (`add_product`).
#pragma once

#include "common/defect.cuh"
#include "pipeline/compute.cuh"
#include "pipeline/layout.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/wgmma.cuh"
#include "schedule/ring.cuh"

static_assert(STAGES >= 2 * K_GROUPS, "a stage goes back when the group's next product has been issued");

/// Keeps accesses to the sums where they are: wgmma writes them after it has been issued.
__device__ __forceinline__ void pin_sums(float (&sum)[kWaves][kColumns / 2]) {
#pragma unroll
  for (uint32 wave = 0; wave < kWaves; ++wave)
#pragma unroll
    for (uint32 i = 0; i < kColumns / 2; ++i) wgmma_pin(sum[wave][i]);
}

/// The k-blocks of this warpgroup's group, for its rows of a tile whose first stage is `at`: the first
/// product overwrites the sums. `halfway` is called once, about in the middle. A stage is given back when the
/// product after it has been issued: by then its own is complete. All waits are bounded: there is no
/// arithmetic between products that a count would stand in the way of.
template <typename Halfway>
__device__ __forceinline__ void accumulate_tile(float (&sum)[kWaves][kColumns / 2], const Task& task,
                                                const Ring ring, RingCursor<STAGES> at, uint32 warpgroup_row,
                                                uint32 k_group, const Halfway& halfway) {
  const StageReturn stages(ring);
  const uint32 first = first_k_block(at.stage, k_group);
  const uint32 middle = first + task.k_blocks / (2 * K_GROUPS) * K_GROUPS;
  at.skip(first);
  uint32 last = at.stage;
  for (uint32 k_block = first; k_block < task.k_blocks; k_block += K_GROUPS) {
    if (kLoadsCEarly && k_block == middle) halfway();
    const uint32 stage = at.stage;
    const uint32 rows = wgmma_descriptor_low(ring.rows(stage) + warpgroup_row * kRowBytes),
                 columns = wgmma_descriptor_low(ring.columns(stage));
    mbarrier_wait(ring.full(stage), DEFECT == kWrongParity ? at.parity ^ 1 : at.parity, task.spin_limit);
    at.skip(K_GROUPS);
    if (DEFECT != kKBlockMissing || k_block + K_GROUPS < task.k_blocks) {
      pin_sums(sum);
      wgmma_fence();
#pragma unroll
      for (uint32 wave = 0; wave < kWaves; ++wave)
        add_product(sum[wave], wgmma_descriptor(rows + wave * 64 * kRowBytes / 16), wgmma_descriptor(columns),
                    k_block != first);
      wgmma_commit();
      pin_sums(sum);
    }
    if (k_block == first) continue;
    wgmma_wait<1>();
    __syncwarp();
    stages.give_back(last);
    last = stage;
  }
  hand_over(task);
  wgmma_wait<0>();
  pin_sums(sum);
  __syncwarp();
  stages.give_back(last);
}

/// Gives the stages of a tile back whose products nobody wants.
__device__ __forceinline__ void pass_tile(const Task& task, const Ring ring, RingCursor<STAGES> at,
                                          uint32 k_group) {
  const StageReturn stages(ring);
  uint32 k_block = first_k_block(at.stage, k_group);
  at.skip(k_block);
#pragma unroll 1
  for (; k_block < task.k_blocks; k_block += K_GROUPS, at.skip(K_GROUPS)) {
    mbarrier_wait(ring.full(at.stage), at.parity, task.spin_limit);
    stages.give_back(at.stage);
  }
  hand_over(task);
}
