#include "worker/gemm/operands.h"

#include "worker/gpu/check.h"
#include "worker/gpu/host_clock.h"

namespace gemmtune::gemm {

GuardedOutput::GuardedOutput(std::int64_t bytes)
    : d_bytes_((bytes + 15) / 16 * 16), buffer_(static_cast<std::size_t>(d_bytes_ + 2 * kGuardBytes)) {}

void GuardedOutput::poison(cudaStream_t stream) const {
  gpu::check(cudaMemsetAsync(buffer_.data(), 0xff, buffer_.bytes(), stream), "cudaMemsetAsync(poison)");
}

void GuardedOutput::count_guard_writes(const SupportKernels& kernels, std::uint32_t* count,
                                       cudaStream_t stream) const {
  const auto* const bytes = buffer_.as<std::uint8_t>();
  kernels.count_unequal(count, bytes, nullptr, kGuardBytes, stream);
  kernels.count_unequal(count, bytes + kGuardBytes + d_bytes_, nullptr, kGuardBytes, stream);
}

std::int64_t Operands::device_bytes() const {
  return static_cast<std::int64_t>(a.bytes() + b.bytes() + scales_a.bytes() + scales_b.bytes() + c.bytes() +
                                   reference.bytes() + magnitude.bytes()) +
         2 * d_bytes();
}

void Operands::reset(const GuardedOutput& out, cudaStream_t stream) const {
  out.poison(stream);
  if (problem.accumulate)
    gpu::check(cudaMemcpyAsync(out.d(), c.data(), c.bytes(), cudaMemcpyDeviceToDevice, stream),
               "cudaMemcpyAsync(C)");
}

void Operands::count_writes_outside(const GuardedOutput& out, const SupportKernels& kernels,
                                    std::uint32_t* count, cudaStream_t stream) const {
  out.count_guard_writes(kernels, count, stream);
  kernels.count_gap_writes(count, out.d(), problem, stream);
}

OperandSets Operands::sets() const {
  OperandSets sets{problem, padded_m, {}};
  for (const GuardedOutput& out : output)
    sets.sets.push_back(
        {a.as<std::uint8_t>(), b.as<std::uint8_t>(), scales_a.as<float>(), scales_b.as<float>(), out.d()});
  return sets;
}

Operands make_operands(const Problem& p, std::uint64_t seed, const SupportKernels& kernels,
                       const gpu::Stream& stream) {
  const std::int64_t padded_m = (p.m + 3) / 4 * 4, k_blocks = p.k / 128, n_blocks = (p.n + 127) / 128;
  const auto buffer = [](std::int64_t bytes) { return gpu::DeviceBuffer(static_cast<std::size_t>(bytes)); };
  const auto rows = [&](std::int64_t bytes) {
    gpu::DeviceBuffer made = buffer(bytes);
    gpu::check(cudaMemsetAsync(made.data(), 0xff, made.bytes(), stream.get()), "cudaMemsetAsync(gaps)");
    return made;
  };
  Operands o;
  o.problem = p;
  o.padded_m = padded_m;
  o.a = rows(p.m * p.a_stride());
  o.b = rows(p.n * p.b_stride());
  o.scales_a = buffer(k_blocks * padded_m * 4);
  o.scales_b = buffer(n_blocks * k_blocks * 4);
  o.output[0] = GuardedOutput(o.d_bytes());
  o.output[1] = GuardedOutput(o.d_bytes());
  if (p.accumulate) o.c = rows(o.d_bytes());
  o.reference = buffer(p.m * p.n * 8);
  o.magnitude = buffer(p.m * p.n * 4);
  o.counters = gpu::DeviceBuffer(sizeof(Judgement) + 2 * sizeof(std::uint32_t));
  const gpu::HostClock clock;
  const double start_s = clock.now_s();
  kernels.make_rows(o.a.as<std::uint8_t>(), o.scales_a.as<float>(), padded_m, p, seed, stream.get());
  kernels.make_blocks(o.b.as<std::uint8_t>(), o.scales_b.as<float>(), p, seed, stream.get());
  kernels.reference(o.reference.as<double>(), o.magnitude.as<float>(), o.a.as<std::uint8_t>(),
                    o.b.as<std::uint8_t>(), o.scales_a.as<float>(), o.scales_b.as<float>(), padded_m, p,
                    stream.get());
  if (p.accumulate)
    kernels.make_c(o.c.data(), o.reference.as<double>(), o.magnitude.as<float>(), p, seed, stream.get());
  stream.synchronise();
  o.making_s = clock.now_s() - start_s;
  return o;
}

}  // namespace gemmtune::gemm
