// What a persistent GEMM kernel fixes before it runs: what its parameters must be, which threads there are,
// where things lie in shared memory. A kernel of gemm/ says before it includes this:
//   OPERAND_BYTES  of an element of A and B: 1 (FP8) or 2 (BF16)
//   SCALED         1: each stage holds scales of A's rows, and B's come in chunks
//   (gemm/scales_1d2d.cuh)
//   SCALED_ROWS_B  1: each stage holds scales of B's rows too, instead of the chunks
//   GROUPED        1: rows of A belong to groups, each multiplied by a B of its own
//   GROUPED_K      1: groups share out K, and each has a D of its own
// and has included the header of schedule/ whose Walk it takes.
#pragma once

#include "common/defect.cuh"
#include "common/types.cuh"

#ifndef GROUPED
#define GROUPED 0
#endif
#ifndef GROUPED_K
#define GROUPED_K 0
#endif
#ifndef SCALED_ROWS_B
#define SCALED_ROWS_B 0
#endif
// The form of D, part of the problem: BF16 that is overwritten where nothing else is said.
#ifndef OUT_FP32
#define OUT_FP32 0
#endif
#ifndef ACCUMULATE
#define ACCUMULATE 0
#endif
// Configurations that lack them stage D whole, and have all math warpgroups at each tile.
#ifndef STORE_BUFFERS
#define STORE_BUFFERS 0
#endif
#ifndef PING_PONG
#define PING_PONG 0
#endif

// ---- Static checks ----

static_assert(!SWAP_AB || (!OUT_FP32 && !ACCUMULATE), "a swapped tile is stored in BF16 alone");
static_assert(!GROUPED || (!OUT_FP32 && !ACCUMULATE), "rows of a group are stored in BF16 alone");
static_assert(!GROUPED_K || (SPLIT_K == 1 && K_GROUPS == 1),
              "a group may have less of K than would be shared out");
static_assert(CLUSTER_M * CLUSTER_N <= 2, "one CTA or two share loads");
static_assert(SPLIT_K >= 1 && SPLIT_K <= 8, "eight CTAs are the largest portable cluster");
static_assert(SPLIT_K == 1 || CLUSTER_M * CLUSTER_N == 1, "CTAs that share out K have no loads in common");
static_assert(CLUSTER_M == 1 || BLOCK_N % 16 == 0, "half a tile of B starts where the 8-row swizzle repeats");
static_assert(CLUSTER_N == 1 || BLOCK_M % 16 == 0, "and so does half a tile of A");
static_assert(STAGES >= 2 && STAGES <= 32, "one stage is filled while another is read");
static_assert(!PING_PONG || (K_GROUPS == 1 && SPLIT_K == 1 && !SWAP_AB),
              "a warpgroup that has a tile for itself shares it with no other");
static_assert(!PING_PONG || !SCALED, "while one promotes, another must multiply the same tile");
static_assert(K_GROUPS >= 1 && STAGES % K_GROUPS == 0, "a stage belongs to one group, whatever the tile");

// Over groups the thread that loads tells the math warps which tile comes: a walk takes it some 400 cycles
// that are hidden, and would take theirs between two tiles. Not where a warpgroup may have no k-block of a
// tile, and so no stage that it is told with; nor with three row warpgroups, whose registers do not suffice.
// NOTES: of one product, whose walk is two divisions, that lost 0.4 %.
#define TELLS_TILES (GROUPED && K_GROUPS == 1 && SPLIT_K == 1 && (SWAP_AB ? BLOCK_N : BLOCK_M) != 192)

enum : uint32 {
  kRowBytes = 128,  // of a k-block in A and B: one row of the 128-byte swizzle
  kBlockK = kRowBytes / OPERAND_BYTES,
  kMulticast = CLUSTER_M * CLUSTER_N,  // CTAs that share loads
  kClusterSize = kMulticast * SPLIT_K,
  // What wgmma sees: rows of A and columns that are rows of B, or swapped, rows of B and columns of A.
  kRows = SWAP_AB ? BLOCK_N : BLOCK_M,
  kColumns = SWAP_AB ? BLOCK_M : BLOCK_N,
  kRowWarpgroups = PING_PONG      ? 1
                   : kRows <= 192 ? kRows / 64
                                  : 2,  // share the rows of a tile
  kTurns = PING_PONG ? 2 : 1,           // tiles in work: one is multiplied while D of another is stored
  kMathWarpgroups = kRowWarpgroups * K_GROUPS * kTurns,
  kMathThreads = 128 * kMathWarpgroups,
  kThreads = kMathThreads + 128,           // the producer is a whole warpgroup because setmaxnreg acts on one
  kWaves = kRows / (64 * kRowWarpgroups),  // 64-row wgmmas a warpgroup does in sequence for one k-block
  // setmaxnreg moves registers within what the launch got: 65536 / threads, rounded down to 8. With four
  // warpgroups that is 5 * 96 = 4 * 112 + 32; 120 would wait for ever.
  kMathRegisters = kMathWarpgroups <= 2   ? 248 - 8 * kMathWarpgroups
                   : kMathWarpgroups == 3 ? 160
                                          : 112,
  kProducerRegisters = kMathWarpgroups <= 2 ? 40 : 32,
  kBarrierStart = 0,     // named barriers: the mbarriers are ready; and one of each a row warpgroup:
  kBarrierStaged = 1,    // D is in shared memory,
  kBarrierPartials = 4,  // partial sums are in shared memory,
  kBarrierTaken = 7,     // partial sums have been read
  kBarrierTurn = 10,     // of each math warpgroup, where they take tiles in turn: its turn to multiply

