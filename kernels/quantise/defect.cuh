// Defects of the quantisers that their checks must catch, planted on purpose (-DDEFECT=<n>). Not in
// common/defect.cuh: that file is a part of every GEMM kernel, whose figures a change to it would make old.
#pragma once

#ifndef DEFECT
#define DEFECT 0
#endif

enum QuantiserDefect : int {
  kScaleOfNeighbour = 30,    ///< the scale that is stored is the neighbouring row's, column's or block's
  kRowNotTurned = 31,        ///< of a tile the last rows lie in the transposed tensor where others belong
  kRoundedDown = 32,         ///< elements are rounded towards zero
  kSameNoiseEverywhere = 33  ///< stochastic rounding takes the noise of the first row
};
