// The probes: each measures some ceilings of this GPU, and checks before it times that its kernels do all of
// their work.
#pragma once

#include "core/messages.h"
#include "worker/ceilings/figure.h"
#include "worker/ceilings/kernels.h"
#include "worker/gpu/resources.h"
#include "worker/measure/bench.h"

#include <functional>
#include <string>
#include <vector>

namespace gemmtune::ceilings {

/// What probes work with.
struct Bench {
  const gpu::Stream& stream;
  measure::Bench& timed;
  cache::CubinCache& cache;
  unsigned sms = 0;
  std::int64_t memory_bytes = 0;
  Timer timer = Timer::event;
  int defect = 0;  ///< of kernels/common/defect.cuh, planted by tests
};

/// One of kProbes. Figures that contradict the work (a kernel that skips some) are a Failure `correctness`,
/// an unknown probe is a Failure too. Throws GpuError.
Outcome<CeilingsReport> measure(const std::string& probe, const Bench& bench);

/// A launch, and what it does.
struct Job {
  measure::Launch launch;
  Work work;
};

/// One way to do a kind of work, in launches that suit the regime.
struct Variant {
  std::string how;
  std::function<Job(PowerRegime)> job;
};

/// The best of the variants in bursts and the best sustained, which need not be the same where they compute:
/// power holds them back. Of those that move bytes the best in bursts is sustained. L2 warm: what is measured
/// exceeds it, or has nothing to do with it.
void add_both_regimes(CeilingsReport& report, const std::string& name, const std::vector<Variant>& variants,
                      const Bench& bench);

/// Policies of a figure.
Policy burst_policy(Timer timer, L2Policy l2);
Policy sustained_policy(Timer timer);

// One file each.
Outcome<CeilingsReport> launches(const Bench& bench);
Outcome<CeilingsReport> transfers(const Bench& bench);
Outcome<CeilingsReport> memory(const Bench& bench);
Outcome<CeilingsReport> cold(const Bench& bench);
Outcome<CeilingsReport> l2(const Bench& bench);
Outcome<CeilingsReport> tensor(const std::string& probe, const Bench& bench);
Outcome<CeilingsReport> fma_fp32(const Bench& bench);

}  // namespace gemmtune::ceilings
