// The machine and the tool that made a figure: the provenance in every run header and table.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace gemmtune {

/// The name under which source_hashes have what `gemmtune ceilings` times.
inline constexpr const char* kCeilings = "ceilings";

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
  /// By kernel, and of kCeilings, the hash of the files that it is made of; empty: made before these were
  /// noted.
  std::map<std::string, std::string> source_hashes;
  std::string host;
};

/// Whether `kernel` is made of the same sources in both, as far as they say. Other files of kernels/ count
/// where either of them does not say what this kernel is made of.
inline bool same_sources(const Environment& a, const Environment& b, const std::string& kernel) {
  const auto in_a = a.source_hashes.find(kernel), in_b = b.source_hashes.find(kernel);
  if (in_a == a.source_hashes.end() || in_b == b.source_hashes.end()) return a.kernels == b.kernels;
  return in_a->second == in_b->second;
}

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
