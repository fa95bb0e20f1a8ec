#include "model/ceilings.h"

namespace gemmtune::model {

namespace {

constexpr const char* kHow = "simulated";
constexpr std::int64_t kMiB = std::int64_t{1} << 20;

Ceiling latency(const std::string& name, double us) {
  return {name, PowerRegime::burst, us, "us", us, us, us, 0, 0, 0, 0, 0, 0, kHow, {}};
}

Ceiling bandwidth(const std::string& name, PowerRegime regime, std::int64_t bytes, double us) {
  const double gbps = static_cast<double>(bytes) / us * 1e-3;
  return {name, regime, gbps, "GB/s", gbps, gbps, us, bytes, 0, 0, 0, 0, 0, kHow, {}};
}

Ceiling rate(const std::string& name, PowerRegime regime, double tflops, const SimulatedMachine& machine) {
  constexpr double kTimeUs = 1000;
  return {name,
          regime,
          tflops,
          "TFLOPS",
          tflops,
          tflops,
          kTimeUs,
          0,
          tflops * kTimeUs * 1e6,
          machine.sm_clock_mhz,
          0,
          0,
          0,
          kHow,
          {}};
}

constexpr PowerRegime kRegimes[] = {PowerRegime::burst, PowerRegime::sustained};

}  // namespace

std::vector<Ceiling> ceilings_of(const SimulatedMachine& machine, const std::string& probe) {
  const Rates& rates = machine.rates;
  const auto at = [](double gbps, std::int64_t bytes) { return static_cast<double>(bytes) / gbps * 1e-3; };
  const auto both_regimes = [&](const std::string& name, double tflops) {
    return std::vector<Ceiling>{rate(name, kRegimes[0], tflops, machine),
                                rate(name, kRegimes[1], tflops, machine)};
  };
  if (probe == "launch")
    return {latency("launch_us", rates.launch_us), latency("launch_wait_us", 3 * rates.launch_us),
            latency("empty_kernel_us", machine.empty_kernel_us)};
  if (probe == "transfers")
    return {bandwidth("h2d", kRegimes[0], 256 * kMiB, at(rates.host_gbps, 256 * kMiB)),
            bandwidth("d2h", kRegimes[0], 256 * kMiB, at(rates.host_gbps, 256 * kMiB))};
  if (probe == "fp8_wgmma") return both_regimes(probe, rates.fp8_tflops);
  if (probe == "fp8_wgmma_promoted") return both_regimes(probe, machine.fp8_promoted_tflops);
  if (probe == "bf16_wgmma") return both_regimes(probe, rates.bf16_tflops);
  if (probe == "fp32_fma") return both_regimes(probe, rates.fp32_tflops);

  std::vector<Ceiling> ceilings;
  if (probe == "l2")
    for (const char* name : {"l2_read", "l2_read_shared"})
      ceilings.push_back(bandwidth(name, kRegimes[0], 1024 * kMiB, at(rates.l2_read_gbps, 1024 * kMiB)));
  if (probe == "memory")
    for (const PowerRegime regime : kRegimes) {
      const std::int64_t bytes = 4096 * kMiB;
      ceilings.push_back(
          bandwidth("hbm_read", regime, bytes, machine.cold_read_us(static_cast<double>(bytes))));
      ceilings.push_back(bandwidth("hbm_write", regime, bytes, at(rates.hbm_write_gbps, bytes)));
      ceilings.push_back(bandwidth("hbm_copy", regime, bytes, at(rates.hbm_copy_gbps, bytes)));
    }
  if (probe == "cold")
    for (std::int64_t bytes = kMiB; bytes <= 1024 * kMiB; bytes *= 2)
      ceilings.push_back(
          bandwidth("cold_read", kRegimes[0], bytes, machine.cold_read_us(static_cast<double>(bytes))));
  return ceilings;
}

}  // namespace gemmtune::model
