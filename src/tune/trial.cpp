#include "tune/trial.h"

#include "core/throttle.h"
#include "core/times.h"
#include "core/warnings.h"
#include "operation/providers.h"
#include "stats/summary.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <cmath>

namespace gemmtune::tune {

namespace {

/// Above this width of the interval, relative to the median, a figure is noise more than it is time.
constexpr double kNoisy = 0.05;

std::vector<Row*> pointers(std::vector<Row>& rows) {
  std::vector<Row*> list;
  for (Row& row : rows) list.push_back(&row);
  return list;
}

template <typename T>
std::optional<T> known(T value) {
  return value > 0 ? std::optional(value) : std::nullopt;
}

}  // namespace

void fail(Row& row, const Failure& failure) {
  row.invalidity = failure.invalidity;
  row.reason = failure.reason;
}

std::optional<Failure> Trial::prepare(std::uint64_t seed) {
  const auto report = stopwatch_.charge("prepare", [&] { return worker_.prepare({plan_.problem, seed}); });
  if (!report) return report.error();
  stopwatch_.add(report->gpu);
  return std::nullopt;
}

Row Trial::entry(const Contender& contender, Stage stage, const Policy& policy) const {
  Row row;
  row.problem = plan_.problem;
  row.provider = contender.provider;
  row.config = contender.config;
  row.flops = plan_.flops;
  row.bytes = provider::bytes(contender.provider, plan_.problem);
  row.device = context_.environment.device;
  row.simulated = context_.environment.simulated;
  enter(row, stage, policy);
  return row;
}

Row Trial::entry(const Candidate& candidate, const Cubins& cubins, Stage stage, const Policy& policy) const {
  // The result of charge() would be a copy of what the reference refers to.
  const auto* cubin = stopwatch_.charge("compile", [&] { return &cubins(candidate.cubin); });
  Row row = entry({provider::kGemmtune, candidate.config}, stage, policy);
  if (!*cubin) {
    fail(row, cubin->error());
    return row;
  }
  const CompileReport& report = **cubin;
  row.kernel_hash = report.kernel_hash;
  if (report.kernel_hash.empty()) return row;  // simulated without a compiler: nobody knows the rest
  if (!report.code_hash.empty()) row.code_hash = report.code_hash;
  row.registers = report.registers;
  row.spill_bytes = report.spill_bytes;
  row.compile_ms = report.compile_ms;
  return row;
}

std::vector<Row> Trial::baseline_entries(Stage stage, const Policy& policy, const BaselineChoice& choice) {
  std::vector<Row> entries;
  if (choice.empty()) return entries;
  const auto baselines = stopwatch_.charge("measure", [&] { return worker_.baselines(); });
  const auto add_failed = [&](const Contender& contender, const Failure& failure) {
    entries.push_back(entry(contender, stage, policy));
    fail(entries.back(), failure);
  };
  if (!baselines) {
    for (const auto& [provider, answers] : choice)
      add_failed({provider, {}}, {baselines.error().invalidity, "baselines: " + baselines.error().reason});
    return entries;
  }
  for (const Baseline& baseline : *baselines) {
    const auto chosen = choice.find(baseline.provider);
    if (chosen == choice.end()) continue;
    const std::set<std::int64_t>& only = chosen->second;
    for (std::int64_t answer = 0; answer < baseline.answers; ++answer)
      if (only.empty() || only.contains(answer))
        entries.push_back(entry({baseline.provider, {{"answer", answer}}}, stage, policy));
    if (baseline.answers == 0) {
      add_failed({baseline.provider, {}}, {Invalidity::constraints, baseline.refusal});
      continue;
    }
    for (auto answer = only.lower_bound(baseline.answers); answer != only.end(); ++answer)
      add_failed({baseline.provider, {{"answer", *answer}}},
                 {Invalidity::constraints,
                  "the heuristic's algorithms are 0 to " + std::to_string(baseline.answers - 1)});
  }
  return entries;
}

Row Trial::failed(const Failure& failure, Stage stage, const Policy& policy) const {
  Row row = entry({provider::kGemmtune, {}}, stage, policy);
  fail(row, failure);
  return row;
}

std::vector<Row> Trial::enter(std::vector<Row> rows, Stage stage, const Policy& policy) const {
  for (Row& row : rows) enter(row, stage, policy);
  return rows;
}

void Trial::enter(Row& row, Stage stage, const Policy& policy) const {
  row.run_id = context_.run_id;
  row.board_uuid = context_.environment.uuid;
  row.stage = stage;
  row.policy = policy.name();
  row.l2 = policy.l2;
  row.timer = policy.timer;
  row.regime = policy.regime;
  row.seed = policy.seed;
  row.timestamp = timestamp_utc();
  row.samples_us.clear();
  row.draws_us.clear();
  row.warnings.clear();
  for (auto* time : {&row.time_us, &row.time_us_low, &row.time_us_high, &row.sm_cycles, &row.tflops,
                     &row.gbps, &row.sm_clock_mhz, &row.power_w, &row.temperature_c, &row.energy_j})
    time->reset();
  row.throttle.reset();
  row.counters.reset();
}

void Trial::verify(Row& row) {
  const auto verdict = stopwatch_.charge("verify", [&] {
    return worker_.verify({{row.provider, row.config}});
  });
  row.timestamp = timestamp_utc();
  if (!verdict) return fail(row, verdict.error());
  stopwatch_.add(verdict->gpu);
  if (std::isfinite(verdict->error_rms)) row.error_rms = verdict->error_rms;
  if (std::isfinite(verdict->error_max)) row.error_max = verdict->error_max;
  if (!verdict->defect.empty()) fail(row, {Invalidity::correctness, verdict->defect});
}

void Trial::race(std::vector<Row>& rows, const Policy& policy) {
  std::vector<Row*> racing = pointers(rows);
  auto report = time(racing, policy);
  if (!report && racing.size() > 1) {
    // One of them broke the race. Alone, the culprit fails again and is blamed; the others race without it.
    std::vector<Row*> innocent;
    MeasureReport alone;
    for (Row* row : racing) {
      const auto timed = time({row}, policy);
      if (!timed) {
        fail(*row, timed.error());
        continue;
      }
      innocent.push_back(row);
      alone.timings.push_back(timed->timings.front());
    }
    racing = innocent;
    report = time(racing, policy);
    // Blocks of one alone are beside nobody's: they would be compared all the same.
    if (!report && policy.regime != PowerRegime::blocks) report = alone;
  }
  for (std::size_t i = 0; i < racing.size(); ++i) {
    if (!report) {
      fail(*racing[i], report.error());
      continue;
    }
    record(*racing[i], report->timings[i]);
    if (racing[i]->stage == Stage::screen) continue;
    racing[i]->samples_us = report->timings[i].samples_us;
    racing[i]->draws_us = report->timings[i].draws_us;
  }
}

void Trial::measure_energy(Row& row, const Policy& policy) {
  const auto report = time({&row}, policy);
  if (!report) return;
  row.energy_j = known(report->timings.front().energy_j);
  std::erase(row.warnings, warning::kEnergyUnknown);  // of an earlier run
  if (!row.energy_j) row.warnings.push_back(warning::kEnergyUnknown);
}

void Trial::count(Row& row, const Policy& policy) {
  const CountRequest request{{{row.provider, row.config}}, policy};
  const auto report = stopwatch_.charge("measure", [&] { return worker_.count(request); });
  if (report && report->counters.size() == 1)
    row.counters = report->counters.front();
  else
    row.warnings.push_back(warning::kNotCounted);
}

Outcome<MeasureReport> Trial::time(const std::vector<Row*>& rows, const Policy& policy) {
  MeasureRequest request{{}, policy};
  for (const Row* row : rows) request.contenders.push_back({row->provider, row->config});
  if (rows.empty()) return MeasureReport{};
  auto report = stopwatch_.charge("measure", [&] { return worker_.measure(request); });
  if (!report) return report;
  stopwatch_.add(report->gpu);
  if (report->timings.size() != rows.size())
    return Failure{Invalidity::runtime, "the worker timed " + std::to_string(report->timings.size()) +
                                            " of " + std::to_string(rows.size()) + " contenders"};
  for (const Timing& timing : report->timings)
    if (timing.samples_us.empty() ||
        !std::all_of(timing.samples_us.begin(), timing.samples_us.end(), is_time_us))
      return Failure{Invalidity::runtime, "the worker returned a time that is none"};
  return report;
}

void Trial::record(Row& row, const Timing& timing) const {
  const double time_us = stats::median(timing.samples_us);
  const auto interval = stats::median_interval(timing.samples_us, stats::kTimerStepUs);
  row.time_us = time_us;
  row.time_us_low = std::max(interval.low, kShortestUs);
  row.time_us_high = std::min(interval.high, kLongestUs);
  row.tflops = static_cast<double>(row.flops) / time_us * 1e-6;
  row.gbps = static_cast<double>(row.bytes) / time_us * 1e-3;
  row.sm_clock_mhz = known(timing.sm_clock_mhz);
  if (row.sm_clock_mhz) row.sm_cycles = time_us * *row.sm_clock_mhz;
  row.power_w = known(timing.power_w);
  row.temperature_c = known(timing.temperature_c);
  row.energy_j = known(timing.energy_j);
  row.smem_bytes = known(timing.smem_bytes);
  row.ctas_per_sm = known(timing.ctas_per_sm);
  if (row.provider != provider::kGemmtune && !timing.kernels.empty())
    row.library_kernels = join(timing.kernels, " + ");
  row.throttle = timing.throttle;
  row.warnings.clear();
  if (timing.throttle & kSlowdowns) row.warnings.push_back(warning::kThrottled);
  if (interval.high - interval.low > kNoisy * time_us) row.warnings.push_back(warning::kNoisy);
  if (beats_memory(row, context_.floor ? &*context_.floor : nullptr))
    row.warnings.push_back(warning::kColdBeatsMemory);
  row.timestamp = timestamp_utc();
}

}  // namespace gemmtune::tune
