#include "worker/ceilings/probe.h"

namespace gemmtune::ceilings {

Outcome<CeilingsReport> measure(const std::string& probe, const Bench& bench) {
  if (probe == "launch") return launches(bench);
  if (probe == "transfers") return transfers(bench);
  if (probe == "cold") return cold(bench);
  if (probe == "l2") return l2(bench);
  if (probe == "memory") return memory(bench);
  if (probe == "fp32_fma") return fma_fp32(bench);
  if (probe == "fp8_wgmma" || probe == "fp8_wgmma_promoted" || probe == "bf16_wgmma")
    return tensor(probe, bench);
  return Failure{Invalidity::runtime, "unknown probe \"" + probe + "\""};
}

Policy burst_policy(Timer timer, L2Policy l2) {
  Policy policy;
  policy.l2 = l2;
  policy.timer = timer;
  policy.samples = 15;
  policy.max_samples = 60;
  policy.precision = 0.005;
  return policy;
}

Policy sustained_policy(Timer timer) {
  Policy policy;
  policy.l2 = L2Policy::warm;
  policy.timer = timer;
  policy.regime = PowerRegime::sustained;
  policy.samples = 30;
  return policy;
}

void add_both_regimes(CeilingsReport& report, const std::string& name, const std::vector<Variant>& variants,
                      const Bench& bench) {
  std::vector<measure::Launch> launches;
  for (const Variant& variant : variants) launches.push_back(variant.job(PowerRegime::burst).launch);
  const auto timings = bench.timed.measure(launches, burst_policy(bench.timer, L2Policy::warm)).timings;
  std::vector<Ceiling> bursts;
  for (std::size_t i = 0; i < variants.size(); ++i)
    bursts.push_back(figure(name, PowerRegime::burst, variants[i].job(PowerRegime::burst).work, timings[i],
                            variants[i].how));
  const Ceiling best = best_of(bursts);
  report.ceilings.push_back(best);
  std::vector<Ceiling> sustained;
  for (const Variant& variant : variants) {
    const Job job = variant.job(PowerRegime::sustained);
    if (job.work.flops == 0 && variant.how != best.how) continue;
    const MeasureReport measured = bench.timed.measure({job.launch}, sustained_policy(bench.timer));
    sustained.push_back(
        figure(name, PowerRegime::sustained, job.work, measured.timings.front(), variant.how));
  }
  report.ceilings.push_back(best_of(std::move(sustained)));
}

}  // namespace gemmtune::ceilings
