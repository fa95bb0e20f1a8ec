// Ports without processes, disks or GPUs, for the tests of tune/.
#pragma once

#include "core/ports.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gemmtune::fakes {

/// Answers as its members say; remembers what it was asked.
class FakeWorker : public Worker {
 public:
  std::function<std::optional<Failure>(const Problem&)> prepare_failure = [](const Problem&) {
    return std::nullopt;
  };
  std::function<Outcome<Verdict>(const Contender&)> judge = [](const Contender&) {
    return Verdict{1e-5, 1e-6, ""};
  };
  /// Time of a contender; a failure of one contender fails the whole request.
  std::function<Outcome<double>(const Contender&)> time_us = [](const Contender&) { return 10.0; };
  Outcome<std::vector<Baseline>> libraries = std::vector<Baseline>{};
  Outcome<Environment> environment = Environment{};
  /// Fails every request of more than one contender.
  std::optional<Failure> crowd_failure;
  std::function<void(const MeasureRequest&)> before_measure = [](const MeasureRequest&) {};
  std::function<void()> after_measure = [] {};
  std::int64_t throttle = 0;
  double energy_j = 0;
  std::vector<std::string> kernels;  ///< that each launch runs
  GpuTime gpu = {};                  ///< of each request that goes well
  Outcome<CountReport> counters = CountReport{{Counters{1e6, 2e6, {}, {}, {}, {}, 50}}, {}};

  std::vector<Problem> prepared;
  std::vector<Contender> verified;
  std::vector<MeasureRequest> measured;
  std::vector<CountRequest> counted;

  Outcome<Environment> describe() override { return environment; }
  Outcome<CompileReport> compile(const CompileRequest&) override { return CompileReport{}; }
  Outcome<PrepareReport> prepare(const PrepareRequest& request) override {
    prepared.push_back(request.problem);
    if (const auto failure = prepare_failure(request.problem)) return *failure;
    return PrepareReport{0, gpu};
  }
  Outcome<std::vector<Baseline>> baselines() override { return libraries; }
  Outcome<Verdict> verify(const VerifyRequest& request) override {
    verified.push_back(request.contender);
    auto verdict = judge(request.contender);
    if (verdict) verdict->gpu = gpu;
    return verdict;
  }
  Outcome<MeasureReport> measure(const MeasureRequest& request) override {
    measured.push_back(request);
    before_measure(request);
    if (crowd_failure && request.contenders.size() > 1) return *crowd_failure;
    MeasureReport report;
    report.gpu = gpu;
    for (const Contender& contender : request.contenders) {
      const auto time = time_us(contender);
      if (!time) return time.error();
      Timing timing;
      timing.samples_us.assign(static_cast<std::size_t>(request.policy.samples), *time);
      timing.sm_clock_mhz = 1500;
      timing.throttle = throttle;
      timing.kernels = kernels;
      if (request.policy.regime == PowerRegime::sustained) timing.energy_j = energy_j;
      report.timings.push_back(timing);
    }
    after_measure();
    return report;
  }
  Outcome<CountReport> count(const CountRequest& request) override {
    counted.push_back(request);
    return counters;
  }
  Outcome<CeilingsReport> ceilings(const CeilingsRequest&) override { return CeilingsReport{}; }
  Outcome<QuantiseReport> quantise(const QuantiseRequest&) override { return QuantiseReport{}; }
};

class FakeSink : public RowSink {
 public:
  std::vector<Row> rows;
  void write(const Row& row) override { rows.push_back(row); }

  std::vector<Row> of(Stage stage) const {
    std::vector<Row> found;
    for (const Row& row : rows)
      if (row.stage == stage) found.push_back(row);
    return found;
  }
};

class FakeProgress : public Progress {
 public:
  std::map<std::string, std::size_t> totals;
  std::size_t steps = 0;
  double cost_to_come = 0;
  void begin(const std::string& phase, std::size_t total, double cost) override {
    totals[phase] = total;
    cost_to_come = cost;
  }
  std::size_t skipped = 0;
  void skip(const std::string& what, double cost) override {
    ++skipped;
    step(what, cost);
  }
  std::vector<std::string> said;
  void doing(const std::string& what) override { said.push_back(what); }
  void step(const std::string& what, double cost) override {
    ++steps;
    said.push_back(what);
    cost_to_come -= cost;
  }
  void end() override {}
};

}  // namespace gemmtune::fakes
