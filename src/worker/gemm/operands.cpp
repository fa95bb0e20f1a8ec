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
  kernels.count_gap_writes(count, out.d(), rows_of_d(problem), problem, stream);
  // Rows of no group, whole: what lies behind one group up to the next, or to the end.
  const std::int64_t row_bytes = problem.d_stride() * problem.out_bytes();
  std::int64_t end = 0;
  const auto count_rows = [&](std::int64_t next) {
    if (next > end)
      kernels.count_unequal(count, static_cast<const std::uint8_t*>(out.d()) + end * row_bytes, nullptr,
                            (next - end) * row_bytes, stream);
  };
  for (const GroupRows& group : groups_of(problem, 0)) {
    count_rows(group.first);
    end = group.first + group.rows;
  }
  count_rows(rows_of_d(problem));
}

void Operands::judge(Judgement* judgements, const GuardedOutput& out, const SupportKernels& kernels,
                     cudaStream_t stream) const {
  const std::int64_t row_bytes = problem.d_stride() * problem.out_bytes();
  Judgement* judgement = judgements;
  for (const GroupRows& group : groups_of(problem, 0)) {
    if (group.rows > 0)
      kernels.judge(judgement, static_cast<const std::uint8_t*>(out.d()) + group.first * row_bytes,
                    reference.as<double>() + group.first * problem.n,
                    magnitude.as<float>() + group.first * problem.n, group.rows, problem, stream);
    if (shares_out_inner(problem)) ++judgement;
  }
}

OperandSets Operands::sets() const {
  OperandSets sets{problem, {}};
  for (const GuardedOutput& out : output)
    sets.sets.push_back({a.place(), b.place(), out.d(), layouts.of_draw(0)});
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

/// Where the matrix of that number begins, of several that lie behind each other, scales too.
FactorPlace part_of(const FactorBuffers& all, const FactorShape& shape, std::int64_t number) {
  const std::int64_t values = shape.rows * shape.pitch * operation::element_bytes(shape.factor.type);
  const std::int64_t scales = operation::scale_count(shape.factor, shape.rows, shape.k);
  return {all.values.as<std::uint8_t>() + number * values, all.scales.as<float>() + number * scales};
}

/// So many of a factor, each with values of its own.
FactorBuffers make_factors(const FactorShape& shape, std::int64_t count, const Problem& p, std::uint64_t seed,
                           const SupportKernels& kernels, const gpu::Stream& stream) {
  FactorBuffers made;
  made.values = ones(count * shape.rows * shape.pitch * operation::element_bytes(shape.factor.type), stream);
  const std::int64_t scales = operation::scale_count(shape.factor, shape.rows, shape.k);
  if (scales > 0) made.scales = buffer_of(count * scales * 4);
  for (std::int64_t number = 0; number < count; ++number)
    kernels.make_factor(shape, part_of(made, shape, number), p, seed + static_cast<std::uint64_t>(number),
                        stream.get());
  return made;
}

/// The rows of a group, within its A or that of all.
FactorPlace rows_of_a_group(const Operands& o, const FactorShape& a, const GroupRows& rows,
                            std::int64_t group) {
  if (has_a_by_group(o.problem)) return part_of(o.a, a, group);
  const bool by_row = a.factor.scales == operation::Granularity::row_128;
  return {o.a.values.as<std::uint8_t>() + rows.first * a.pitch * operation::element_bytes(a.factor.type),
          o.a.scales.as<float>() + (by_row ? rows.first : 0)};
}

/// The part of a factor that is a group's of those that share out K.
FactorPlace part_of_k(const FactorBuffers& all, const FactorShape& shape, std::int64_t first) {
  return {all.values.as<std::uint8_t>() + first * operation::element_bytes(shape.factor.type),
          all.scales.as<float>() + first / kInnerStep * shape.padded_rows()};
}

/// The product of each group along K of the first draw, into its D.
void make_reference_of_each(const Operands& o, FactorShape a, FactorShape b, const SupportKernels& kernels,
                            const gpu::Stream& stream) {
  const Problem& p = o.problem;
  std::int64_t first_element = 0;
  for (const GroupRows& k : lay_out(p, draw_sizes(p, 0))) {
    a.k = b.k = k.rows;
    kernels.reference(o.reference.as<double>() + first_element, o.magnitude.as<float>() + first_element, a,
                      part_of_k(o.a, a, k.first), b, part_of_k(o.b, b, k.first), stream.get());
    first_element += p.m * p.n;
  }
}

/// The product of each group of the first draw, into its rows.
void make_reference(const Operands& o, const FactorShape& a, const FactorShape& b,
                    const SupportKernels& kernels, const gpu::Stream& stream) {
  const Problem& p = o.problem;
  std::int64_t group = -1;
  for (const GroupRows& rows : groups_of(p, 0)) {
    ++group;
    if (rows.rows == 0) continue;
    FactorShape of_rows = a;
    of_rows.rows = rows.rows;
    of_rows.rows_beside = a.rows - rows.rows;
    kernels.reference(o.reference.as<double>() + rows.first * p.n, o.magnitude.as<float>() + rows.first * p.n,
                      of_rows, rows_of_a_group(o, a, rows, group), b, part_of(o.b, b, group), stream.get());
  }
}

}  // namespace

Operands make_operands(const Problem& p, std::uint64_t seed, const SupportKernels& kernels,
                       const gpu::Stream& stream) {
  const gpu::HostClock clock;
  const double start_s = clock.now_s();
  const FactorShape a = shape_of_a(p), b = shape_of_b(p);
  Operands o;
  o.problem = p;
  o.a = make_factors(a, has_a_by_group(p) ? p.groups : 1, p, seed, kernels, stream);
  o.b = make_factors(b, shares_out_rows(p) ? p.groups : 1, p, seed, kernels, stream);
  o.layouts = GroupLayouts(p);
  o.output[0] = GuardedOutput(o.d_bytes());
  o.output[1] = GuardedOutput(o.d_bytes());
  o.reference = buffer_of(rows_of_d(p) * p.n * 8);
  o.magnitude = buffer_of(rows_of_d(p) * p.n * 4);
  o.counters = gpu::DeviceBuffer(static_cast<std::size_t>(o.judgements()) * sizeof(Judgement) +
                                 2 * sizeof(std::uint32_t));
  if (shares_out_inner(p))
    make_reference_of_each(o, a, b, kernels, stream);
  else
    make_reference(o, a, b, kernels, stream);
  if (p.accumulate) {
    o.c = ones(o.d_bytes(), stream);
    kernels.make_c(o.c.data(), o.reference.as<double>(), o.magnitude.as<float>(), p, seed, stream.get());
  }
  stream.synchronise();
  o.making_s = clock.now_s() - start_s;
  return o;
}

}  // namespace gemmtune::gemm
