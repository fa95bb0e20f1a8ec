// How long a kernel should take on a machine that is known by figures only: a roofline against measured
// floors, with the waves in which CTAs work through their tiles. Good for trying the tool and for tests; not
// for choosing a configuration. How far it is off: over the 36 winners of an
// earlier sweep of DeepSeek-V3 (`event` timer, revision e016762) its geomean is 0.95, from 0.69 to 1.37; of
// cuBLASLt there 0.84 with block scales, 0.92 per tensor, 1.02 in BF16. The best it finds, over the 37 times
// of DeepGEMM in results/peers: 0.97, from 0.70 to 1.18.
#pragma once

#include "core/config.h"
#include "core/messages.h"
#include "core/problem.h"
#include "model/machine.h"

#include <cstdint>

namespace gemmtune::model {

/// The parts overlap: `time_us` is launch and fill, the longest of the three streams, and what follows it.
struct ExpectedTime {
  double time_us = 0;
  double memory_us =
      0;             ///< DRAM: every byte once, and B again for each band of tiles if the L2 cannot hold it
  double l2_us = 0;  ///< all tiles of all CTAs through the L2
  double waves_us = 0;  ///< the CTA with most tiles: multiply, or load if that is slower
  std::int64_t waves = 0;
};

/// A legal configuration (family::Family::illegal says nothing). Cold L2, or warm: then DRAM
/// is left out where the L2 holds all operands.
ExpectedTime expected_time(const SimulatedMachine& machine, const Problem& problem, const Config& config,
                           L2Policy l2);

/// Answers that a library's modelled heuristic has for the problem: 0 where it refuses.
int library_answers(const std::string& provider, const Problem& problem);

/// Answer `answer` of a library. Throws InternalError for a provider or an answer that does not exist.
ExpectedTime expected_library_time(const SimulatedMachine& machine, const Problem& problem,
                                   const std::string& provider, std::int64_t answer, L2Policy l2);

}  // namespace gemmtune::model
