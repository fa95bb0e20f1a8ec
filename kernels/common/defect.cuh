// Defects that the gates must catch, planted on purpose. The GPU tests build each with -DDEFECT=<n> and see
// it fail; every other build has DEFECT 0, for which the hooks in the kernels are `if constexpr (false)`.
#pragma once

#ifndef DEFECT
#define DEFECT 0
#endif

enum Defect : int {
  kNoDefect = 0,
  kPromotionSkipped = 1,       ///< the tensor core's own accumulator runs through all of K
  kPromotionEvery256 = 2,      ///< it runs through two k-blocks
  kScaleOffByOne = 3,          ///< B's scale of the next k-block
  kRowUnwritten = 4,           ///< a wave that holds only the last row is not stored (M % 64 == 1)
  kWrongParity = 5,            ///< math warps wait for the phase before, with a producer that is late
  kBarrierNeverCompletes = 6,  ///< only a tile's first k-block is loaded: ended by the bound on spins
  kStageMoves = 7,             ///< k-groups own k-blocks, not stages: one may run a ring ahead of the other
  kSumsNotAwaited = 8,      ///< where K is split, the sums of the other CTAs are added before they have come
  kCMissing = 9,            ///< D is overwritten where it should be added to
  kAddedTwice = 10,         ///< what should be added once is added twice: C in BF16, a tile's sums in FP32
  kGridNotAwaited = 11,     ///< A and C are loaded before the grids before, which may make them, have ended
  kScalesNotAwaited = 12,   ///< B's scales, with a warp that brings them late, are read before they have come
  kCNotAwaited = 13,        ///< C alone is loaded before the grids before have ended
  kTailRowsMissing = 14,    ///< of the tile in which M ends eight rows fewer are waited for than come
  kKBlockMissing = 15,      ///< the last k-block of a tile is not multiplied
  kGroupEndsLate = 16,      ///< a group is taken to have a row more than it has
  kNextGroupsWeights = 17,  ///< rows are multiplied by the B of the group behind theirs
  kNotClipped = 18,         ///< a box in which a group begins or ends is stored whole
  kScaleOfNeighbourRow = 19,     ///< a row of D (of a swapped tile a column) takes its neighbour's scale
  kScaleOfNeighbourColumn = 23,  ///< the same of the other operand's scales
  kTurnNotAwaited =
      24,  ///< of warpgroups that take tiles in turn one begins before the other has issued its products
  kTailToNeighbour = 25,  ///< of groups along K, the last k-block is counted to the group behind
  kTileNotAwaited =
      26,  ///< over groups, with a producer that is late, which tile comes is read before it was told
  kRowsOfNoneTaken = 27,    ///< an index of -1, of a row of no group, is taken for the last group's
  kRowsOfFirstLaunch = 28,  ///< groups lie where the CTA found them at its first launch
  kPlaceIn32Bits =
      29,  ///< over groups of rows, a row's place in A, B or D, in elements, is cut to 31 bits and a sign
  // Of the ceilings:
  kHalfRead = 20,        ///< every CTA leaves off after half of its chunks
  kHalfWritten = 21,     ///< every other unit of a thread is left as it was
  kHalfMultiplied = 22,  ///< half of the k-blocks, or half of the steps
};
