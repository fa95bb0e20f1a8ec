// Launches that take turns over copies of their operands.
#pragma once

#include "core/messages.h"
#include "worker/measure/held_stream.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace gemmtune::measure {

/// Queues one launch on the copy of that number.
using LaunchOnCopy = std::function<void(cudaStream_t, int copy)>;

/// Each launch, whosever it is, uses the copy after that of the launch before: two contenders one after the
/// other do not find each other's operands in the cache either.
inline std::vector<Launch> taking_turns(const std::vector<LaunchOnCopy>& contenders, std::size_t copies) {
  const auto turn = std::make_shared<std::size_t>(0);
  std::vector<Launch> launches;
  for (const LaunchOnCopy& contender : contenders)
    launches.push_back([contender, turn, copies](cudaStream_t stream) {
      contender(stream, static_cast<int>(*turn));
      *turn = (*turn + 1) % copies;
    });
  return launches;
}

/// Each contender uses the next copy with each of its launches: in one round all of them use the same ones.
inline std::vector<Launch> in_step(const std::vector<LaunchOnCopy>& contenders, std::size_t copies) {
  std::vector<Launch> launches;
  for (const LaunchOnCopy& contender : contenders)
    launches.push_back([contender, copies, turn = std::size_t{0}](cudaStream_t stream) mutable {
      contender(stream, static_cast<int>(turn));
      turn = (turn + 1) % copies;
    });
  return launches;
}

/// Launches of a chain.
inline constexpr int kChain = 16;

/// Chains in the place of single launches; each launch uses the next copy, as with taking_turns.
inline std::vector<Launch> in_chains(const std::vector<LaunchOnCopy>& contenders, std::size_t copies) {
  std::vector<Launch> chains;
  for (const Launch& launch : taking_turns(contenders, copies))
    chains.push_back([launch](cudaStream_t stream) {
      for (int i = 0; i < kChain; ++i) launch(stream);
    });
  return chains;
}

/// From the time of a chain to that of a launch of it.
inline void divide_by_chain(MeasureReport& report) {
  for (Timing& timing : report.timings)
    for (double& sample_us : timing.samples_us) sample_us /= kChain;
}

}  // namespace gemmtune::measure