  // Of CTAs that share out a tile's K, CTA r gathers the sums of row warpgroups r, r + SPLIT_K, ... and
  // stores them: the exchange is spread over all of them.
  kOwnedWarpgroups = kTurns * ceil_div(kRowWarpgroups, SPLIT_K),
  kSumsBytes = kWaves * 64 * kColumns * 4,  // FP32, of a row warpgroup

  // Shared memory; family::DenseConfig::smem_bytes is the same sum.
  kTileABytes = BLOCK_M * kRowBytes,
  kTileBBytes = BLOCK_N * kRowBytes,
  kScalesABytes = SCALED ? ceil_div(BLOCK_M * 4, 128) * 128 : 0,  // TMA writes to multiples of 128
  kScalesBBytes = SCALED_ROWS_B ? ceil_div(BLOCK_N * 4, 128) * 128 : 0,
  kWaveDBytes = 64 * kColumns * (OUT_FP32 ? 4 : 2),
  kStoreRows = SWAP_AB ? BLOCK_M : 64,     // of a box that TMA stores
  kLoadsC = ACCUMULATE && !OUT_FP32,       // TMA adds FP32 itself; C in BF16 lies where D will, before it
  kLoadsCEarly = kLoadsC && SPLIT_K == 1,  // else others' sums come to that place first
  kPartColumns = 32,                       // of D where it is stored in parts, of 64 rows
  kPartBytes = 64 * kPartColumns * (OUT_FP32 ? 4 : 2),
  kScaleChunk = kLoadsCEarly ? 8 : 32,  // k-blocks whose B scales are handed over together, one a lane
  // One is read while the other is filled.
  kScaleChunks = SCALED && !SCALED_ROWS_B ? 2 : 0,
  kScaleChunkBytes = 32 * 8,
  // D of an owned row warpgroup, or parts of it; where K is split, before that the sums that the other CTAs
  // send.
  kSlotBytes = STORE_BUFFERS > 0 ? (STORE_BUFFERS)*kPartBytes
               : SPLIT_K == 1    ? kWaves* kWaveDBytes
                                 : (SPLIT_K - 1) * kSumsBytes,
  kOffsetSlots = 0,
  kOffsetPartials = kOffsetSlots + kOwnedWarpgroups * kSlotBytes,
  kGroupPartialsBytes = BLOCK_M * BLOCK_N * 4,  // of each k-group but the first
  kOffsetA = kOffsetPartials + (K_GROUPS - 1) * kGroupPartialsBytes,
  kOffsetB = kOffsetA + STAGES * kTileABytes,
  kOffsetScalesA = kOffsetB + STAGES * kTileBBytes,
  kOffsetScalesB = kOffsetScalesA + STAGES * kScalesABytes,
  kOffsetTiles = kOffsetScalesB + kScaleChunks * kScaleChunkBytes + STAGES * kScalesBBytes,
  kTileBytes = TELLS_TILES ? 16 : 0,  // of the tile that begins with a stage: which one it is
  kOffsetFull = kOffsetTiles + STAGES * kTileBytes,
  kOffsetEmpty = kOffsetFull + STAGES * 8,
  kOffsetScalesFull = kOffsetEmpty + STAGES * 8,
  kOffsetScalesEmpty = kOffsetScalesFull + kScaleChunks * 8,
  kOffsetLoadedC = kOffsetScalesEmpty + kScaleChunks * 8,
  kOffsetGathered = kOffsetLoadedC + (kLoadsC ? kTurns * kRowWarpgroups * 8 : 0),
  kOffsetTaken = kOffsetGathered + kRowWarpgroups * 8,
  // GroupTable, as long as there are groups.
  kOffsetGroups = SPLIT_K == 1 ? kOffsetGathered : kOffsetTaken + kRowWarpgroups * 8,
};

static_assert(kMathWarpgroups <= 4, "the registers of a launch: 4 * 112 and 32 for the producer");
static_assert(kTileABytes % 1024 == 0 && kTileBBytes % 1024 == 0 && kOffsetA % 1024 == 0,
              "128-byte swizzle repeats every 1024 bytes");
static_assert(STORE_BUFFERS == 0 || (STORE_BUFFERS > 1 && kColumns % kPartColumns == 0),
              "one part is staged while another is stored, all of one width");
