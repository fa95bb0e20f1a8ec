// The machine and the tool that made a figure: the provenance in every run header and table.
#pragma once

#include <cstdint>
#include <string>

namespace gemmtune {

struct Environment {
  std::string device;  ///< marketing name, "NVIDIA H100 80GB HBM3"
  std::string uuid;    ///< of the board, as nvidia-smi shows it; empty: unknown
  int sms = 0;
  int cc_major = 0;
  int cc_minor = 0;
  std::int64_t smem_bytes = 0;  ///< most dynamic shared memory one CTA may ask for
  std::int64_t l2_bytes = 0;
  std::int64_t memory_bytes = 0;
  double power_limit_w = 0;  ///< 0: unknown
  double max_sm_clock_mhz = 0;
  bool mig = false;
  bool cupti = false;  ///< the cupti timer works: CUPTI is there and no profiler holds it
  bool simulated = false;
  std::string driver;    ///< of the kernel module, "580.159.04"
  std::string nvrtc;     ///< "13.0"
  std::string cublaslt;  ///< "130100"
  std::string tool;      ///< version of gemmtune
  std::string revision;  ///< git revision it was built from
  std::string kernels;   ///< hash of kernels/
  std::string host;
};

/// Limits that legality depends on. Known without a GPU for every device that has a name here.
struct DeviceLimits {
  std::string device;
  int sms = 0;
  std::int64_t smem_bytes = 0;
};

/// H100 SXM and H200: 132 SMs, 227 KiB of shared memory a CTA. What `plan` assumes where there is no GPU.
inline DeviceLimits hopper_limits() {
  return {"H100 SXM", 132, 232448};
}

}  // namespace gemmtune
