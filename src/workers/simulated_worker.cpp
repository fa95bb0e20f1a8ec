#include "workers/simulated_worker.h"

#include "core/groups.h"
#include "core/row.h"
#include "model/ceilings.h"
#include "model/expected_time.h"
#include "model/footprint.h"
#include "operation/operation.h"
#include "util/error.h"
#include "util/format.h"
#include "util/hash.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

namespace gemmtune::workers {

namespace {

constexpr const char* kOnRequest = " (simulated: GEMMTUNE_SIM_FAULTS asks for it)";

Failure nothing_prepared() {
  return {Invalidity::runtime, "no problem is prepared"};
}

/// Below the limits of the operation as right kernels on an H100 are. What is exact, and zeros, comes out so.
Verdict right_kernel(const Problem& problem) {
  const operation::Gates& gates = operation::of(problem).gates;
  if (operation::is_exact(gates, problem.data) || problem.data == DataKind::zeros) return {};
  return {0.7 * operation::error_rms_limit(gates, problem.out, problem.k),
          0.43 * operation::error_max_limit(gates, DataKind::normal, problem.k),
          "",
          {}};
}

/// One that is never promoted, by the gate of its output.
Verdict wrong_kernel(const Problem& problem) {
  const double limit = operation::error_rms_limit(operation::of(problem).gates, problem.out, problem.k);
  return {
      50 * limit, 2.1e-2, formatted("error_rms {:.3g} is above {:.3g}", 50 * limit, limit) + kOnRequest, {}};
}

std::mt19937_64 noise_of(const Problem& problem, const Contender& contender, const Policy& policy) {
  const std::string text = problem_id(problem) + "\n" + contender.provider + "\n" +
                           config_id(contender.config) + "\n" + policy.name() + "\n" +
                           std::to_string(policy.seed);
  return std::mt19937_64(std::stoull(short_hash(text), nullptr, 16));
}

}  // namespace

SimulatedWorker::SimulatedWorker(const model::SimulatedMachine& machine, std::unique_ptr<Worker> compiler,
                                 SimulatedFaults faults, std::string uuid)
    : machine_(machine), compiler_(std::move(compiler)), faults_(faults), uuid_(std::move(uuid)) {}

Outcome<Environment> SimulatedWorker::describe() {
  Environment environment;
  if (compiler_ != nullptr) {
    const auto real = compiler_->describe();
    if (!real) return real.error();
    environment.nvrtc = real->nvrtc;
    environment.kernels = real->kernels;
    environment.source_hashes = real->source_hashes;
    environment.host = real->host;
  }
  environment.device = machine_.device;
  environment.uuid = uuid_;
  environment.sms = machine_.sms;
  environment.cc_major = 9;
  environment.smem_bytes = machine_.smem_bytes;
  environment.l2_bytes = machine_.l2_bytes;
  environment.memory_bytes = machine_.memory_bytes;
  environment.max_sm_clock_mhz = machine_.sm_clock_mhz;
  environment.cupti = true;
  environment.simulated = true;
  return environment;
}

Outcome<CompileReport> SimulatedWorker::compile(const CompileRequest& request) {
  if (compiler_ != nullptr) return compiler_->compile(request);
  return CompileReport{};
}

Outcome<PrepareReport> SimulatedWorker::prepare(const PrepareRequest& request) {
  prepared_.reset();
  const std::int64_t bytes = model::device_bytes(request.problem);
  if (bytes > machine_.memory_bytes)
    return Failure{Invalidity::runtime, "out of memory: the problem takes " + std::to_string(bytes) +
                                            " bytes, the device has " +
                                            std::to_string(machine_.memory_bytes)};
  prepared_ = request.problem;
  return PrepareReport{bytes, {}};
}

Outcome<std::vector<Baseline>> SimulatedWorker::baselines() {
  if (!prepared_) return nothing_prepared();
  std::vector<Baseline> baselines;
  for (const std::string_view name : operation::of(*prepared_).baselines) {
    const std::string library(name);
    const int answers = model::library_answers(library, *prepared_);
    baselines.push_back({library, answers, answers > 0 ? "" : "block scales need M in multiples of 4"});
  }
  return baselines;
}

Outcome<Verdict> SimulatedWorker::verify(const VerifyRequest& request) {
  if (!prepared_) return nothing_prepared();
  const bool ours = request.contender.provider == provider::kGemmtune;
  switch (ours ? faults_.of(*prepared_, request.contender.config) : SimulatedFault::none) {
    case SimulatedFault::hang:
      return Failure{Invalidity::timeout, std::string("no answer to verify") + kOnRequest};
    case SimulatedFault::runtime:
      return Failure{Invalidity::runtime,
                     std::string("worker died of signal 11 (SIGSEGV) during verify") + kOnRequest};
    case SimulatedFault::wrong:
      return wrong_kernel(*prepared_);
    case SimulatedFault::none:
      break;
  }
  return right_kernel(*prepared_);
}

Outcome<MeasureReport> SimulatedWorker::measure(const MeasureRequest& request) {
  if (!prepared_) return nothing_prepared();
  MeasureReport report;
  for (const Contender& contender : request.contenders)
    report.timings.push_back(timing(contender, request.policy));
  const std::size_t contenders = report.timings.size();
  for (std::size_t c = 0; c < contenders && request.policy.regime == PowerRegime::blocks; ++c)
    for (std::size_t i = 0; i < report.timings[c].samples_us.size(); ++i)  // in turns: A B A B
      report.timings[c].samples_us[i] *= 1 + kDriftOfBlock * static_cast<double>(i * contenders + c);
  return report;
}

Outcome<CountReport> SimulatedWorker::count(const CountRequest&) {
  return Failure{Invalidity::runtime, "a simulated device has none"};
}

Outcome<CeilingsReport> SimulatedWorker::ceilings(const CeilingsRequest& request) {
  std::mt19937_64 generator(std::stoull(short_hash(machine_.name + "\n" + request.probe), nullptr, 16));
  std::normal_distribution<double> noise(0, kNoise);
  CeilingsReport report{model::ceilings_of(machine_, request.probe)};
  for (Ceiling& c : report.ceilings) {
    const double factor = 1 + std::clamp(noise(generator), -4 * kNoise, 4 * kNoise);
    // A rate and its time err in opposite directions.
    const bool is_time = c.unit == "us";
    c.time_us *= factor;
    for (double* value : {&c.value, &c.low, &c.high}) *value *= is_time ? factor : 1 / factor;
  }
  if (report.ceilings.empty()) return Failure{Invalidity::runtime, "unknown probe \"" + request.probe + "\""};
  return report;
}

Outcome<QuantiseReport> SimulatedWorker::quantise(const QuantiseRequest&) {
  return Failure{Invalidity::runtime, "a simulated device quantises nothing: this takes a GPU"};
}

Timing SimulatedWorker::timing(const Contender& contender, const Policy& policy) const {
  const bool ours = contender.provider == provider::kGemmtune;
  model::ExpectedTime expected = ours
                                     ? model::expected_time(machine_, *prepared_, contender.config, policy.l2)
                                     : model::expected_library_time(machine_, *prepared_, contender.provider,
                                                                    contender.config.at("answer"), policy.l2);
  const double energy_j = ours ? model::expected_energy_j(machine_, *prepared_, contender.config)
                               : model::expected_library_energy_j(machine_, *prepared_);
  if (policy.regime != PowerRegime::burst)
    expected.time_us = model::sustained_us(machine_, expected.time_us, energy_j);
  std::mt19937_64 generator = noise_of(*prepared_, contender, policy);
  const double spread = policy.regime == PowerRegime::blocks ? kBlockNoise : kNoise;
  std::normal_distribution<double> noise(0, spread);
  Timing timing;
  for (int i = 0; i < policy.samples; ++i) {
    // Four deviations and no more: a sample stays a time.
    const double deviation = std::clamp(noise(generator), -4 * spread, 4 * spread);
    timing.samples_us.push_back(expected.time_us * (1 + deviation));
  }
  if (const GroupFigures& figures = figures_of_groups(*prepared_); draws_of(*prepared_) > 1)
    for (const auto& sizes : figures.draws)
      timing.draws_us.push_back(expected.time_us * std::accumulate(sizes.begin(), sizes.end(), 0.0) /
                                figures.useful);
  // Where a board's meter tells it, too.
  if (policy.regime == PowerRegime::blocks && !is_flushed(policy.l2) && !policy.chains())
    timing.energy_j = energy_j;
  if (ours) timing.smem_bytes = model::shared_memory_bytes(*prepared_, contender.config);
  return timing;
}

}  // namespace gemmtune::workers
