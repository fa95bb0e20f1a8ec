#include "worker/quantise/kernels.h"

#include "util/error.h"
#include "util/integers.h"

#include <string>

namespace gemmtune::quantise {

namespace {

constexpr std::int64_t kRowsOfWarp = 8, kWarps = 8;

std::string cubin_of(const jit::Job& job, cache::CubinCache& cache) {
  const auto compiled = jit::compile(job, cache);
  ensure(static_cast<bool>(compiled),
         compiled ? "" : job.main + " does not compile: " + compiled.error().reason);
  return compiled->cubin;
}

}  // namespace

jit::Job job_of(const Config& compiled, int defect) {
  jit::Job job{"kernels/quantise/quantise.cuh", jit::defines_of(compiled)};
  if (defect != 0) job.defines.emplace_back("DEFECT", std::to_string(defect));
  return job;
}

Quantiser::Quantiser(const QuantiserKind& kind, cache::CubinCache& cache, int defect)
    : module_(cubin_of(job_of(compiled(kind), defect), cache)),
      row_(module_.kernel("quantise_row")),
      block_(module_.kernel("quantise_block")),
      both_(module_.kernel("quantise_both")) {}

void Quantiser::launch(QuantiserForm form, const Tensors& t, cudaStream_t stream) const {
  const auto pitch = static_cast<std::uint64_t>(t.pitch);
  const auto values_pitch = static_cast<std::uint64_t>(t.values_pitch);
  const auto rows = static_cast<std::uint32_t>(t.rows), columns = static_cast<std::uint32_t>(t.columns);
  const std::int64_t groups = t.columns / kQuantiserGroup;
  const unsigned threads = kWarps * 32;
  if (form == QuantiserForm::row) {
    const std::int64_t tasks = ceil_div(t.rows, kRowsOfWarp) * groups;
    launch::launch_with(row_, {static_cast<unsigned>(ceil_div(tasks, kWarps)), 1, threads, 1, 0}, stream,
                        t.from, pitch, t.values, values_pitch, t.scales, rows, columns, t.seed);
    return;
  }
  const launch::Geometry tiles{static_cast<unsigned>(groups),
                               static_cast<unsigned>(ceil_div(t.rows, kQuantiserGroup)),
                               form == QuantiserForm::both ? kThreadsOfBoth : threads, 1, 0};
  if (form == QuantiserForm::block)
    launch::launch_with(block_, tiles, stream, t.from, pitch, t.values, values_pitch, t.scales, rows, columns,
                        t.seed);
  else
    launch::launch_with(both_, tiles, stream, t.from, pitch, t.values, values_pitch, t.scales, t.turned,
                        static_cast<std::uint64_t>(t.turned_pitch), t.turned_scales, rows, columns, t.seed);
}

}  // namespace gemmtune::quantise
