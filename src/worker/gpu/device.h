// The GPU of this worker: always the first that CUDA shows; the parent chooses it with CUDA_VISIBLE_DEVICES.
#pragma once

#include "core/environment.h"
#include "worker/gpu/nvml.h"

#include <cuda.h>

#include <memory>
#include <string>

namespace gemmtune::gpu {

/// Fills in what the driver and NVML know; `sms` stays 0 where there is no usable GPU, and the reason is
/// returned.
std::string describe_device(Environment& environment);

/// Of the current device's L2 cache. Throws GpuError.
std::int64_t l2_bytes();

/// Of this thread; for libraries that want the driver's. Throws GpuError.
CUcontext current_context();

/// Makes the device current and opens NVML for it. Throws GpuError when there is no GPU.
std::unique_ptr<Nvml> open_device();

}  // namespace gemmtune::gpu
