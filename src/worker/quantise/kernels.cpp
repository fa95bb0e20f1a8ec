#include "worker/quantise/kernels.h"

#include "util/error.h"

#include <cctype>
#include <string>

namespace gemmtune::quantise {

namespace {

constexpr std::int64_t kGroup = 128, kRowsOfWarp = 8, kWarps = 8;

unsigned ceil_div(std::int64_t a, std::int64_t b) {
  return static_cast<unsigned>((a + b - 1) / b);
}

std::string cubin_of(const jit::Job& job, cache::CubinCache& cache) {
  const auto compiled = jit::compile(job, cache);
  ensure(static_cast<bool>(compiled),
         compiled ? "" : job.main + " does not compile: " + compiled.error().reason);
  return compiled->cubin;
}

}  // namespace

jit::Job job_of(const Config& compiled, int defect) {
  jit::Job job{"kernels/quantise/quantise.cuh", {}};
  for (const auto& [name, value] : compiled) {
    std::string upper;
    for (const char c : name) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    job.defines.emplace_back(upper, std::to_string(value));
  }
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
  const std::int64_t groups = t.columns / kGroup;
  const unsigned threads = kWarps * 32;
  if (form == QuantiserForm::row) {
    const std::int64_t tasks = ceil_div(t.rows, kRowsOfWarp) * groups;
    launch::launch_with(row_, {ceil_div(tasks, kWarps), 1, threads, 1, 0}, stream, t.from, pitch, t.values,
                        values_pitch, t.scales, rows, columns, t.seed);
    return;
  }
  const launch::Geometry tiles{static_cast<unsigned>(groups), ceil_div(t.rows, kGroup),
                               form == QuantiserForm::both ? kThreadsOfBoth : threads, 1, 0};
  if (form == QuantiserForm::block)
    launch::launch_with(block_, tiles, stream, t.from, pitch, t.values, values_pitch, t.scales, rows, columns,
                        t.seed);
  else
    launch::launch_with(both_, tiles, stream, t.from, pitch, t.values, values_pitch, t.scales, t.turned,
                        static_cast<std::uint64_t>(t.turned_pitch), t.turned_scales, rows, columns, t.seed);
}

}  // namespace gemmtune::quantise
