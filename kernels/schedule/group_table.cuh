// Where the rows of each group lie, found out on the device when a kernel over groups starts.
#pragma once

#include "common/defect.cuh"
#include "common/types.cuh"
#include "ptx/memory.cuh"

/// How the rows of A are told to belong to groups (GROUP_LAYOUT of a kernel over groups).
enum GroupLayout : uint32 {
  kIndices = 1,  ///< [m]: the group of each row, -1 of none. A group's rows are in one piece, its first a
                 ///< multiple of `step`, and rows of none lie behind it.
  kOffsets = 2,  ///< [groups]: the end of each; it begins at the end of the one before, rounded up to `step`
  kCounts = 3,   ///< [groups]: rows of each; it begins at a multiple of `step`, its room
};

/// What a launch says of its groups; in global memory.
struct GroupsOfLaunch {
  const int* layout;
  uint32 groups;
  uint32 step;  ///< see GroupLayout; where rows have indices 32, 64 or 128
};

/// Three words a group in shared memory: how many row tiles the groups before it have, its first row, and
/// its end. Behind them one more, of all tiles. NOTES: with an array of each, whose addresses need more
/// registers, some more kernels spill.
struct GroupTable {
  uint32 base;
  uint32 groups;

  __device__ __forceinline__ uint32 tiles_before(uint32 group) const { return base + group * 12; }
  __device__ __forceinline__ uint32 first_row(uint32 group) const { return base + group * 12 + 4; }
  __device__ __forceinline__ uint32 end_row(uint32 group) const { return base + group * 12 + 8; }
};

/// Rows of the group in the block of `step` indices from `block` on, which begin it: all in two turns of
/// loads that do not wait for each other.
__device__ __forceinline__ uint32 rows_in_block(const int* block, uint32 step) {
  if constexpr (DEFECT == kRowsOfNoneTaken) return step;
  enum : uint32 { kPieces = 8, kMostOfPiece = 128 / kPieces };
  const uint32 piece = step / kPieces;
  uint32 whole = 0, rest = 0;
#pragma unroll
  for (uint32 i = 1; i < kPieces; ++i) whole += block[i * piece] >= 0;
#pragma unroll
  for (uint32 i = 1; i < kMostOfPiece; ++i) rest += i < piece && block[whole * piece + i] >= 0;
  return whole * piece + 1 + rest;
}

/// Where the tiles of a group begin: TMA takes its scales from a multiple of 16 bytes on (else the kernel
/// ends with an illegal instruction), which are four rows. Up to three rows before the group are multiplied
/// with it and not stored. A group that has indices or is counted begins where its scales do.
template <uint32 Layout>
__device__ constexpr uint32 first_row_of_tiles(uint32 first) {
  return Layout == kOffsets ? first / 4 * 4 : first;
}

/// First and end rows from indices. All threads; the table is read after a barrier.
template <uint32 Threads>
__device__ __forceinline__ void find_rows_by_indices(const GroupTable table, const GroupsOfLaunch launch,
                                                     uint32 m) {
  for (uint32 group = threadIdx.x; group < table.groups; group += Threads) {
    store_shared_word(table.first_row(group), 0);
    store_shared_word(table.end_row(group), 0);
  }
  __syncthreads();
  const uint32 blocks = m / launch.step;
  for (uint32 block = threadIdx.x; block < blocks; block += Threads) {
    const int* const mine = launch.layout + block * launch.step;
    int group = mine[0], before = block == 0 ? -1 : mine[-int(launch.step)],
        after = block + 1 == blocks ? -1 : mine[launch.step];
    if constexpr (DEFECT == kRowsOfNoneTaken) {
      const int last = int(table.groups) - 1;
      group = group < 0 ? last : group;
      before = block > 0 && before < 0 ? last : before;
      after = block + 1 < blocks && after < 0 ? last : after;
    }
    if (group < 0 || uint32(group) >= table.groups) continue;
    if (before != group) store_shared_word(table.first_row(group), block * launch.step);
    if (after != group)
      store_shared_word(table.end_row(group), block * launch.step + rows_in_block(mine, launch.step));
  }
  __syncthreads();
}

/// What kRowsOfFirstLaunch keeps of each CTA from launch to launch.
template <int Defect>
__device__ uint32 rows_of_first_launch[256][64][3];

template <int Defect>
__device__ __forceinline__ void take_rows_of_first_launch(uint32 group, uint32& first, uint32& end) {
  if (blockIdx.x >= 256 || group >= 64) return;
  uint32(&kept)[3] = rows_of_first_launch<Defect>[blockIdx.x][group];
  if (kept[2] == 0) kept[0] = first, kept[1] = end, kept[2] = 1;
  first = kept[0], end = kept[1];
}

/// First and end row of a group, by its number alone.
template <uint32 Layout>
__device__ __forceinline__ void find_rows(const GroupTable table, const GroupsOfLaunch launch, uint32 group,
                                          uint32& first, uint32& end) {
  if constexpr (Layout == kIndices) {
    first = load_shared_word(table.first_row(group));
    end = load_shared_word(table.end_row(group));
  } else if constexpr (Layout == kOffsets) {
    const uint32 before = group == 0 ? 0 : uint32(launch.layout[group - 1]);
    first = ceil_div(before, launch.step) * launch.step;
    end = uint32(launch.layout[group]);
  } else {
    first = group * launch.step;
    end = first + min_of(uint32(launch.layout[group]), launch.step);
  }
  if constexpr (DEFECT == kGroupEndsLate) end += end > first;
  if constexpr (DEFECT == kRowsOfFirstLaunch) take_rows_of_first_launch<DEFECT>(group, first, end);
}

/// The whole table; all threads of the CTA. `tile_rows` is how many rows of one group a cluster takes at a
/// time. Rows past `m` belong to nobody, whatever the layout says. A barrier must follow.
template <uint32 Layout, uint32 Threads>
__device__ __forceinline__ void make_group_table(const GroupTable table, const GroupsOfLaunch launch,
                                                 uint32 m, uint32 tile_rows) {
  if constexpr (Layout == kIndices) find_rows_by_indices<Threads>(table, launch, m);
  if (threadIdx.x >= 32) return;
  uint32 before = 0;
  for (uint32 base = 0; base < table.groups; base += 32) {
    const uint32 group = base + threadIdx.x;
    uint32 first = 0, end = 0;
    if (group < table.groups) find_rows<Layout>(table, launch, group, first, end);
    end = min_of(end, m);
    const uint32 mine = end > first ? ceil_div(end - first_row_of_tiles<Layout>(first), tile_rows) : 0;
    uint32 sum = mine;
#pragma unroll
    for (uint32 step = 1; step < 32; step *= 2) {
      const uint32 other = __shfl_up_sync(0xffffffff, sum, step);
      if (threadIdx.x >= step) sum += other;
    }
    if (group < table.groups) {
      store_shared_word(table.tiles_before(group), before + sum - mine);
      store_shared_word(table.first_row(group), first);
      store_shared_word(table.end_row(group), end);
    }
    before += __shfl_sync(0xffffffff, sum, 31);
  }
  if (threadIdx.x == 0) store_shared_word(table.tiles_before(table.groups), before);
}
