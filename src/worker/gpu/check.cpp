#include "worker/gpu/check.h"

namespace gemmtune::gpu {

void check(cudaError_t code, const char* what, std::source_location where) {
  if (code == cudaSuccess) return;
  // Clears the runtime's last error, so that the next call does not report this one again; a sticky error
  // stays.
  cudaGetLastError();
  throw GpuError(code, std::string(what) + ": " + cudaGetErrorName(code) + " (" + cudaGetErrorString(code) +
                           ") [" + where.file_name() + ":" + std::to_string(where.line()) + "]");
}

bool is_fatal(int code) {
  switch (code) {
    case 214:  // uncorrectable ECC error
    case 226:  // contained error
    case 700:  // illegal address
    case 702:  // launch timeout
    case 710:  // assert
    case 714:  // hardware stack error
    case 715:  // illegal instruction
    case 716:  // misaligned address; also a barrier wait past its bound (kernels/ptx/mbarrier.cuh)
    case 717:  // invalid address space
    case 718:  // invalid program counter
    case 719:  // launch failure
    case 721:  // tensor memory leak
    case 810:  // MPS client terminated
    case 911:  // external device
      return true;
    default:
      return false;
  }
}

}  // namespace gemmtune::gpu
