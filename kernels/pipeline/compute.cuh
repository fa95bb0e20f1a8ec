// What math warpgroups do around their main loop: sums that others have made are added, and D is stored.
#pragma once

#include "common/defect.cuh"
#include "epilogue/partials.cuh"
#include "epilogue/split.cuh"
#include "pipeline/layout.cuh"
#include "pipeline/store.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/memory.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"
#include "schedule/ring.cuh"

/// Adds up a tile's sums over the CTAs that share out its K. False: another CTA has them now.
/// `tile` is how many came before this one.
__device__ __forceinline__ bool gather_tile(float (&sum)[kWaves][kColumns / 2], const Task& task,
                                            const Ring ring, uint32 slot, uint32 row_warpgroup, uint32 tile) {
  const uint32 owner = row_warpgroup % SPLIT_K;
  const uint32 gathered = ring.base + kOffsetGathered + row_warpgroup * 8;
  if (task.cta_rank != owner) {
    if (tile > 0)
      mbarrier_wait(ring.base + kOffsetTaken + row_warpgroup * 8, (tile - 1) % 2, task.spin_limit);
    const uint32 sender = (task.cta_rank + SPLIT_K - owner) % SPLIT_K - 1;
    send_sums(sum, slot + sender * kSumsBytes, gathered, owner);
    return false;
  }
  if (threadIdx.x % 128 == 0) mbarrier_arrive_expect_bytes(gathered, (SPLIT_K - 1) * kSumsBytes);
  if constexpr (DEFECT != kSumsNotAwaited) mbarrier_wait(gathered, tile % 2, task.spin_limit);
  add_sent_sums<SPLIT_K>(sum, slot);
  return true;
}

/// How this lane says that a stage is free: with multicast, lane r in CTA r. All lanes of a warp, once what
/// they read of the stage is in their registers.
struct StageReturn {
  uint32 empty;

  __device__ __forceinline__ explicit StageReturn(const Ring ring)
      : empty(kMulticast == 1 ? ring.empty(0)
                              : cluster_address(ring.empty(0), threadIdx.x % 32 % kMulticast)) {}

  __device__ __forceinline__ void give_back(uint32 stage) const {
    if (threadIdx.x % 32 >= kMulticast) return;
    if constexpr (kMulticast == 1)
      mbarrier_arrive(empty + stage * 8);
    else
      mbarrier_arrive_cluster(empty + stage * 8);
  }
};

/// The first k-block of a tile that a k-group multiplies; the tile's first stage is `stage`.
/// NOTES: a group owns stages, not k-blocks. Where stages changed hands, a group that ran a ring ahead of a
/// late load took the parity of an earlier phase for its own: wrong once in some hundred launches.
__device__ __forceinline__ uint32 first_k_block(uint32 stage, uint32 k_group) {
  return (k_group + K_GROUPS - (DEFECT == kStageMoves ? 0 : stage % K_GROUPS)) % K_GROUPS;
}

/// Where PING_PONG: all products of a tile have been issued, and the other warpgroup may begin with those of
/// the next. NOTES: not before, since it would take the parity of an earlier phase of a stage for its own.
__device__ __forceinline__ void hand_over(const Task& task) {
  if (PING_PONG && task.walk.more()) named_barrier_arrive(kBarrierTurn + 1 - threadIdx.x / 128, 256);
}

enum : uint32 {
  // Where K is shared out, a warpgroup whose rows lie past M multiplies all the same: the CTAs' exchange
  // counts on it.
  kSkipsRows = SPLIT_K == 1 && (CLUSTER_M == 2 || (!SWAP_AB && kRowWarpgroups > 1)),
  // Whether it finds that out behind the zeros that sums begin with: with a branch before them they do not
  // hide behind the divisions of the walk, 1 % at K 512. NOTES: elsewhere that wins nothing. It costs 0.7 %
  // in tiles of 256 rows of one product, and in dense_1d1d; with k-groups ptxas serialises the products.
  kSkipsLate = kSkipsRows && kScaleChunks > 0 && K_GROUPS == 1 &&
               (TELLS_TILES || (CLUSTER_M == 2 && kWaves == 1 && kRowWarpgroups <= 2)),
};

/// To the next tile, whose first stage is `at`; false when there is none. `rows`: where TELLS_TILES, how many
/// of the tile's rows D has.
__device__ __forceinline__ bool next_tile(Task& task, const Ring ring, const RingCursor<STAGES>& at,
                                          uint32& rows) {
#if TELLS_TILES
  if (!task.walk.more()) return false;
  if constexpr (DEFECT != kTileNotAwaited) mbarrier_wait(ring.full(at.stage), at.parity);
  const uint4 place = load_shared_unit(ring.tile(at.stage));
  __syncwarp();  // one lane gives the stage back on behalf of all, which must have read by then
  task.walk.follow(place);
  rows = place.w;
  return true;
#else
  return task.advance();
#endif
}

