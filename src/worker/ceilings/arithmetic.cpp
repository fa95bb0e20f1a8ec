// The tensor cores and the FP32 units.
#include "util/format.h"
#include "worker/ceilings/probe.h"
#include "worker/gpu/check.h"

#include <algorithm>
#include <memory>
#include <optional>

namespace gemmtune::ceilings {

namespace {

/// Of a check of the tensor cores. The accumulator keeps 13 fraction bits: once it has reached 2^14, ones are
/// lost (measured: sums of ones stay at 16384), and 64 k-blocks make 8192.
constexpr std::uint32_t kCheckBlocks = 64;

/// Of a check of the FP32 units. What is timed takes half a millisecond in bursts, which hides the 4 us in
/// which the operands come, and 5 ms sustained.
constexpr std::uint32_t kCheckSteps = 512;

struct Buffers {
  gpu::DeviceBuffer operands, results;
};

/// Waits for the results; nothing when each of them is `expected`. A kernel that leaves out some of its work
/// would look fast.
std::optional<Failure> complaint(const std::string& name, const gpu::DeviceBuffer& results, double expected,
                                 const gpu::Stream& stream) {
  std::vector<float> found(results.bytes() / sizeof(float));
  stream.synchronise();
  gpu::check(cudaMemcpy(found.data(), results.data(), results.bytes(), cudaMemcpyDeviceToHost),
             "cudaMemcpy(results)");
  const auto wrong = std::ranges::find_if(found, [&](float x) { return x != static_cast<float>(expected); });
  if (wrong == found.end()) return std::nullopt;
  return Failure{Invalidity::correctness, formatted("{}: thread {} adds up ones to {}, it should to {}", name,
                                                    wrong - found.begin(), *wrong, expected)};
}

std::vector<TensorTile> tiles_of(const std::string& probe) {
  if (probe == "bf16_wgmma") return {{TensorForm::bf16, 128, 2, 6}};
  if (probe == "fp8_wgmma") return {{TensorForm::fp8, 128, 2, 6}};
  // Wider tiles multiply longer between two promotions, and are the best on H100s; three warpgroups need no
  // turns.
  return {{TensorForm::fp8_promoted, 128, 2, 6},
          {TensorForm::fp8_promoted, 224, 2, 5},
          {TensorForm::fp8_promoted, 128, 3, 5}};
}

std::string how(const TensorTile& tile) {
  return formatted("{} warpgroups of m64n{}k{}, operands in shared memory{}", tile.warpgroups, tile.columns,
                   tile.form == TensorForm::bf16 ? 16 : 32,
                   tile.form != TensorForm::fp8_promoted ? ""
                   : tile.warpgroups == 2                ? ", in turns, to FP32 every 128 of K"
                                                         : ", to FP32 every 128 of K");
}

/// One tile with its own buffers.
struct Multiplier {
  TensorKernel kernel;
  Buffers buffers;

  Multiplier(const TensorTile& tile, const Bench& bench)
      : kernel(tile, bench.cache, bench.sms, bench.defect),
        buffers{gpu::DeviceBuffer(static_cast<std::size_t>(tile.operand_bytes())),
                gpu::DeviceBuffer(std::size_t{bench.sms} * tile.threads() * sizeof(float))} {}

  void launch(std::uint32_t k_blocks, cudaStream_t s) const {
    kernel.multiply(buffers.results.as<float>(), buffers.operands.data(), k_blocks, 1.0f, s);
  }
};

/// Multiplies ones, and leaves random operands behind.
std::optional<Failure> check(const std::string& probe, const Multiplier& multiplier,
                             const PlainKernels& plain, const Bench& bench) {
  const TensorTile& tile = multiplier.kernel.tile();
  const OperandKind kind = tile.form == TensorForm::bf16 ? OperandKind::bf16 : OperandKind::e4m3;
  plain.fill(multiplier.buffers.operands.data(), tile.operand_bytes(), kind, true, bench.stream.get());
  multiplier.launch(kCheckBlocks, bench.stream.get());
  auto failure = complaint(probe, multiplier.buffers.results,
                           kCheckBlocks * tile.k_elements() * tile.columns / 2, bench.stream);
  plain.fill(multiplier.buffers.operands.data(), tile.operand_bytes(), kind, false, bench.stream.get());
  return failure;
}

}  // namespace

Outcome<CeilingsReport> tensor(const std::string& probe, const Bench& bench) {
  const PlainKernels plain(bench.cache, bench.sms, bench.defect);
  std::vector<std::unique_ptr<Multiplier>> multipliers;
  std::vector<Variant> variants;
  for (const TensorTile& tile : tiles_of(probe)) {
    const Multiplier& multiplier = *multipliers.emplace_back(std::make_unique<Multiplier>(tile, bench));
    if (auto failure = check(probe, multiplier, plain, bench)) return *failure;
    const double flops_of_step = tile.flops() * bench.sms;
    variants.push_back({how(tile), [&multiplier, flops_of_step](PowerRegime regime) {
                          const std::uint32_t k_blocks = regime == PowerRegime::burst ? 2048 : 16384;
                          return Job{
                              [&multiplier, k_blocks](cudaStream_t s) { multiplier.launch(k_blocks, s); },
                              {0, flops_of_step * k_blocks}};
                        }});
  }
  CeilingsReport report;
  add_both_regimes(report, probe, variants, bench);
  return report;
}

Outcome<CeilingsReport> fma_fp32(const Bench& bench) {
  const PlainKernels plain(bench.cache, bench.sms, bench.defect);
  const unsigned ctas = bench.sms * 4;  // of 512 threads: all that fit
  const std::size_t threads = std::size_t{ctas} * PlainKernels::kFmaThreads;
  const Buffers buffers{gpu::DeviceBuffer(threads * sizeof(float)),
                        gpu::DeviceBuffer(threads * sizeof(float))};
  const auto launch = [&](std::uint32_t steps, float a, cudaStream_t s) {
    plain.fma(buffers.results.as<float>(), buffers.operands.as<float>(), ctas, steps, a, s);
  };
  const auto fill = [&](bool ones) {
    plain.fill(buffers.operands.data(), static_cast<std::int64_t>(buffers.operands.bytes()),
               OperandKind::fp32, ones, bench.stream.get());
  };
  fill(true);
  launch(kCheckSteps, 1, bench.stream.get());
  if (auto failure =
          complaint("fp32_fma", buffers.results, kCheckSteps * PlainKernels::kFmasOfThreadStep, bench.stream))
    return *failure;
  fill(false);
  CeilingsReport report;
  // A step takes an SM some 2.3 us.
  const auto job = [&](PowerRegime regime) {
    const std::uint32_t steps = regime == PowerRegime::burst ? 256 : 2048;
    const double flops = 2 * PlainKernels::kFmasOfThreadStep * steps * static_cast<double>(threads);
    return Job{[&, steps](cudaStream_t s) { launch(steps, 0.999f, s); }, {0, flops}};
  };
  add_both_regimes(report, "fp32_fma", {{"16 chains a thread, 2048 threads an SM", job}}, bench);
  return report;
}

}  // namespace gemmtune::ceilings
