#include "workers/traced_worker.h"

#include <algorithm>
#include <utility>

namespace gemmtune::workers {

namespace {

std::string about(const Contender& contender) {
  return contender.provider + " " + describe(contender.config);
}

}  // namespace

Outcome<Environment> TracedWorker::describe() {
  const Span whole = span("describe");
  return worker_->describe();
}

Outcome<CompileReport> TracedWorker::compile(const CompileRequest& request) {
  const Span whole = span("compile", request.kernel + " " + gemmtune::describe(request.config));
  return worker_->compile(request);
}

Outcome<PrepareReport> TracedWorker::prepare(const PrepareRequest& request) {
  const Span whole = span("prepare");
  return worker_->prepare(request);
}

Outcome<std::vector<Baseline>> TracedWorker::baselines() {
  const Span whole = span("baselines");
  return worker_->baselines();
}

Outcome<Verdict> TracedWorker::verify(const VerifyRequest& request) {
  const Span whole = span("verify", about(request.contender));
  return worker_->verify(request);
}

Outcome<MeasureReport> TracedWorker::measure(const MeasureRequest& request) {
  const auto start = Trace::Clock::now();
  auto report = worker_->measure(request);
  const auto end = Trace::Clock::now();
  if (report && report->gpu.resting_s > 0) {
    const auto rest = std::chrono::duration_cast<Trace::Clock::duration>(
        std::chrono::duration<double>(report->gpu.resting_s));
    trace_.add(lane_, "rest", std::max(start, end - rest), end);
  }
  trace_.add(lane_, "measure", start, end,
             std::to_string(request.contenders.size()) + " contenders, " + request.policy.name());
  return report;
}

Outcome<CountReport> TracedWorker::count(const CountRequest& request) {
  const Span whole = span("count");
  return worker_->count(request);
}

Outcome<CeilingsReport> TracedWorker::ceilings(const CeilingsRequest& request) {
  const Span whole = span("ceilings", request.probe);
  return worker_->ceilings(request);
}

Outcome<QuantiseReport> TracedWorker::quantise(const QuantiseRequest& request) {
  const Span whole = span("quantise", gemmtune::describe(request.kind));
  return worker_->quantise(request);
}

}  // namespace gemmtune::workers
