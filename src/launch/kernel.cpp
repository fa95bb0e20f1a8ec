#include "launch/kernel.h"

#include "launch/driver.h"

namespace gemmtune::launch {

Module::Module(const std::string& cubin) {
  check(driver().load_library(&handle_, cubin.data(), nullptr, nullptr, 0, nullptr, nullptr, 0),
        "cuLibraryLoadData");
}

Module::~Module() {
  // After a fault the context is gone and unloading fails; there is nothing left to unload then.
  if (handle_ != nullptr) driver().unload_library(handle_);
}

CUkernel Module::kernel(const char* entry) const {
  CUkernel kernel = nullptr;
  check(driver().get_kernel(&kernel, handle_, entry), "cuLibraryGetKernel");
  return kernel;
}

void allow_shared_memory(CUkernel kernel, unsigned smem_bytes) {
  CUdevice device = 0;
  check(driver().context_get_device(&device), "cuCtxGetDevice");
  check(driver().kernel_set_attribute(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                      static_cast<int>(smem_bytes), kernel, device),
        "cuKernelSetAttribute(shared memory)");
}

void launch(CUkernel kernel, const Geometry& geometry, void** arguments, CUstream stream) {
  CUlaunchAttribute attributes[2]{};
  CUlaunchConfig config{};
  config.attrs = attributes;
  if (geometry.cluster > 1) {
    CUlaunchAttribute& cluster = attributes[config.numAttrs++];
    cluster.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    cluster.value.clusterDim = {geometry.cluster, 1, 1};
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

}  // namespace gemmtune::launch
