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
  return a.bytes() + b.bytes() +
         static_cast<std::int64_t>(c.bytes() + reference.bytes() + magnitude.bytes()) + 2 * d_bytes();
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
  OperandSets sets{problem, {}};
  for (const GuardedOutput& out : output) sets.sets.push_back({a.place(), b.place(), out.d()});
  return sets;
}

namespace {

gpu::DeviceBuffer buffer_of(std::int64_t bytes) {
  return gpu::DeviceBuffer(static_cast<std::size_t>(bytes));
}

gpu::DeviceBuffer ones(std::int64_t bytes, const gpu::Stream& stream) {
  gpu::DeviceBuffer made = buffer_of(bytes);
  gpu::check(cudaMemsetAsync(made.data(), 0xff, made.bytes(), stream.get()), "cudaMemsetAsync(gaps)");
  return made;
}

FactorBuffers make_factor(const FactorShape& shape, const Problem& problem, std::uint64_t seed,
                          const SupportKernels& kernels, const gpu::Stream& stream) {
  FactorBuffers made;
  const operation::Factor& factor = shape.factor;
  made.values = ones(shape.rows * shape.pitch * operation::element_bytes(factor.type), stream);
  const std::int64_t scales = operation::scale_count(factor, shape.rows, shape.k);
  if (scales > 0) made.scales = buffer_of(scales * 4);
  kernels.make_factor(shape, made.place(), problem, seed, stream.get());
  return made;
}

}  // namespace

Operands make_operands(const Problem& p, std::uint64_t seed, const SupportKernels& kernels,
                       const gpu::Stream& stream) {
  const gpu::HostClock clock;
  const double start_s = clock.now_s();
  const FactorShape a = shape_of_a(p), b = shape_of_b(p);
  Operands o;
  o.problem = p;
  o.a = make_factor(a, p, seed, kernels, stream);
  o.b = make_factor(b, p, seed, kernels, stream);
  o.output[0] = GuardedOutput(o.d_bytes());
  o.output[1] = GuardedOutput(o.d_bytes());
  o.reference = buffer_of(p.m * p.n * 8);
  o.magnitude = buffer_of(p.m * p.n * 4);
  o.counters = gpu::DeviceBuffer(sizeof(Judgement) + 2 * sizeof(std::uint32_t));
  kernels.reference(o.reference.as<double>(), o.magnitude.as<float>(), a, o.a.place(), b, o.b.place(),
                    stream.get());
  if (p.accumulate) {
    o.c = ones(o.d_bytes(), stream);
    kernels.make_c(o.c.data(), o.reference.as<double>(), o.magnitude.as<float>(), p, seed, stream.get());
  }
  stream.synchronise();
  o.making_s = clock.now_s() - start_s;
  return o;
}

}  // namespace gemmtune::gemm
