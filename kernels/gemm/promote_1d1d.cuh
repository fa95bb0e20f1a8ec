// The promotion of A and B both scaled 1x128: the product of one k-block, times the scale of its row and that
// of its column, onto the FP32 sums. That is two operations an element, where one would do if a scale held
// for 128 columns (gemm/promote_1d2d.cuh).
#pragma once

#include "common/defect.cuh"
#include "pipeline/layout.cuh"
#include "ptx/memory.cuh"

enum : uint32 {
  // Sums, a product, and a scale for each of its elements; some 28 more for addresses and the loop.
  kScalesAhead = (kWaves + 2) * (kColumns / 2) + 28 <= kMathRegisters,

  // As in gemm/promote_1d2d.cuh.
  kUnrolledKBlocks =
      kRows >= 128 && kColumns >= 64 && SPLIT_K == 1 && !SWAP_AB && kMathWarpgroups <= 2 ? 4 : 1,
};

/// Where a thread finds the scales of its elements of a stage: by rows and by columns of the fragment, which
/// are those of D or, of a swapped tile, the other way round.
struct ScalePlaces {
  uint32 rows, columns;

  /// `wave_row`: first row of the wave in the stage.
  __device__ __forceinline__ ScalePlaces(const Ring ring, uint32 stage, uint32 wave_row) {
    const uint32 a = ring.scales_a(stage), b = ring.scales_of_rows_b(stage);
    uint32 row = wave_row + threadIdx.x / 32 % 4 * 16 + threadIdx.x % 32 / 4;
    if constexpr (DEFECT == kScaleOfNeighbourRow) row ^= 1;
    rows = (SWAP_AB ? b : a) + row * 4;
    columns = (SWAP_AB ? a : b) + threadIdx.x % 4 * 8;
  }

  __device__ __forceinline__ float row() const { return load_shared(rows); }
  __device__ __forceinline__ float row8() const { return load_shared(rows + 8 * 4); }

  /// Of the two columns that a thread has of each eight.
  __device__ __forceinline__ float2 pair(uint32 eight) const {
    const float2 scales = load_shared_pair(columns + eight * 32);
    if constexpr (DEFECT == kScaleOfNeighbourColumn) return {scales.y, scales.x};
    return scales;
  }
};

/// Scales of one wave's product, a thread's share. `load` comes before the product, `prepare` while it runs,
/// and `promote` when it is complete.
template <bool Ahead>
struct WaveScales;

/// One for each element, made while the product runs: between it and the next there is one operation an
/// element. The stage may go back before the promotion.
template <>
struct WaveScales<true> {
  float row, row8;
  float2 columns[kColumns / 8];
  float scale[kColumns / 2];

  __device__ __forceinline__ void load(const ScalePlaces& places) {
    row = places.row(), row8 = places.row8();
#pragma unroll
    for (uint32 i = 0; i < kColumns / 8; ++i) columns[i] = places.pair(i);
  }

  __device__ __forceinline__ void prepare() {
#pragma unroll
    for (uint32 i = 0; i < kColumns / 8; ++i) {
      scale[i * 4] = row * columns[i].x;
      scale[i * 4 + 1] = row * columns[i].y;
      scale[i * 4 + 2] = row8 * columns[i].x;
      scale[i * 4 + 3] = row8 * columns[i].y;
    }
  }

  __device__ __forceinline__ void promote(float (&sum)[kColumns / 2], const float (&product)[kColumns / 2],
                                          const ScalePlaces&) const {
#pragma unroll
    for (uint32 i = 0; i < kColumns / 2; ++i) sum[i] += scale[i] * product[i];
  }
};

/// Those of the rows alone: wide tiles have no registers for others. Columns' scales are read as they are
/// needed, so that the stage goes back after the promotion.
template <>
struct WaveScales<false> {
  float row, row8;

  __device__ __forceinline__ void load(const ScalePlaces& places) { row = places.row(), row8 = places.row8(); }

  __device__ __forceinline__ void prepare() {}

  __device__ __forceinline__ void promote(float (&sum)[kColumns / 2], const float (&product)[kColumns / 2],
                                          const ScalePlaces& places) const {
#pragma unroll
    for (uint32 i = 0; i < kColumns / 2; i += 4) {
      const float2 columns = places.pair(i / 4);
      sum[i] += row * (columns.x * product[i]);
      sum[i + 1] += row * (columns.y * product[i + 1]);
      sum[i + 2] += row8 * (columns.x * product[i + 2]);
      sum[i + 3] += row8 * (columns.y * product[i + 3]);
    }
  }
};
