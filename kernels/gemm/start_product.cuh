// The product of one k-block in E4M3, by kernels that promote it afterwards.
#pragma once

#include "pipeline/layout.cuh"
#include "ptx/wgmma.cuh"

/// Starts product = rows[64, 128] * columns[kColumns, 128]^T; both by the low words of their descriptors.
__device__ __forceinline__ void start_product(float (&product)[kColumns / 2], uint32 rows, uint32 columns,
                                              bool keep) {
  wgmma_fence();
  wgmma_e4m3(product, wgmma_descriptor(rows), wgmma_descriptor(columns), keep);
  wgmma_commit();
#pragma unroll
  for (uint32 i = 0; i < kColumns / 2; ++i) wgmma_pin(product[i]);
}
