// Which part of K each group has, found out on the device when a kernel whose groups share out K starts.
#pragma once

#include "common/defect.cuh"
#include "common/types.cuh"
#include "ptx/memory.cuh"
#include "schedule/group_table.cuh"

/// Three words in shared memory for each group that has tiles, in the order in which they are walked: its
/// number, its first k-block, and how many it has. Behind the room for all of them one more, how many there
/// are.
struct KGroupTable {
  uint32 base;
  uint32 groups;

  __device__ __forceinline__ uint32 number(uint32 place) const { return base + place * 12; }
  __device__ __forceinline__ uint32 first_block(uint32 place) const { return base + place * 12 + 4; }
  __device__ __forceinline__ uint32 blocks(uint32 place) const { return base + place * 12 + 8; }
  __device__ __forceinline__ uint32 places() const { return base + groups * 12; }
};

/// The k-blocks of a group, of `k_block` of K each, the last one perhaps cut short; none past K. Told as rows
/// of A are by kOffsets: the same layout serves the forward pass and the gradient of the weights.
__device__ __forceinline__ void find_k(const KGroupTable table, const GroupsOfLaunch launch, uint32 group,
                                       uint32 k, uint32 k_block, uint32& first, uint32& blocks) {
  uint32 begin = 0, end = 0;
  find_rows<kOffsets>({}, launch, group, begin, end);
  first = begin / k_block;
  uint32 past = ceil_div(min_of(end, k), k_block);
  if constexpr (DEFECT == kTailToNeighbour) {
    first -= first > 0 && group > 0;
    past -= past > 0 && group + 1 < table.groups;
  }
  blocks = past > first ? past - first : 0;
}

/// Which of the 32 groups of a warp, a lane one, that `has_tiles` comes how many-th: the larger ones first
/// where one has more than 1.5 times the mean K of those that have any, else in the groups' order.
///
/// NOTES: a CTA with a tile less of a large group than others goes on to the next group earlier, by the time
/// that a tile takes. In small groups that is many tiles, and what it loads no other shares: by Zipf in the
/// groups' order, a third more came from memory. Groups of 0.7 to 1.3 times the mean lose 0.5 to 2 % where
/// they are sorted.
__device__ __forceinline__ uint32 place_of(uint32 blocks, bool has_tiles) {
  const uint32 all = __reduce_add_sync(0xffffffff, blocks), most = __reduce_max_sync(0xffffffff, blocks);
  const uint32 with_k = __popc(__ballot_sync(0xffffffff, blocks > 0));
  if (2 * most * with_k <= 3 * all)
    return __popc(__ballot_sync(0xffffffff, has_tiles) & ((1u << threadIdx.x) - 1));
  const uint32 size = has_tiles ? blocks + 1 : 0;
  uint32 place = 0;
  for (uint32 lane = 0; lane < 32; ++lane) {
    const uint32 other = __shfl_sync(0xffffffff, size, lane);
    place += other > size || (other == size && lane < threadIdx.x);
  }
  return place;
}

/// The whole table; the first warp of the CTA makes it. Groups without K have tiles where `KeepsEmpty`, since
/// their D must be written. A barrier must follow.
template <bool KeepsEmpty>
__device__ __forceinline__ void make_k_group_table(const KGroupTable table, const GroupsOfLaunch launch,
                                                   uint32 k, uint32 k_block) {
  if (threadIdx.x >= 32) return;
  uint32 places = 0;
  for (uint32 base = 0; base < table.groups; base += 32) {
    const uint32 group = base + threadIdx.x;
    uint32 first = 0, blocks = 0;
    if (group < table.groups) find_k(table, launch, group, k, k_block, first, blocks);
    const bool has_tiles = group < table.groups && (KeepsEmpty || blocks > 0);
    const uint32 place = places + place_of(blocks, has_tiles);
    if (has_tiles) {
      store_shared_word(table.number(place), group);
      store_shared_word(table.first_block(place), first);
      store_shared_word(table.blocks(place), blocks);
    }
    places += __popc(__ballot_sync(0xffffffff, has_tiles));
  }
  if (threadIdx.x == 0) store_shared_word(table.places(), places);
}
