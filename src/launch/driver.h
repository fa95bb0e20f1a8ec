// The CUDA driver's functions, found at run time: neither program links libcuda, so that both start where
// there is none. This folder is C++17 and knows nothing but the driver: it travels inside exported bundles.
#pragma once

#include <cuda.h>

#include <stdexcept>
#include <string>

namespace gemmtune::launch {

struct Driver {
  decltype(&cuGetErrorName) get_error_name;
  decltype(&cuGetErrorString) get_error_string;
  decltype(&cuLibraryLoadData) load_library;
  decltype(&cuLibraryUnload) unload_library;
  decltype(&cuLibraryGetKernel) get_kernel;
  decltype(&cuKernelSetAttribute) kernel_set_attribute;
  decltype(&cuCtxGetDevice) context_get_device;
  decltype(&cuLaunchKernelEx) launch_kernel;
  decltype(&cuTensorMapEncodeTiled) tensor_map_encode_tiled;
};

/// Loads libcuda.so.1 once. Throws DriverError when there is none or it is too old (before CUDA 12).
const Driver& driver();

/// A call to the driver that failed, with the error's name and text.
class DriverError : public std::runtime_error {
 public:
  DriverError(CUresult code, const std::string& message) : std::runtime_error(message), code_(code) {}
  CUresult code() const { return code_; }

 private:
  CUresult code_;
};

/// Throws DriverError unless `code` is success; `what` names the call.
void check(CUresult code, const char* what);

}  // namespace gemmtune::launch
