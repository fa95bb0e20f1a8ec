// A worker in front of which nobody is blamed for another's fault. A candidate in whose hands the worker was
// lost is asked once more, as the first and only thing a fresh process launches; only then the failure is its
// own. Before that the machine is asked whether it is still there: one that is gone ends the run instead of
// failing all candidates to come.
#pragma once

#include "core/ports.h"

#include <functional>

namespace gemmtune::tune {

class CarefulWorker : public Worker {
 public:
  /// So many candidates one after the other that lose their worker twice are no coincidence.
  static constexpr int kMostLostInARow = 8;

  /// `worker` must outlive it. `expected` is the machine that the run began on.
  CarefulWorker(Worker& worker, const Environment& expected)
      : worker_(worker), device_(expected.device), uuid_(expected.uuid), sms_(expected.sms) {}

  /// All below throw UserError (exit 1) when the machine is gone or another, when a problem that was prepared
  /// cannot be prepared again, and after kMostLostInARow candidates.
  Outcome<Environment> describe() override { return worker_.describe(); }
  Outcome<CompileReport> compile(const CompileRequest& request) override { return worker_.compile(request); }
  Outcome<PrepareReport> prepare(const PrepareRequest& request) override;
  Outcome<std::vector<Baseline>> baselines() override;
  Outcome<Verdict> verify(const VerifyRequest& request) override;
  /// A race is asked once: whoever broke it is found by asking each contender alone.
  Outcome<MeasureReport> measure(const MeasureRequest& request) override;
  /// Asked once: a candidate that has been timed is not blamed for what counting does.
  Outcome<CountReport> count(const CountRequest& request) override;
  Outcome<CeilingsReport> ceilings(const CeilingsRequest& request) override {
    return worker_.ceilings(request);
  }
  Outcome<QuantiseReport> quantise(const QuantiseRequest& request) override {
    return worker_.quantise(request);
  }

 private:
  template <typename Report>
  Outcome<Report> ask(const std::function<Outcome<Report>()>& once, bool again = true);
  void require_machine(const Failure& failure);

  Worker& worker_;
  std::string device_;
  std::string uuid_;  ///< numbers of GPUs move up where one is gone
  int sms_;
  int lost_in_a_row_ = 0;
};

}  // namespace gemmtune::tune
