#include "worker/gemm/verdict.h"

#include "util/format.h"
#include "worker/gpu/check.h"
#include "worker/gpu/host_clock.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace gemmtune::gemm {

Verdict judge(const Problem& problem, const Evidence& evidence) {
  const Judgement& j = evidence.judgement;
  Verdict verdict;
  // All-zero references (zero operands) have no relative error; their excess must be zero instead.
  verdict.error_rms = j.reference_squared > 0 ? std::sqrt(j.excess_squared / j.reference_squared)
                                              : (j.excess_squared > 0 ? INFINITY : 0.0);
  verdict.error_max = std::bit_cast<float>(j.largest_excess_bits);

  const operation::Gates& gates = operation::of(problem).gates;
  const bool exact = operation::is_exact(gates, problem.data);
  const double max_limit = operation::error_max_limit(gates, problem.data, problem.k);
  const double rms_limit = operation::error_rms_limit(gates, problem.out, problem.k);
  if (j.not_numbers > 0)
    verdict.defect = formatted("{} elements were not written or are not numbers, one at row {}, column {}",
                               j.not_numbers, j.first_bad_row, j.first_bad_column);
  else if (evidence.guard_writes > 0)
    verdict.defect = formatted("{} units of 16 bytes outside D were written", evidence.guard_writes);
  else if (exact && j.unequal > 0)
    verdict.defect = formatted("{} of {} elements differ from the exact result ({} data)", j.unequal,
                               rows_of_d(problem) * problem.n, to_string(problem.data));
  else if (!(verdict.error_max <= max_limit))
    verdict.defect = formatted("error_max {:.3g} is above {:.3g}; a bad element is at row {}, column {}",
                               verdict.error_max, max_limit, j.first_bad_row, j.first_bad_column);
  else if (problem.data != DataKind::adversarial && !(verdict.error_rms <= rms_limit))
    verdict.defect = formatted("error_rms {:.3g} is above {:.3g}", verdict.error_rms, rms_limit);
  else if (evidence.unequal_repeat > 0)
    verdict.defect = formatted("a second launch differs in {} units of 16 bytes", evidence.unequal_repeat);
  return verdict;
}

Verdict judge_groups(const Problem& problem, std::span<const Judgement> judgements,
                     const Evidence& evidence) {
  const std::vector<std::int64_t> sizes = draw_sizes(problem, 0);
  Verdict all;
  for (std::size_t group = 0; group < judgements.size(); ++group) {
    Problem one = problem;
    one.groups = 0, one.k = sizes[group];
    const Verdict verdict = judge(one, {judgements[group], evidence.guard_writes, evidence.unequal_repeat});
    all.error_rms = std::max(all.error_rms, verdict.error_rms);
    all.error_max = std::max(all.error_max, verdict.error_max);
    if (all.defect.empty() && !verdict.defect.empty())
      all.defect = formatted("group {}, of K {}: {}", group, one.k, verdict.defect);
  }
  return all;
}

Verdict verify(const GemmLaunch& launch, const Operands& o, const SupportKernels& kernels,
               const gpu::Stream& stream) {
  auto* const judgements = o.counters.as<Judgement>();
  auto* const guard_writes = reinterpret_cast<std::uint32_t*>(judgements + o.judgements());
  auto* const unequal_repeat = guard_writes + 1;
  const gpu::HostClock clock;
  const double start_s = clock.now_s();
  gpu::check(cudaMemsetAsync(o.counters.data(), 0, o.counters.bytes(), stream.get()),
             "cudaMemsetAsync(counters)");
  for (int i = 0; i < 2; ++i) {
    o.reset(o.output[i], stream.get());
    launch(stream.get(), i);
    o.count_writes_outside(o.output[i], kernels, guard_writes, stream.get());
  }
  o.judge(judgements, o.output[0], kernels, stream.get());
  // The last unit of an odd size ends in the guard, which is poison on both sides.
  kernels.count_unequal(unequal_repeat, o.output[0].d(), o.output[1].d(), (o.d_bytes() + 15) / 16 * 16,
                        stream.get());
  std::vector<Judgement> host(static_cast<std::size_t>(o.judgements()));
  std::uint32_t counts[2] = {};
  gpu::check(cudaMemcpyAsync(host.data(), judgements, host.size() * sizeof host[0], cudaMemcpyDeviceToHost,
                             stream.get()),
             "cudaMemcpyAsync(judgements)");
  gpu::check(cudaMemcpyAsync(counts, guard_writes, sizeof counts, cudaMemcpyDeviceToHost, stream.get()),
             "cudaMemcpyAsync(counters)");
  stream.synchronise();
  const Evidence evidence = {host.front(), counts[0], counts[1]};
  Verdict verdict =
      shares_out_inner(o.problem) ? judge_groups(o.problem, host, evidence) : judge(o.problem, evidence);
  verdict.gpu.working_s = clock.now_s() - start_s;
  return verdict;
}

}  // namespace gemmtune::gemm
