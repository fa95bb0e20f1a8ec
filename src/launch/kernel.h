// A cubin in memory -> a kernel that can be launched.
#pragma once

#include "launch/driver.h"

#include <cuda.h>

#include <cstddef>
#include <string>

namespace gemmtune::launch {

struct Geometry {
  unsigned grid_x = 1;
  unsigned grid_y = 1;
  unsigned threads = 1;
  unsigned cluster = 1;
  unsigned smem_bytes = 0;
  /// May begin before the kernel before it in its stream has ended (programmatic dependent launch).
  bool overlaps = false;
};

/// Owns a loaded cubin. Move-only: the driver's handle is unloaded once.
class Module {
 public:
  /// Throws DriverError when the driver does not take it.
  explicit Module(const std::string& cubin) {
    check(driver().load_library(&handle_, cubin.data(), nullptr, nullptr, 0, nullptr, nullptr, 0),
          "cuLibraryLoadData");
  }
  ~Module() {
    // After a fault the context is gone and unloading fails; there is nothing left to unload then.
    if (handle_ != nullptr) driver().unload_library(handle_);
  }
  Module(Module&& other) noexcept : handle_(other.handle_) { other.handle_ = nullptr; }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  Module& operator=(Module&&) = delete;

  /// Throws DriverError when the cubin has no such entry point.
  CUkernel kernel(const char* entry) const {
    CUkernel kernel = nullptr;
    check(driver().get_kernel(&kernel, handle_, entry), "cuLibraryGetKernel");
    return kernel;
  }

 private:
  CUlibrary handle_ = nullptr;
};

/// Lets the kernel ask for `smem_bytes` of dynamic shared memory; once a kernel, beyond 48 KiB.
inline void allow_shared_memory(CUkernel kernel, unsigned smem_bytes) {
  CUdevice device = 0;
  check(driver().context_get_device(&device), "cuCtxGetDevice");
  check(driver().kernel_set_attribute(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                      static_cast<int>(smem_bytes), kernel, device),
        "cuKernelSetAttribute(shared memory)");
}

/// Asynchronous; `arguments` are pointers to the arguments in the entry point's order, read before it
/// returns.
inline void launch(CUkernel kernel, const Geometry& geometry, void** arguments, CUstream stream) {
  CUlaunchAttribute attributes[2]{};
  CUlaunchConfig config{};
  config.attrs = attributes;
  if (geometry.cluster > 1) {
    CUlaunchAttribute& cluster = attributes[config.numAttrs++];
    cluster.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    cluster.value.clusterDim.x = geometry.cluster;
    cluster.value.clusterDim.y = 1;
    cluster.value.clusterDim.z = 1;
  }
  if (geometry.overlaps) {
    CUlaunchAttribute& overlap = attributes[config.numAttrs++];
    overlap.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    overlap.value.programmaticStreamSerializationAllowed = 1;
  }
  config.gridDimX = geometry.grid_x;
  config.gridDimY = geometry.grid_y;
  config.gridDimZ = 1;
  config.blockDimX = geometry.threads;
  config.blockDimY = 1;
  config.blockDimZ = 1;
  config.sharedMemBytes = geometry.smem_bytes;
  config.hStream = stream;
  check(driver().launch_kernel(&config, reinterpret_cast<CUfunction>(kernel), arguments, nullptr),
        "cuLaunchKernelEx");
}

/// The same with the arguments themselves: in the entry point's order and with its exact types.
template <typename... Arguments>
void launch_with(CUkernel kernel, const Geometry& geometry, CUstream stream, Arguments... arguments) {
  void* addresses[] = {&arguments..., nullptr};  // null: a kernel may have none
  launch(kernel, geometry, addresses, stream);
}

}  // namespace gemmtune::launch
