// One of several sweeps, on as many hosts, that share a plan by whole problems.
#pragma once

#include "cli/command.h"
#include "core/run.h"
#include "tune/sweep_plan.h"

#include <optional>
#include <string>
#include <vector>

namespace gemmtune::cli {

struct Shard {
  int index = 1;  ///< from 1
  int count = 1;
};

/// `2/8`, or `slurm`: the place of this task in its job array. Throws UserError for anything else, and for
/// `slurm` outside of an array.
Shard parse_shard(const std::string& text);

/// --shard TEXT.
void add_shard_option(Command& command, std::string& text);

/// Which shard each problem of the plan belongs to, from 1: the longest problem first, each to the shard that
/// has least to do. The same on every host.
std::vector<int> shards_of(const tune::SweepPlan& plan, int count);

/// The problems of one shard, in their order, with the kernels that they need.
tune::SweepPlan only(tune::SweepPlan plan, const Shard& shard);

/// The same for every shard and every seed of one set of problems and candidates.
std::string plan_hash(const tune::SweepPlan& plan);

}  // namespace gemmtune::cli
