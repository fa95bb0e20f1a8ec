// How long a candidate should take on a machine that is known by figures only (launch/gemm_time.h). Good for
// trying the tool and for tests; by itself not for choosing a configuration. How far it is off: over the 36
// winners of an earlier sweep of DeepSeek-V3 (`event` timer, revision e016762) its geomean is 0.95, from 0.69
// to 1.37; of cuBLASLt there 0.84 with block scales, 0.92 per tensor, 1.02 in BF16. The best it finds, over
// the 37 times of DeepGEMM in results/peers: 0.97, from 0.70 to 1.18.
#pragma once

#include "core/config.h"
#include "core/messages.h"
#include "core/problem.h"
#include "launch/gemm_time.h"
#include "model/machine.h"

#include <cstdint>

namespace gemmtune::model {

using launch::ExpectedTime;

/// A legal configuration (family::Family::illegal says nothing), and what it has to do.
struct Launch {
  launch::Tiling tiling;
  launch::Work work;
};
Launch launch_of(const SimulatedMachine& machine, const Problem& problem, const Config& config);

/// Cold L2, or warm: then DRAM is left out where the L2 holds all operands.
ExpectedTime expected_time(const SimulatedMachine& machine, const Problem& problem, const Config& config,
                           L2Policy l2);

/// Joules of a launch among many that follow each other back to back. A library's tiles count as 128x128.
double expected_energy_j(const SimulatedMachine& machine, const Problem& problem, const Config& config);
double expected_library_energy_j(const SimulatedMachine& machine, const Problem& problem);

/// What a launch takes there: as long as in a burst, or as long as the power limit makes it.
double sustained_us(const SimulatedMachine& machine, double burst_us, double energy_j);

/// Answers that a library's modelled heuristic has for the problem: 0 where it refuses.
int library_answers(const std::string& provider, const Problem& problem);

/// Answer `answer` of a library. Throws InternalError for a provider or an answer that does not exist.
ExpectedTime expected_library_time(const SimulatedMachine& machine, const Problem& problem,
                                   const std::string& provider, std::int64_t answer, L2Policy l2);

}  // namespace gemmtune::model
