#include "worker/ceilings/kernels.h"

#include "launch/l2_hints.h"
#include "util/error.h"

#include <algorithm>
#include <string>

namespace gemmtune::ceilings {

namespace {

/// Attempts of a barrier wait before the kernel gives up: about a second, where a pass takes milliseconds.
constexpr std::uint32_t kSpinLimit = 1u << 20;

constexpr unsigned kLookingThreads = 128;  ///< of read_stream when it sums up
constexpr unsigned kCheckCtas = 1056, kCheckThreads = 256;

std::string cubin_of(const jit::Job& job, cache::CubinCache& cache) {
  const auto compiled = jit::compile(job, cache);
  ensure(static_cast<bool>(compiled),
         compiled ? "" : job.main + " does not compile: " + compiled.error().reason);
  return compiled->cubin;
}

jit::Defines with_defect(jit::Defines defines, int defect) {
  if (defect != 0) defines.emplace_back("DEFECT", std::to_string(defect));
  return defines;
}

std::uint64_t units(std::int64_t bytes) {
  return static_cast<std::uint64_t>(bytes) / 16;
}

unsigned tiles_or(unsigned ctas, std::int64_t bytes) {
  ensure(bytes % PlainKernels::kTileBytes == 0, "whole tiles are written and copied");
  return ctas != 0 ? ctas : static_cast<unsigned>(bytes / PlainKernels::kTileBytes);
}

}  // namespace

PlainKernels::PlainKernels(cache::CubinCache& cache, unsigned sms, int defect)
    : sms_(sms),
      module_(cubin_of({"kernels/ceilings/plain.cuh", with_defect({}, defect)}, cache)),
      read_(module_.kernel("read_stream")),
      write_(module_.kernel("write_stream")),
      copy_(module_.kernel("copy_stream")),
      sum_words_(module_.kernel("sum_words")),
      sum_pattern_(module_.kernel("sum_pattern")),
      fill_(module_.kernel("fill")),
      fma_(module_.kernel("fma_fp32")),
      empty_(module_.kernel("empty_kernel")) {
  // The deepest ring of all plans.
  launch::allow_shared_memory(read_, 24 * 8192);
}

void PlainKernels::read(const void* source, std::int64_t bytes, const ReadPlan& plan, std::uint64_t* sum,
                        cudaStream_t stream) const {
  ensure(bytes % plan.chunk_bytes == 0, "whole chunks are read");
  const unsigned grid = sms_ / plan.sharers * plan.sharers;
  const launch::Geometry geometry{grid, 1, sum == nullptr ? 32 : kLookingThreads, 1,
                                  plan.chunk_bytes * plan.stages};
  launch::launch_with(read_, geometry, stream, source, static_cast<std::uint32_t>(bytes / plan.chunk_bytes),
                      plan.passes, plan.sharers, plan.chunk_bytes, plan.stages,
                      plan.evict_first ? launch::kEvictFirst : launch::kEvictNormal, kSpinLimit, sum);
}

void PlainKernels::write(void* to, std::int64_t bytes, unsigned ctas, cudaStream_t stream) const {
  launch::launch_with(write_, {tiles_or(ctas, bytes), 1, 512, 1, 0}, stream, to, units(bytes));
}

void PlainKernels::copy(void* to, const void* from, std::int64_t bytes, unsigned ctas,
                        cudaStream_t stream) const {
  launch::launch_with(copy_, {tiles_or(ctas, bytes), 1, 512, 1, 0}, stream, to, from, units(bytes));
}

void PlainKernels::sum_words(std::uint64_t* sum, const void* from, std::int64_t bytes,
                             cudaStream_t stream) const {
  launch::launch_with(sum_words_, {kCheckCtas, 1, kCheckThreads, 1, 0}, stream, sum, from, units(bytes));
}

void PlainKernels::sum_pattern(std::uint64_t* sum, std::int64_t bytes, cudaStream_t stream) const {
  launch::launch_with(sum_pattern_, {kCheckCtas, 1, kCheckThreads, 1, 0}, stream, sum, units(bytes));
}

void PlainKernels::fill(void* words, std::int64_t bytes, OperandKind kind, bool ones,
                        cudaStream_t stream) const {
  constexpr std::uint64_t kSeed = 1;
  launch::launch_with(fill_, {kCheckCtas, 1, kCheckThreads, 1, 0}, stream, words,
                      static_cast<std::uint64_t>(bytes) / 4, static_cast<int>(kind), kSeed,
                      static_cast<int>(ones));
}

void PlainKernels::fma(float* results, const float* operands, unsigned ctas, std::uint32_t steps, float a,
                       cudaStream_t stream) const {
  launch::launch_with(fma_, {ctas, 1, kFmaThreads, 1, 0}, stream, results, operands, steps, a);
}

void PlainKernels::empty(cudaStream_t stream) const {
  launch::launch_with(empty_, {1, 1, 1, 1, 0}, stream);
}

jit::Job job_of(const TensorTile& tile, int defect) {
  return {"kernels/ceilings/tensor.cuh", with_defect({{"WGMMA_N", std::to_string(tile.columns)},
                                                      {"WARPGROUPS", std::to_string(tile.warpgroups)},
                                                      {"STAGES", std::to_string(tile.stages)},
                                                      {"FORM", std::to_string(static_cast<int>(tile.form))}},
                                                     defect)};
}

TensorKernel::TensorKernel(const TensorTile& tile, cache::CubinCache& cache, unsigned sms, int defect)
    : tile_(tile),
      sms_(sms),
      module_(cubin_of(job_of(tile, defect), cache)),
      kernel_(module_.kernel("multiply_tiles")) {
  launch::allow_shared_memory(kernel_, static_cast<unsigned>(tile.operand_bytes()));
}

void TensorKernel::multiply(float* results, const void* operands, std::uint32_t k_blocks, float scale,
                            cudaStream_t stream) const {
  const launch::Geometry geometry{sms_, 1, tile_.threads(), 1, static_cast<unsigned>(tile_.operand_bytes())};
  launch::launch_with(kernel_, geometry, stream, results, operands, k_blocks, scale);
}

}  // namespace gemmtune::ceilings
