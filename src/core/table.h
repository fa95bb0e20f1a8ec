// The tuning table: for each problem the configuration to use. Derived from rows (store/table.h), never
// edited.
#pragma once

#include "core/config.h"
#include "core/environment.h"
#include "core/names.h"
#include "core/problem.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gemmtune {

/// Of the libraries in the same race; empty where one refuses the problem, and of energy, which is that of
/// the answer with the time, where it was not measured.
struct Baselines {
  std::optional<double> cublaslt_block_us;        ///< the best of its heuristic's answers
  std::optional<double> cublaslt_block_first_us;  ///< its first answer: what most programs use
  std::optional<double> cublaslt_tensor_us;
  std::optional<double> cublas_bf16_us;
  std::optional<double> cublaslt_block_energy_j;  ///< of one launch among many, as the winner's
  std::optional<double> cublaslt_tensor_energy_j;
  std::optional<double> cublas_bf16_energy_j;
};

/// An M that was in no tuning, and what the table's answer takes there.
struct StepCheck {
  Problem problem;
  std::int64_t entry_m = 0;      ///< of the entry that answers
  double best_us = 0;            ///< the fastest that was tried there
  std::optional<double> regret;  ///< of the answer's time over that, less 1; nothing: it did not run there
};

/// Who was in the winner's race and did not win it.
struct RunnerUp {
  Config config;
  double time_us = 0;
};

/// Who won where finalists worked back to back, a second each in turns, at the clock that their own power
/// leaves. May be the winner in bursts.
struct SustainedWinner {
  Config config;
  std::string kernel_hash;
  std::string code_hash;
  std::string policy;  ///< of that race
  double time_us = 0;  ///< median over its blocks
  double time_us_low = 0;
  double time_us_high = 0;
  std::optional<double> energy_j = {};  ///< of one launch there
  /// Its time over that of the winner in bursts, block by block: geometric mean, and where another sweep
  /// would find it with a chance of 95 %. 1 where they are the same.
  double over_burst = 1;
  double over_burst_low = 1;
  double over_burst_high = 1;
};

struct TableEntry {
  Problem problem;
  /// Of a table that is a step function over M: the entry is for these up to its own.
  std::optional<std::int64_t> from_m;
  Config config;
  std::string kernel_hash;
  std::string code_hash;       ///< of its machine code; empty: unknown, as in tables of before
  Stage stage = Stage::final;  ///< of the rows compared; `screen` when the finalists were never raced
  double time_us = 0;
  double time_us_low = 0;
  double time_us_high = 0;
  std::vector<double> draws_us;  ///< of groups the time of each draw of the sizes
  std::optional<double> tflops;
  std::optional<double> gbps;
  std::optional<double> energy_j;  ///< of one launch among many, back to back
  std::optional<double> error_rms;
  std::optional<double> error_max;
  Baselines baselines;
  std::string board_uuid;       ///< that the times come from; empty: unknown
  std::int64_t candidates = 0;  ///< configurations tried
  /// Of the runs that tried them, in their order; none: it is not known.
  std::vector<std::string> strategies = {};
  std::vector<std::string>
      tie_set;  ///< config_ids of who may be the fastest in another sweep; the winner's among them
  /// Fastest first: all others of the tie set, and those next to it. None: the table was made before they
  /// were kept, or the winner raced alone.
  std::vector<RunnerUp> runners_up = {};
  std::optional<SustainedWinner> sustained = {};  ///< nothing: no such race was held
};

/// Whether the regime changes the answer.
inline bool wins_in_bursts_alone(const TableEntry& entry) {
  return entry.sustained && entry.sustained->config != entry.config;
}

/// The entry as it is for who works back to back: its sustained winner in the winner's place, where they
/// differ.
TableEntry as_sustained(TableEntry entry);

struct Table {
  Environment environment;  ///< of the run that the times come from
  std::string policy;       ///< under which the entries' times were made
  bool simulated = false;
  std::vector<TableEntry> entries;
  std::vector<StepCheck> checks;  ///< of a table that is a step function over M
};

}  // namespace gemmtune
