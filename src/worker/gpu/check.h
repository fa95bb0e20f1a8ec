// Errors of the CUDA runtime, and which of them leave the process unusable.
#pragma once

#include <cuda_runtime_api.h>

#include <source_location>
#include <stdexcept>
#include <string>

namespace gemmtune::gpu {

/// A CUDA call that failed. The code is kept: after some, only a new process helps.
class GpuError : public std::runtime_error {
 public:
  GpuError(cudaError_t code, const std::string& message) : std::runtime_error(message), code_(code) {}
  cudaError_t code() const { return code_; }

 private:
  cudaError_t code_;
};

/// Throws GpuError unless `code` is success; `what` names the call.
void check(cudaError_t code, const char* what, std::source_location where = std::source_location::current());

/// Errors of which driver_types.h says "the process must be terminated and relaunched", and uncorrectable ECC
/// errors.
bool is_fatal(int code);

}  // namespace gemmtune::gpu
