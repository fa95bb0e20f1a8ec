#include "launch/driver.h"

#include <dlfcn.h>

namespace gemmtune::launch {

namespace {

template <typename Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr)
    throw DriverError(CUDA_ERROR_NOT_FOUND,
                      std::string("the CUDA driver has no ") + name + "; update it to CUDA 12 or later");
}

Driver load() {
  void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw DriverError(CUDA_ERROR_NO_DEVICE, "there is no CUDA driver (libcuda.so.1) on this machine");
  Driver d{};
  find(library, "cuGetErrorName", d.get_error_name);
  find(library, "cuGetErrorString", d.get_error_string);
  find(library, "cuLibraryLoadData", d.load_library);
  find(library, "cuLibraryUnload", d.unload_library);
  find(library, "cuLibraryGetKernel", d.get_kernel);
  find(library, "cuKernelSetAttribute", d.kernel_set_attribute);
  find(library, "cuCtxGetDevice", d.context_get_device);
  find(library, "cuLaunchKernelEx", d.launch_kernel);
  find(library, "cuTensorMapEncodeTiled", d.tensor_map_encode_tiled);
  return d;
}

}  // namespace

const Driver& driver() {
  static const Driver loaded = load();
  return loaded;
}

void check(CUresult code, const char* what) {
  if (code == CUDA_SUCCESS) return;
  const char* name = nullptr;
  const char* text = nullptr;
  driver().get_error_name(code, &name);
  driver().get_error_string(code, &text);
  throw DriverError(
      code, std::string(what) + ": " + (name ? name : "unknown error") + " (" + (text ? text : "?") + ")");
}

}  // namespace gemmtune::launch