static_assert(STORE_BUFFERS == 0 || (!SWAP_AB && SPLIT_K == 1 && !kLoadsC),
              "the place of D takes nothing else, and rows of wgmma are rows of D");
static_assert(kRows % 64 == 0 && kRows >= 64 && kRows <= 256, "a wgmma has 64 rows");
static_assert(kColumns % 8 == 0 && kColumns >= 8 && kColumns <= 256, "the widths of wgmma");

/// Addresses of the ring's parts in shared memory.
struct Ring {
  uint32 base;
  __device__ __forceinline__ uint32 a(uint32 stage) const { return base + kOffsetA + stage * kTileABytes; }
  __device__ __forceinline__ uint32 b(uint32 stage) const { return base + kOffsetB + stage * kTileBBytes; }
  /// Of what wgmma takes as rows and as columns.
  __device__ __forceinline__ uint32 rows(uint32 stage) const { return SWAP_AB ? b(stage) : a(stage); }
  __device__ __forceinline__ uint32 columns(uint32 stage) const { return SWAP_AB ? a(stage) : b(stage); }
  __device__ __forceinline__ uint32 scales_a(uint32 stage) const {
    return base + kOffsetScalesA + stage * kScalesABytes;
  }
  /// Of B's rows, where stages hold them.
  __device__ __forceinline__ uint32 scales_of_rows_b(uint32 stage) const {
    return base + kOffsetScalesB + stage * kScalesBBytes;
  }
  /// Where TELLS_TILES: row and column of the tile whose first stage this is, its group, its rows that D has.
  __device__ __forceinline__ uint32 tile(uint32 stage) const {
    return base + kOffsetTiles + stage * kTileBytes;
  }
  /// Completed by the loads of a stage.
  __device__ __forceinline__ uint32 full(uint32 stage) const { return base + kOffsetFull + stage * 8; }
  /// Completed by every math warp of the cluster that reads the stage: both CTAs write to it.
  __device__ __forceinline__ uint32 empty(uint32 stage) const { return base + kOffsetEmpty + stage * 8; }

  /// B's scales have a ring of their own, of chunks: for each k-block a pair, under the scale column that the
  /// tile starts under and under the next.
  __device__ __forceinline__ uint32 scales_b(uint32 chunk) const {
    return base + kOffsetScalesB + chunk * kScaleChunkBytes;
  }
  /// Completed by each lane of the warp that brings them.
  __device__ __forceinline__ uint32 scales_full(uint32 chunk) const {
    return base + kOffsetScalesFull + chunk * 8;
  }
  /// Completed by every math warp.
  __device__ __forceinline__ uint32 scales_empty(uint32 chunk) const {
    return base + kOffsetScalesEmpty + chunk * 8;
  }
};

/// The row at which one of `elements` is looked for.
__device__ __forceinline__ uint32 row_by_place(uint32 row, uint64 elements) {
  if constexpr (DEFECT == kPlaceIn32Bits) return uint32((row * elements & 0x7fffffff) / elements);
  return row;
}

/// D for rows that TMA cannot store: of a box in which a group ends.
struct RowsOfD {
  uint8* d;
  uint64 row_bytes;  ///< from one row to the next
};

/// What every role knows about the launch.
struct Task {
  Walk walk;
  uint32 k_first;   ///< first k-block of this CTA; where GROUPED_K of the current tile
  uint32 k_blocks;  ///< of this CTA, or of the tile
  uint32 cta_rank;
  uint32 spin_limit;
  uint32 n;
  uint32 k_blocks_in_all;  ///< of K
  RowsOfD rows_of_d;       ///< where GROUPED alone

  /// To the first tile; false when there is none.
  __device__ __forceinline__ bool begin() {
    if (!walk.begin()) return false;
    walk.take_k(k_first, k_blocks);
    return true;
  }

  /// To the next tile; false when there is none.
  __device__ __forceinline__ bool advance() {
    if (!walk.advance()) return false;
    walk.take_k(k_first, k_blocks);
    return true;
  }

  /// First row and column of this CTA's tile within the current cluster tile.
  __device__ __forceinline__ uint32 row() const {
    return walk.start_row() + (walk.row * CLUSTER_M + (CLUSTER_M == 2 ? cta_rank : 0)) * BLOCK_M;
  }
  __device__ __forceinline__ uint32 column() const {
    return (walk.column * CLUSTER_N + (CLUSTER_N == 2 ? cta_rank : 0)) * BLOCK_N;
  }
  /// Past the last row of D that the tile may store; `m` is that of all groups.
  __device__ __forceinline__ uint32 end_row(uint32 m) const { return walk.end_row(m); }
  /// The tile's first row of B, of which groups have n each.
  __device__ __forceinline__ uint32 row_of_b() const {
    return (walk.group() + (DEFECT == kNextGroupsWeights ? 1 : 0)) * n + column();
  }
};
