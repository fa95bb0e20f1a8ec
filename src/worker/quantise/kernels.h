// The kernels of kernels/quantise with C++ signatures. All launches are asynchronous on the stream given.
#pragma once

#include "cache/cubin_cache.h"
#include "core/quantise.h"
#include "launch/kernel.h"
#include "worker/jit/jit.h"

#include <cuda_runtime_api.h>

#include <cstdint>

namespace gemmtune::quantise {

/// A tensor and where its E4M3 goes, on the device; pitches in elements. `turned` is of both ways alone.
struct Tensors {
  const void* from = nullptr;
  std::int64_t pitch = 0;
  std::uint8_t* values = nullptr;
  std::int64_t values_pitch = 0;
  float* scales = nullptr;
  std::uint8_t* turned = nullptr;
  std::int64_t turned_pitch = 0;
  float* turned_scales = nullptr;
  std::int64_t rows = 0, columns = 0;
  std::uint64_t seed = 1;
};

/// The job of compiled(kind), for the compiler; `defect` of kernels/quantise/defect.cuh, for tests.
jit::Job job_of(const Config& compiled, int defect = 0);

class Quantiser {
 public:
  /// Throws InternalError when it does not compile.
  Quantiser(const QuantiserKind& kind, cache::CubinCache& cache, int defect = 0);

  void launch(QuantiserForm form, const Tensors& tensors, cudaStream_t stream) const;

 private:
  launch::Module module_;
  CUkernel row_, block_, both_;
};

}  // namespace gemmtune::quantise
