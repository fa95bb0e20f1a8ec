// A worker whose requests are spans of a trace.
#pragma once

#include "core/ports.h"
#include "workers/trace.h"

#include <memory>
#include <string>
#include <utility>

namespace gemmtune::workers {

class TracedWorker : public Worker {
 public:
  /// `trace` must outlive it.
  TracedWorker(std::unique_ptr<Worker> worker, Trace& trace, int lane)
      : worker_(std::move(worker)), trace_(trace), lane_(lane) {}

  Outcome<Environment> describe() override;
  Outcome<CompileReport> compile(const CompileRequest& request) override;
  Outcome<PrepareReport> prepare(const PrepareRequest& request) override;
  Outcome<std::vector<Baseline>> baselines() override;
  Outcome<Verdict> verify(const VerifyRequest& request) override;
  /// The pauses between bursts stand at the end of its span, as one: when each was is not known.
  Outcome<MeasureReport> measure(const MeasureRequest& request) override;
  Outcome<CountReport> count(const CountRequest& request) override;
  Outcome<CeilingsReport> ceilings(const CeilingsRequest& request) override;
  Outcome<QuantiseReport> quantise(const QuantiseRequest& request) override;

 private:
  Span span(const char* name, std::string about = "") { return {&trace_, lane_, name, std::move(about)}; }

  std::unique_ptr<Worker> worker_;
  Trace& trace_;
  int lane_;
};

}  // namespace gemmtune::workers
