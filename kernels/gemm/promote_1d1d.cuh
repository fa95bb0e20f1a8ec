// The promotion of A and B both scaled 1x128: the product of one k-block, times the scale of its row and that
// of its column, onto the FP32 sums. That is two operations an element, where one does if a scale holds for
// 128 columns (gemm/promote_1d2d.cuh).
#pragma once

#include "common/defect.cuh"
#include "pipeline/layout.cuh"
#include "ptx/memory.cuh"

enum : uint32 {
  // Registers of a thread: sums and a product, and some 28 for the scales of two rows, addresses and the
  // loop.
  kWithSums = (kWaves + 1) * (kColumns / 2) + 28,
  kPairs = kColumns / 8,  // of columns, that a thread has of each eight
  // What else it holds where there is room, the scales of all its columns, is read once for all waves, and
  // the stage goes back before the promotion.
  kHoldsColumns = kWithSums + 2 * kPairs <= kMathRegisters,
  // Those of all elements of a wave are made while the product runs: between it and the next there is then
  // one operation an element. A single wave's columns are needed no longer.
  kHoldsElements = kWithSums + kColumns / 2 + (kWaves > 1 ? 2 * kPairs : 0) <= kMathRegisters,

  // Why: gemm/promote_1d2d.cuh. More of the wide ones spill.
  kInARow = (kHoldsElements ? 4 : 2) / kWaves,
  kUnrolledKBlocks =
      kRows >= 128 && kColumns >= 64 && SPLIT_K == 1 && !SWAP_AB && kMathWarpgroups <= 2 ? kInARow : 1,
};

/// Where the first of a stage's scales lie that a thread needs, by rows and by columns of the fragment: those
/// of D or, of a swapped tile, the other way round. `warpgroup_row`: first row of the warpgroup in the stage.
struct ScalePlaces {
  uint32 rows, columns;

  __device__ __forceinline__ ScalePlaces(const Ring ring, uint32 stage, uint32 warpgroup_row) {
    const uint32 a = ring.scales_a(stage), b = ring.scales_of_rows_b(stage);
    uint32 row = warpgroup_row + threadIdx.x / 32 % 4 * 16 + threadIdx.x % 32 / 4;
    if constexpr (DEFECT == kScaleOfNeighbourRow) row ^= 1;
    rows = (SWAP_AB ? b : a) + row * 4;
    columns = (SWAP_AB ? a : b) + threadIdx.x % 4 * 8;
  }

  __device__ __forceinline__ float2 pair(uint32 eight) const {
    const float2 scales = load_shared_pair(columns + eight * 32);
    if constexpr (DEFECT == kScaleOfNeighbourColumn) return {scales.y, scales.x};
    return scales;
  }
};

/// Scales of the columns of a k-block, a thread's share.
struct ColumnScales {
  ScalePlaces places;
  float2 held[kHoldsColumns ? kPairs : 1];

  /// Before the first product of the k-block.
  __device__ __forceinline__ explicit ColumnScales(const ScalePlaces& places) : places(places) {
#pragma unroll
    for (uint32 i = 0; kHoldsColumns && i < kPairs; ++i) held[i] = places.pair(i);
  }

  __device__ __forceinline__ float2 pair(uint32 i) const {
    if constexpr (kHoldsColumns) return held[i];
    return places.pair(i);
  }
};

/// Scales of one wave, a thread's share.
struct WaveScales {
  float row, row8;
  float element[kHoldsElements ? kColumns / 2 : 1];

  /// Before the product.
  __device__ __forceinline__ WaveScales(const ScalePlaces& places, uint32 wave)
      : row(load_shared(places.rows + wave * 64 * 4)),
        row8(load_shared(places.rows + wave * 64 * 4 + 8 * 4)) {}

  /// While the product runs.
  __device__ __forceinline__ void prepare(const ColumnScales& columns) {
#pragma unroll
    for (uint32 i = 0; kHoldsElements && i < kPairs; ++i) {
      const float2 pair = columns.pair(i);
      element[i * 4] = row * pair.x;
      element[i * 4 + 1] = row * pair.y;
      element[i * 4 + 2] = row8 * pair.x;
      element[i * 4 + 3] = row8 * pair.y;
    }
  }

  __device__ __forceinline__ void promote(float (&sum)[kColumns / 2], const float (&product)[kColumns / 2],
                                          const ColumnScales& columns) const {
#pragma unroll
    for (uint32 i = 0; i < kColumns / 2; i += 4) {
      if constexpr (kHoldsElements) {
#pragma unroll
        for (uint32 j = i; j < i + 4; ++j) sum[j] += element[j] * product[j];
        continue;
      }
      const float2 pair = columns.pair(i / 4);
      sum[i] += row * (pair.x * product[i]);
      sum[i + 1] += row * (pair.y * product[i + 1]);
      sum[i + 2] += row8 * (pair.x * product[i + 2]);
      sum[i + 3] += row8 * (pair.y * product[i + 3]);
    }
  }
};