/// What a math warpgroup does with its tiles: all of the walk or, where PING_PONG, every other one. An
/// `Accumulate` is the kernel's own: called, it adds up the products of this warpgroup's k-blocks of a tile,
/// gives their stages back, and calls `bring_c` once, about halfway. Its `pass` gives back the stages of a
/// tile without a product; where kSkipsLate it does so itself for `rows` 0, of those of the warpgroup that D
/// has. Where PING_PONG both hand over.
template <typename Accumulate>
__device__ __forceinline__ void compute_tiles(Task task, const Ring ring, const TensorMap& map_d, uint32 m,
                                              uint32 warpgroup, Accumulate accumulate) {
  const uint32 row_warpgroup = warpgroup % kRowWarpgroups,
               k_group = PING_PONG ? 0 : warpgroup / kRowWarpgroups;
  const uint32 owner = PING_PONG ? warpgroup : row_warpgroup;  // of a place for D
  const uint32 warpgroup_row = row_warpgroup * kWaves * 64;
  const uint32 slot = ring.base + kOffsetSlots + owner / SPLIT_K * kSlotBytes;
  const uint32 partials = ring.base + kOffsetPartials + warpgroup_row * kColumns * 4 + threadIdx.x % 128 * 4;
  const uint32 loaded_c = ring.base + kOffsetLoadedC + owner * 8;
  enum : uint32 { kSharers = 128 * K_GROUPS };
  RingCursor<STAGES> at;
  bool left = false;  // sums for the first k-group, which may not have been taken yet
  uint32 tiles = 0;   // that this warpgroup had rows of
  uint32 turn = 0;
  uint32 rows_of_tile = 0;
  while (next_tile(task, ring, at, rows_of_tile)) {
    if constexpr (PING_PONG) {
      if (turn++ % kTurns != warpgroup) {
        at.skip_rounds(task.k_blocks);
        continue;
      }
      if (turn > 1 && DEFECT != kTurnNotAwaited) named_barrier_sync(kBarrierTurn + warpgroup, 256);
    }
    const uint32 own_row = SWAP_AB ? 0 : warpgroup_row;
    if constexpr (GROUPED && !TELLS_TILES) m = task.end_row(m);
    uint32 rows = kRows;
    if constexpr (TELLS_TILES)
      rows = rows_of_tile > own_row ? rows_of_tile - own_row : 0;
    else if constexpr (kSkipsLate || GROUPED)
      rows = task.row() + own_row < m ? m - task.row() - own_row : 0;
    if (kSkipsRows && !kSkipsLate && task.row() + own_row >= m) {
      accumulate.pass(task, ring, at, k_group);
      at.skip_rounds(task.k_blocks);
      continue;
    }
    const uint32 tile = tiles;
    if (!kSkipsLate || rows > 0) ++tiles;
    const auto bring_c = [&] {
      if (k_group == 0 && threadIdx.x % 128 == 0) load_c(task, map_d, m, slot, warpgroup_row, loaded_c);
      __syncwarp();
    };
    float sum[kWaves][kColumns / 2];
    accumulate(sum, task, ring, at, warpgroup_row, k_group, rows, bring_c);
    at.skip_rounds(task.k_blocks);
    if (kSkipsLate && rows == 0) continue;
    if constexpr (GROUPED) m = task.end_row(m);  // here, so that it need not be held
    if (K_GROUPS > 1 && k_group > 0) {
      if (left) named_barrier_sync(kBarrierTaken + row_warpgroup, kSharers);
      leave_partials(sum, partials + (k_group - 1) * kGroupPartialsBytes);
      named_barrier_arrive(kBarrierPartials + row_warpgroup, kSharers);
      left = true;
      continue;
    }
    if constexpr (K_GROUPS > 1) {
      named_barrier_sync(kBarrierPartials + row_warpgroup, kSharers);
      add_partials<K_GROUPS - 1>(sum, partials, kGroupPartialsBytes);
      named_barrier_arrive(kBarrierTaken + row_warpgroup, kSharers);
    }
    if constexpr (SPLIT_K > 1)
      if (!gather_tile(sum, task, ring, slot, row_warpgroup, tile)) continue;
    if constexpr (kLoadsC)
      add_c(sum, task, map_d, m, slot, warpgroup_row, kBarrierStaged + owner, loaded_c, tile % 2);
    store_tile(sum, task, map_d, m, slot, warpgroup_row, kBarrierStaged + owner);
    if (SPLIT_K > 1 && task.walk.more() && threadIdx.x % 128 == 0) {
      tma_store_wait_read();  // D lies where the next sums will come
      for (uint32 other = 1; other < SPLIT_K; ++other)
        mbarrier_arrive_cluster(
            cluster_address(ring.base + kOffsetTaken + row_warpgroup * 8, (task.cta_rank + other) % SPLIT_K));
    }
  }
  if (left) named_barrier_sync(kBarrierTaken + row_warpgroup, kSharers);
  // Shared memory must outlast the stores that read it; the end of the kernel waits for their writes.
  if (threadIdx.x % 128 == 0) tma_store_wait_read();
}
