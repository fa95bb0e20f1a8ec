// A Worker without a GPU: compiles for real where a compiler is at hand, and answers everything else from the
// model of a machine. What it says is marked as simulated in its Environment, and so in every row.
#pragma once

#include "core/ports.h"
#include "model/machine.h"
#include "workers/simulated_faults.h"

#include <memory>
#include <optional>

namespace gemmtune::workers {

class SimulatedWorker : public Worker {
 public:
  /// Relative standard deviation of a sample; of a block's mean, which is one over many launches.
  static constexpr double kNoise = 0.007;
  static constexpr double kBlockNoise = 0.001;
  /// The board gets slower from block to block, whosever they are, as one that gets warmer does.
  static constexpr double kDriftOfBlock = 0.001;

  /// Without a `compiler` (null), what "compiles" has no hash, no registers and no cubin: nobody knows them.
  /// `machine` must outlive the worker. `uuid` tells several boards apart.
  SimulatedWorker(const model::SimulatedMachine& machine, std::unique_ptr<Worker> compiler,
                  SimulatedFaults faults = SimulatedFaults::from_environment(), std::string uuid = "");

  /// The machine; compiler and kernels as the compiler tells them.
  Outcome<Environment> describe() override;
  Outcome<CompileReport> compile(const CompileRequest& request) override;

  /// Fails when the problem does not fit the machine's memory.
  Outcome<PrepareReport> prepare(const PrepareRequest& request) override;
  Outcome<std::vector<Baseline>> baselines() override;

  /// Figures of a right kernel at the problem's K, or the fault that was asked for.
  Outcome<Verdict> verify(const VerifyRequest& request) override;

  /// The model's time with noise that the contender, the policy and its seed decide: two runs agree. Back to
  /// back launches have a power limit; blocks drift.
  Outcome<MeasureReport> measure(const MeasureRequest& request) override;

  /// A failure: there is nothing that counts.
  Outcome<CountReport> count(const CountRequest& request) override;

  /// The machine's figures with the same noise.
  Outcome<CeilingsReport> ceilings(const CeilingsRequest& request) override;

  /// A failure: nothing is computed here that could be judged.
  Outcome<QuantiseReport> quantise(const QuantiseRequest& request) override;

 private:
  Timing timing(const Contender& contender, const Policy& policy) const;

  const model::SimulatedMachine& machine_;
  std::unique_ptr<Worker> compiler_;
  SimulatedFaults faults_;
  std::string uuid_;
  std::optional<Problem> prepared_;
};

}  // namespace gemmtune::workers
