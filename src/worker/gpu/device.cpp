#include "worker/gpu/device.h"

#include "util/format.h"
#include "worker/gpu/check.h"

#include <cuda_runtime_api.h>

namespace gemmtune::gpu {

namespace {

std::string pci_bus_id() {
  char id[32] = "";
  check(cudaDeviceGetPCIBusId(id, sizeof id, 0), "cudaDeviceGetPCIBusId");
  return id;
}

/// "GPU-3f2a...": the same words as nvidia-smi and CUDA_VISIBLE_DEVICES.
std::string uuid_text(const cudaUUID_t& uuid) {
  std::string text = "GPU";
  for (int i = 0; i < 16; ++i) {
    if (i == 0 || i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += formatted("{:02x}", static_cast<unsigned char>(uuid.bytes[i]));
  }
  return text;
}

}  // namespace

std::string describe_device(Environment& e) {
  int count = 0;
  if (const cudaError_t code = cudaGetDeviceCount(&count); code != cudaSuccess || count == 0) {
    cudaGetLastError();
    return code == cudaSuccess ? "CUDA shows no device" : cudaGetErrorString(code);
  }
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  e.device = properties.name;
  e.uuid = uuid_text(properties.uuid);
  e.sms = properties.multiProcessorCount;
  e.cc_major = properties.major;
  e.cc_minor = properties.minor;
  e.smem_bytes = static_cast<std::int64_t>(properties.sharedMemPerBlockOptin);
  e.l2_bytes = properties.l2CacheSize;
  e.memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
  const Nvml nvml(pci_bus_id());
  e.driver = nvml.driver_version();
  e.power_limit_w = nvml.power_limit_w();
  e.max_sm_clock_mhz = nvml.max_sm_clock_mhz();
  e.mig = nvml.mig();
  return "";
}

std::int64_t l2_bytes() {
  int bytes = 0;
  check(cudaDeviceGetAttribute(&bytes, cudaDevAttrL2CacheSize, 0), "cudaDeviceGetAttribute(L2CacheSize)");
  return bytes;
}

CUcontext current_context() {
  void* function = nullptr;
  constexpr unsigned kCuda12 = 12000;
  cudaDriverEntryPointQueryResult found{};
  check(cudaGetDriverEntryPointByVersion("cuCtxGetCurrent", &function, kCuda12, cudaEnableDefault, &found),
        "cudaGetDriverEntryPointByVersion(cuCtxGetCurrent)");
  CUcontext context = nullptr;
  if (found != cudaDriverEntryPointSuccess ||
      reinterpret_cast<decltype(&cuCtxGetCurrent)>(function)(&context) != CUDA_SUCCESS)
    throw GpuError(cudaErrorInvalidResourceHandle, "there is no current CUDA context");
  return context;
}

std::unique_ptr<Nvml> open_device() {
  check(cudaSetDevice(0), "cudaSetDevice");
  check(cudaFree(nullptr), "cudaFree(nullptr)");  // creates the context
  return std::make_unique<Nvml>(pci_bus_id());
}

}  // namespace gemmtune::gpu
