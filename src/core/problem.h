// What is to be computed: D[M,N] = A[M,K] * B[N,K]^T with block scales, or such a product for each of several
// groups of rows at once.
#pragma once

#include "core/names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune {

struct Problem {
  std::string kernel = "dense_1d2d";
  std::int64_t m = 0;  ///< of groups: their mean rounded up, from which look-up goes to the nearest
  std::int64_t n = 0;
  std::int64_t k = 0;
  OutputType out = OutputType::bf16;
  bool accumulate = false;  ///< D += instead of D =
  Recipe recipe = Recipe::fp32;
  DataKind data = DataKind::normal;
  // Elements from one row to the next; 0: no gap, K of A and B, N of D.
  std::int64_t a_pitch = 0;
  std::int64_t b_pitch = 0;
  std::int64_t d_pitch = 0;

  // How rows (of `k_grouped_1d1d` K) are shared out among groups, each with a B of its own: exact sizes, or a
  // mean from which sizes are drawn. core/groups.h says what follows from it.
  std::int64_t groups = 0;                ///< 0: not grouped
  double m_per_group = 0;                 ///< mean rows a group, may be below 1; 0 where sizes are given
  double k_per_group = 0;                 ///< the same of K
  std::vector<std::int64_t> group_sizes;  ///< exact, one a group
  double spread = 0;                      ///< sizes from [1-s, 1+s] times the mean
  std::string routing;                    ///< "uniform", "zipf:1.2", "one_hot": each row draws its group
  double empty = 0;                       ///< share of the groups that have no rows
  std::int64_t group_seed = 0;            ///< of what is drawn
  std::int64_t alignment = 0;             ///< of a group's first row; 1: ragged; 0: no field of this kernel
  std::string layout;                     ///< "indices", "offsets": how a group's rows are told; or ""
  std::int64_t max_m = 0;                 ///< rows that each group has room for; 0: no field of this kernel

  // Not part of the identity: two problems that differ only here are the same problem.
  double weight = 1.0;  ///< how often a model runs it
  std::string name;     ///< the layer it comes from

  /// What the pitches stand for.
  std::int64_t a_stride() const { return a_pitch == 0 ? k : a_pitch; }
  std::int64_t b_stride() const { return b_pitch == 0 ? k : b_pitch; }
  std::int64_t d_stride() const { return d_pitch == 0 ? n : d_pitch; }
  /// Whether groups share out K: M and N are then a layer's, and K of a group differs from step to step.
  bool shares_out_k() const { return groups > 0 && alignment == 0 && max_m == 0; }
  /// By which tables find the nearest entry: M, or K.
  std::int64_t nearest_size() const { return shares_out_k() ? k : m; }
  /// Of an element of D.
  std::int64_t out_bytes() const { return out == OutputType::fp32 ? 4 : 2; }
};

/// Hash of the identity (16 hex digits); the `problem_id` of rows.
std::string problem_id(const Problem& problem);

/// What differs from the default form, `out=fp32,accumulate=true`; empty where nothing does.
std::string describe_form(const Problem& problem);

/// One line for people and for `--problem`: `dense_1d2d:m=64,n=2112,k=7168`, defaults left out.
std::string describe(const Problem& problem);

}  // namespace gemmtune
