// What can go wrong with a bundle: a code of gemmtune.h and the particulars.
#pragma once

#include "launch/gemmtune.h"

#include <stdexcept>
#include <string>

namespace gemmtune::launch {

class BundleError : public std::runtime_error {
 public:
  BundleError(gemmtune_code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  gemmtune_code code() const { return code_; }

 private:
  gemmtune_code code_;
};

inline const char* text_of(int code) {
  switch (code) {
    case GEMMTUNE_OK:
      return "all is well";
    case GEMMTUNE_NO_DRIVER:
      return "there is no CUDA driver here, or it is older than CUDA 12";
    case GEMMTUNE_NO_CONTEXT:
      return "no CUDA context is current on this thread; cudaSetDevice makes one";
    case GEMMTUNE_NOT_A_BUNDLE:
      return "not a bundle that this loader reads";
    case GEMMTUNE_DAMAGED:
      return "a file of the bundle is damaged; export it again";
    case GEMMTUNE_MISSING_CUBIN:
      return "a cubin of the bundle is missing; export it again";
    case GEMMTUNE_WRONG_GPU:
      return "the bundle's kernels cannot run on this device";
    case GEMMTUNE_UNKNOWN_PROBLEM:
      return "the bundle has no kernel for this N, K, form of D and strides";
    case GEMMTUNE_BAD_ALIGNMENT:
      return "a pointer is not aligned to 16 bytes (B's scales: to 4)";
    case GEMMTUNE_BAD_ARGUMENT:
      return "an argument is null or out of range";
    case GEMMTUNE_DRIVER_ERROR:
      return "a call to the CUDA driver failed";
    case GEMMTUNE_OUT_OF_MEMORY:
      return "the host is out of memory";
    default:
      return "no code of gemmtune";
  }
}

}  // namespace gemmtune::launch
