// The CUDA driver's functions, found at run time: nothing links libcuda, so that all starts where there is
// none. This folder is C++17, headers alone, and knows nothing but the driver: it travels inside exported
// bundles, as gemmtune.hpp.
#pragma once

#include <cuda.h>

#include <dlfcn.h>
#include <stdexcept>
#include <string>

namespace gemmtune::launch {

struct Driver {
  decltype(&cuGetErrorName) get_error_name;
  decltype(&cuGetErrorString) get_error_string;
  decltype(&cuLibraryLoadData) load_library;
  decltype(&cuLibraryUnload) unload_library;
  decltype(&cuLibraryGetKernel) get_kernel;
  decltype(&cuKernelGetFunction) get_function;
  decltype(&cuKernelSetAttribute) kernel_set_attribute;
  decltype(&cuCtxGetCurrent) context_get_current;
  decltype(&cuCtxSetCurrent) context_set_current;
  decltype(&cuCtxGetDevice) context_get_device;
  decltype(&cuDeviceGetAttribute) device_get_attribute;
  decltype(&cuDeviceGetName) device_get_name;
  decltype(&cuLaunchKernelEx) launch_kernel;
  decltype(&cuTensorMapEncodeTiled) tensor_map_encode_tiled;
};

/// A call to the driver that failed, with the error's name and text.
class DriverError : public std::runtime_error {
 public:
  DriverError(CUresult code, const std::string& message) : std::runtime_error(message), code_(code) {}
  CUresult code() const { return code_; }

 private:
  CUresult code_;
};

template <typename Function>
void find_in_driver(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr)
    throw DriverError(CUDA_ERROR_NOT_FOUND,
                      std::string("the CUDA driver has no ") + name + "; update it to CUDA 12 or later");
}

inline Driver load_driver() {
  void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw DriverError(CUDA_ERROR_NO_DEVICE, "there is no CUDA driver (libcuda.so.1) on this machine");
  Driver d{};
  find_in_driver(library, "cuGetErrorName", d.get_error_name);
  find_in_driver(library, "cuGetErrorString", d.get_error_string);
  find_in_driver(library, "cuLibraryLoadData", d.load_library);
  find_in_driver(library, "cuLibraryUnload", d.unload_library);
  find_in_driver(library, "cuLibraryGetKernel", d.get_kernel);
  find_in_driver(library, "cuKernelGetFunction", d.get_function);
  find_in_driver(library, "cuKernelSetAttribute", d.kernel_set_attribute);
  find_in_driver(library, "cuCtxGetCurrent", d.context_get_current);
  find_in_driver(library, "cuCtxSetCurrent", d.context_set_current);
  find_in_driver(library, "cuCtxGetDevice", d.context_get_device);
  find_in_driver(library, "cuDeviceGetAttribute", d.device_get_attribute);
  find_in_driver(library, "cuDeviceGetName", d.device_get_name);
  find_in_driver(library, "cuLaunchKernelEx", d.launch_kernel);
  find_in_driver(library, "cuTensorMapEncodeTiled", d.tensor_map_encode_tiled);
  return d;
}

/// Loads libcuda.so.1 once. Throws DriverError when there is none or it is too old (before CUDA 12).
inline const Driver& driver() {
  static const Driver loaded = load_driver();
  return loaded;
}

/// Throws DriverError unless `code` is success; `what` names the call.
inline void check(CUresult code, const char* what) {
  if (code == CUDA_SUCCESS) return;
  const char* name = nullptr;
  const char* text = nullptr;
  driver().get_error_name(code, &name);
  driver().get_error_string(code, &text);
  throw DriverError(
      code, std::string(what) + ": " + (name ? name : "unknown error") + " (" + (text ? text : "?") + ")");
}

}  // namespace gemmtune::launch
